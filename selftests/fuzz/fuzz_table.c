// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of module/rules/table.c: the input is lines, the first a name, the others
 * rules; the table must say what the reference says.
 */
#include "../../module/rules/draft.h"
#include "../../module/rules/path.h"
#include "../../module/rules/reverse_match.h"
#include "../../module/rules/table.h"
#include "../../module/rules/trie_match.h"
#include "../unit/naive.h"

#define MAX_RULES	64

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static bool usable(const char *path)
{
	char copy[PATH_MAX];

	if (strlen(path) >= sizeof(copy))
		return false;
	strcpy(copy, path);
	return pv_path_normalise(copy) >= 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const char *rules[2 * MAX_RULES], *name;
	char *text, *line, *next;
	unsigned int nr = 0;

	text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	name = text;
	next = text;
	strsep(&next, "\n");
	while ((line = strsep(&next, "\n")) && nr < MAX_RULES) {
		if (!usable(line))
			continue;
		rules[2 * nr] = line;
		/* The one before, so that rules nest both ways. */
		rules[2 * nr + 1] = nr ? rules[2 * nr - 2] : "/new";
		nr++;
	}
	if (nr && *name == '/' && strlen(name) < PATH_MAX)
		naive_check(rules, nr, name);
	if (nr && usable(name))
		naive_check_reverse(rules, nr, name);
	free(text);
	return 0;
}
