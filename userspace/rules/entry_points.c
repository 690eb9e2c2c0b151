// SPDX-License-Identifier: GPL-2.0
/*
 * The table of entries and hooks; see entry_points.def, which is the table.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "rules/entry_points.h"

enum {
	OPEN	= 1 << 0,
	LOOKUP	= 1 << 1,
	PARENT	= 1 << 2,
	STEP	= 1 << 3,
	CALLS	= 1 << 4,
	TELL	= 1 << 5,
	ROOT	= 1 << 6,
	FORK	= 1 << 7,
};

const struct hook hooks[] = {
#define HOOK(role, functions, carries) { role, functions, carries },
#include "rules/entry_points.def"
	{ 0 }
};

const struct entry_point entry_points[] = {
#define CALL(name, abi, functions, arguments, roles, tests) { name, roles },
#define EXEC(name, roles, tests) { name, roles },
#define OPCODE(name, number, arguments, roles, tests) \
	{ "IORING_OP_" name, roles },
#include "rules/entry_points.def"
	{ 0 }
};

const char * const names_do_not_keep[] = {
#define NOT_KEPT(what, how) what " " how,
#include "rules/entry_points.def"
	NULL
};

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (; words; words = strchr(words, ' ')) {
		words += *words == ' ';
		if (!strncmp(words, word, len) &&
		    (!words[len] || words[len] == ' '))
			return true;
	}
	return false;
}

const struct hook *hook_at(const char *function)
{
	const struct hook *hook;

	for (hook = hooks; hook->role; hook++)
		if (has_word(hook->functions, function))
			return hook;
	return NULL;
}
