/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <getopt.h>

struct command;

/*
 * What options that several subcommands have are called inside.  Those that only one has are
 * named in its file, from OPTION_OWN on.
 */
enum option_code {
	OPTION_END = -1,
	OPTION_HELP = 'h',
	OPTION_JSON = 'j',
	OPTION_PRETTY = 256,
	OPTION_TREE,
	OPTION_ALL,
	OPTION_MAP,
	OPTION_MAP_FILE,
	OPTION_UNDER,
	OPTION_ORIGINAL,
	OPTION_NEW,
	OPTION_NO_REVERSE,
	OPTION_LATE,
	OPTION_BY_NAME,
	OPTION_KEEP,
	OPTION_TEMPLATE,
	OPTION_PARTIAL,
	OPTION_COPY,
	OPTION_NO_FREEZE,
	OPTION_SYNC,
	OPTION_STRICT,
	OPTION_CHECK,
	OPTION_CGROUP,
	OPTION_KILL_CHILD,
	OPTION_PRESERVE_CREDENTIALS,
	OPTION_OWN = 512,
};

/* Every subcommand's table of options ends with these. */
#define OPTIONS_COMMON						\
	{ "help", no_argument, NULL, OPTION_HELP },		\
	{ NULL, 0, NULL, 0 }

/*
 * Of every subcommand that prints.  Both come as OPTION_JSON, and -j stands for the
 * first.
 */
#define JSON_OPTIONS						\
	{ "json", no_argument, NULL, OPTION_JSON },		\
	{ "pretty", no_argument, NULL, OPTION_PRETTY }

/*
 * The next option of @argv, its argument in optarg; after the last one,
 * OPTION_END, the operands are those from optind on.  options_first() ends at
 * the first operand, options_any() lets options stand behind operands.
 *
 * An option that is not in the table and --help are dealt with here, and end
 * the program.
 */
int options_first(const struct command *command, int argc, char **argv,
		  const struct option *options);
/*
 * The same with short options, too: @letters are as for getopt(), with a + in front as
 * options_first(), else as options_any().
 */
int options_letters(const struct command *command, int argc, char **argv,
		    const char *letters, const struct option *options);
int options_any(const struct command *command, int argc, char **argv,
		const struct option *options);

#endif /* BASE_OPTIONS_H */
