// SPDX-License-Identifier: GPL-2.0
/*
 * The words behind the module's name in /etc/pam.d.
 */
#include <errno.h>
#include <string.h>

#include "../base/why.h"
#include "settings.h"

#define DEFAULT_FILE	"/etc/pathvirt/session.map"

/* Is it one? */
static bool take_setting(struct settings *settings, const char *word)
{
	if (!strcmp(word, "debug"))
		settings->debug = true;
	else if (!strcmp(word, "strict"))
		settings->strict = true;
	else if (!strcmp(word, "stack"))
		settings->stack = true;
	else
		return false;
	return true;
}

void settings_read(struct settings *settings, int argc, const char **argv)
{
	int i;

	*settings = (struct settings){ 0 };
	for (i = 0; i < argc; i++)
		take_setting(settings, argv[i]);
}

static int take_rules(struct pv_rules *rules, const char *word,
		      const struct variables *variables, char **why)
{
	int taken = map_word(rules, word, variables, why);

	if (!taken)
		return why_set(why, -EINVAL,
			       "there is no option \"%s\"; there are map=, map_file=, strict, stack and debug",
			       word);
	return taken < 0 ? taken : 0;
}

int settings_rules(struct pv_rules *rules, int argc, const char **argv,
		   const struct variables *variables, char **why)
{
	struct settings ignored;
	bool given = false;
	int i, err = 0;

	for (i = 0; i < argc && !err; i++) {
		if (take_setting(&ignored, argv[i]))
			continue;
		given = true;
		err = take_rules(rules, argv[i], variables, why);
	}
	if (!err && !given)
		err = map_file(rules, DEFAULT_FILE, true, variables, why);
	return err;
}
