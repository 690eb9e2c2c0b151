// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm reopen: open the files of a manifest again, then become a command.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/connect.h"
#include "base/exec.h"
#include "base/fdslots.h"
#include "base/interrupt.h"
#include "base/message.h"
#include "base/options.h"
#include "manifest/manifest.h"
#include "reopen/commands.h"
#include "reopen/reopen.h"

enum {
	OPTION_PID = OPTION_OWN,
};

static const struct option options[] = {
	{ "keep", no_argument, NULL, OPTION_KEEP },
	{ "pid", required_argument, NULL, OPTION_PID },
	OPTIONS_COMMON
};

/*
 * struct wishes - what the command line asks for
 *
 * @manifest: path of the manifest
 * @command: what to become
 * @pid: which process of the manifest; 0: the only one
 * @keep: do not remove the names
 */
struct wishes {
	const char *manifest;
	char **command;
	pid_t pid;
	bool keep;
};

static int read_pid(const struct command *command, struct wishes *wishes)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(optarg, &end, 10);
	if (errno || end == optarg || *end || pid < 1 || pid > INT_MAX)
		return message_usage(command, "\"%s\" is not a process number",
				     optarg);
	wishes->pid = pid;
	return STATUS_DONE;
}

/* Options stand in front of the manifest or behind it. */
static int read_reopen_options(const struct command *command, int argc, char **argv,
			       struct wishes *wishes)
{
	int code, status = STATUS_DONE;

	while (status == STATUS_DONE &&
	       (code = options_first(command, argc, argv, options)) !=
	       OPTION_END) {
		if (code == OPTION_KEEP)
			wishes->keep = true;
		else
			status = read_pid(command, wishes);
	}
	return status;
}

static int read_wishes(const struct command *command, int argc, char **argv,
		       struct wishes *wishes)
{
	int status = read_reopen_options(command, argc, argv, wishes);

	if (status != STATUS_DONE)
		return status;
	if (optind == argc)
		return message_usage(command, "no manifest given");
	wishes->manifest = argv[optind];
	/* The manifest takes the place of the command's name. */
	argc -= optind;
	argv += optind;
	optind = 0;
	status = read_reopen_options(command, argc, argv, wishes);
	if (status != STATUS_DONE)
		return status;
	if (optind == argc)
		return message_usage(command, "no command to run");
	wishes->command = argv + optind;
	return STATUS_DONE;
}

static int open_files(struct reopening *reopening, bool keep)
{
	int status = connect_open(&reopening->pv) ?:
		     reopen_find(reopening) ?:
		     reopen_show(reopening) ?:
		     reopen_open(reopening);

	if (status == STATUS_DONE && !keep)
		status = reopen_unlink(reopening, true);
	return status;
}

/* Returns only if it fails. */
static int become_with_files(struct reopening *reopening, const char *file,
			     char **command)
{
	int status;

	reopen_report(reopening);
	status = reopen_finish(reopening, true);
	if (status == STATUS_DONE && interrupted()) {
		fdslots_recover();
		status = message_failed("interrupted: nothing was changed");
	}
	if (status == STATUS_DONE)
		status = exec_program(file, command);
	reopen_undo(reopening);
	return status;
}

static int reopen(struct reopening *reopening, const struct wishes *wishes)
{
	int status = reopen_reserve(reopening);
	CLEANUP_FREE char *file = NULL;

	if (status != STATUS_DONE)
		return status;
	/* Found before anything is changed, the working directory included. */
	file = exec_find(wishes->command[0], &status);
	if (!file)
		return status;
	/* From here to the command, which does not have our handlers. */
	interrupt_catch();
	status = open_files(reopening, wishes->keep) ?:
		 become_with_files(reopening, file, wishes->command);
	pv_close(reopening->pv);
	return status;
}

static int reopen_main(const struct command *command, int argc, char **argv)
{
	struct wishes wishes = { 0 };
	struct reopening reopening;
	struct manifest manifest;
	int status;

	status = read_wishes(command, argc, argv, &wishes) ?:
		 manifest_read(wishes.manifest, &manifest);
	if (status != STATUS_DONE)
		return status;
	status = reopen_choose(&reopening, &manifest, wishes.pid) ?:
		 reopen(&reopening, &wishes);
	reopen_end(&reopening);
	manifest_free(&manifest);
	return status;
}

const struct command cmd_reopen = {
	.name = "reopen",
	.usage = "[--keep] [--pid PID] MANIFEST [--] COMMAND [ARGUMENT]...",
	.purpose = "open relinked files again, and run a command with them",
	.help =
"Open the files of MANIFEST, which pvadm relink wrote, with the descriptor numbers,\n"
"flags and offsets that they had, unlink them again, and run COMMAND.  Descriptors that\n"
"shared an offset share it again.  /proc shows them where they lay, as deleted;\n"
"nothing there is touched.  Every file is found and is the one that was relinked, or\n"
"nothing is done.\n"
"\n"
"  --keep       do not unlink them, so that MANIFEST can be used again\n"
"  --pid PID    the files of this process, where MANIFEST has several\n"
"\n"
"Exit status: COMMAND's own; 126 if it cannot be executed, 127 if it is not\n"
"found; 1 or 2 if it was not run.\n",
	.main = reopen_main,
};
