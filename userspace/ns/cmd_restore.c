// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm ns restore: run a command in the namespaces that a file tells of.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/message.h"
#include "ns/commands.h"
#include "ns/file.h"
#include "ns/run_options.h"

enum {
	OPTION_PINNED = OPTION_OWN,
};

static const struct option options[] = {
	NS_RUN_OPTIONS,
	{ "pinned", required_argument, NULL, OPTION_PINNED },
	OPTIONS_COMMON
};

static int read_restore_options(struct ns_run *run, const struct command *command,
				int argc, char **argv)
{
	int code, status = STATUS_DONE;

	while (status == STATUS_DONE &&
	       (code = options_letters(command, argc, argv,
				       "+" NS_RUN_OPTIONS_LETTERS, options)) !=
	       OPTION_END) {
		if (code == OPTION_PINNED)
			run->pinned = optarg;
		status = ns_run_options_take(run, command, code, optarg);
	}
	return status;
}

static int check_usage(const struct ns_run *run,
		       const struct command *command, const char *file,
		       bool has_command)
{
	if (!file)
		return message_usage(command, "a file is needed");
	if (run->check && run->pinned)
		return message_usage(command, "--check and --pinned exclude each other: what is pinned is the same");
	return ns_run_options_check(run, command, has_command);
}

/* Options may stand before FILE and behind it. */
static int ns_restore_main(const struct command *command, int argc, char **argv)
{
	CLEANUP(ns_file_free) struct ns_file saved = { 0 };
	struct ns_run run = { .as = NS_EXEC_INIT, .file = &saved };
	int status = read_restore_options(&run, command, argc, argv);
	const char *file = optind < argc ? argv[optind++] : NULL;

	if (status == STATUS_DONE && file)
		status = read_restore_options(&run, command, argc, argv);
	if (status == STATUS_DONE)
		status = check_usage(&run, command, file, optind < argc);
	if (status == STATUS_DONE)
		status = ns_file_read(file, &saved);
	if (status == STATUS_DONE)
		status = ns_run(&run, argv + optind);
	return status;
}

const struct command cmd_ns_restore = {
	.name = "ns restore",
	.usage = "[OPTION]... FILE [OPTION]... [--] COMMAND [ARGUMENT]...",
	.purpose = "run a command in the same or in equal namespaces",
	.help =
"Run COMMAND in new namespaces that are equal to those of which FILE tells, made by\n"
"\"pvadm ns save\", and in an equal cgroup.  What was not a namespace of its own is not\n"
"made anew.  What cannot be equal is said before anything is made.\n"
"\n"
"      --pinned DIR          enter the very same namespaces, kept by \"pvadm ns pin\"\n"
"      --strict              fail where something cannot be equal\n"
"      --check               only say what cannot be equal: make it all, run no COMMAND,\n"
"                            and give it up\n"
"  -j, --json                say it in JSON\n"
"      --pretty              say it in JSON, indented\n"
NS_OPTIONS_HELP
NS_EXEC_HELP
"\n"
"Exit status: COMMAND's own; 126 if it cannot be executed, 127 if it is not\n"
"found; 1 or 2 if it was not run.\n",
	.main = ns_restore_main,
};
