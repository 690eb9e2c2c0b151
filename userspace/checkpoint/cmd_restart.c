// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm restart: run a command in what a bundle tells of: namespaces, rules, files.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/connect.h"
#include "base/exec.h"
#include "base/message.h"
#include "checkpoint/bundle.h"
#include "checkpoint/commands.h"
#include "checkpoint/restore_rules.h"
#include "ns/run_options.h"
#include "reopen/reopen.h"
#include "rules/options.h"

enum {
	OPTION_AT_END = OPTION_OWN,
};

static const struct option options[] = {
	RULES_OPTIONS,
	NS_RUN_OPTIONS,
	{ "keep", no_argument, NULL, OPTION_KEEP },
	{ "at-end", no_argument, NULL, OPTION_AT_END },
	OPTIONS_COMMON
};

/*
 * struct restart - what is under way
 *
 * @dir: the bundle's directory
 * @keep: do not remove the names that the files were given
 * @at_end: not before the command has ended well
 */
struct restart {
	const struct command *command;
	const char *dir;
	bool keep;
	bool at_end;
	struct rules_options rules;
	struct ns_run run;
	struct bundle bundle;
	struct reopening reopening;
};

/* ---- Before and in the new namespaces ---- */

/* Here, where the names of the files are those that the manifest has. */
static int open_files(void *data)
{
	struct restart *restart = data;
	struct reopening *reopening = &restart->reopening;
	int status = reopen_find(reopening) ?:
		     reopen_show(reopening) ?:
		     reopen_open(reopening);

	if (status == STATUS_DONE)
		reopen_report(reopening);
	return status;
}

static int attach(void *data, pid_t pid)
{
	const struct restart *restart = data;
	CLEANUP(pidref_close) struct pidref pidref = { .pid = pid, .pidfd = pidfd_open(pid, 0) };

	if (pidref.pidfd < 0 && errno == ESRCH)
		return NS_RUN_GONE;
	if (pidref.pidfd < 0)
		return message_failed("cannot take hold of the new process: %s",
				      strerror(errno));
	return restore_rules(restart->reopening.pv, &pidref, &restart->bundle,
			     &restart->rules);
}

/* In the process that becomes the command. */
static int finish_reopening(const void *data)
{
	const struct restart *restart = data;

	return reopen_finish(&restart->reopening, !restart->run.as.directory);
}

/* ---- Afterwards ---- */

static void keep_names(const struct restart *restart, const char *why)
{
	message_warning("the names of the files stay, as %s: see pvadm cleanup %s/%s",
			why, restart->dir, BUNDLE_MANIFEST);
}

static void begun(void *data, bool sure)
{
	struct restart *restart = data;

	reopen_close(&restart->reopening);
	if (restart->keep || restart->at_end)
		return;
	if (sure)
		reopen_unlink(&restart->reopening, false);
	else
		keep_names(restart, "the command may not have begun");
}

static void ended(void *data, int wait)
{
	struct restart *restart = data;

	if (restart->keep || !restart->at_end)
		return;
	if (WIFEXITED(wait) && !WEXITSTATUS(wait))
		reopen_unlink(&restart->reopening, false);
	else
		keep_names(restart, "the command has failed");
}

static const struct ns_run_hooks hooks = {
	.open = open_files,
	.ready = attach,
	.begun = begun,
	.ended = ended,
};

/* ---- The command line ---- */

static int take_option(struct restart *restart, int code)
{
	if (code == OPTION_KEEP)
		restart->keep = true;
	else if (code == OPTION_AT_END)
		restart->at_end = true;
	return ns_run_options_take(&restart->run, restart->command, code,
				   optarg) ?:
	       rules_options_take(&restart->rules, restart->command, code,
				  optarg);
}

static int read_restart_options(struct restart *restart, int argc, char **argv)
{
	int code, status = STATUS_DONE;

	while (status == STATUS_DONE &&
	       (code = options_letters(restart->command, argc, argv,
				       "+" NS_RUN_OPTIONS_LETTERS, options)) !=
	       OPTION_END)
		status = take_option(restart, code);
	return status;
}

static int check_usage(const struct restart *restart, bool has_command)
{
	const struct command *command = restart->command;

	if (!restart->dir)
		return message_usage(command, "no bundle given");
	if (restart->keep && restart->at_end)
		return message_usage(command,
				     "--keep and --at-end exclude each other");
	return ns_run_options_check(&restart->run, command, has_command);
}

/* Options may stand before DIR and behind it. */
static int read_command_line(struct restart *restart, int argc, char **argv)
{
	int status = read_restart_options(restart, argc, argv);

	if (status == STATUS_DONE && optind < argc) {
		restart->dir = argv[optind++];
		status = read_restart_options(restart, argc, argv);
	}
	if (status == STATUS_DONE)
		status = check_usage(restart, optind < argc);
	if (status == STATUS_DONE)
		status = rules_options_finish(&restart->rules,
					      restart->command);
	return status;
}

/* ---- All of it ---- */

/* Namespaces alone are made without it. */
static bool needs_module(const struct restart *restart)
{
	const struct bundle *bundle = &restart->bundle;

	return reopen_holds(&bundle->manifest, bundle->pid) ||
	       bundle_layers(bundle, bundle->pid) ||
	       pv_rules_count(restart->rules.rules);
}

static int run_command(struct restart *restart, char **argv)
{
	struct ns_run *run = &restart->run;
	int status;
	CLEANUP_FREE char *file = NULL;

	status = reopen_reserve(&restart->reopening);
	if (status == STATUS_DONE && needs_module(restart))
		status = connect_open(&restart->reopening.pv);
	if (status != STATUS_DONE)
		return status;
	run->hooks = &hooks;
	run->data = restart;
	run->as.last = finish_reopening;
	run->as.data = restart;
	/* Where it is not in the new mounts, it is missed there. */
	file = exec_find(argv[0], &status);
	if (status == STATUS_DONE)
		status = ns_run(run, argv);
	return status;
}

static int restart_bundle(struct restart *restart, char **argv)
{
	struct bundle *bundle = &restart->bundle;
	int status = STATUS_DONE;

	restart->run.file = &bundle->namespaces;
	if (restart->run.check)
		return ns_run(&restart->run, argv);
	if (manifest_relocate(&bundle->manifest, restart->rules.rules))
		return message_out_of_memory();
	restart->reopening.manifest = &bundle->manifest;
	restart->reopening.pid = bundle->pid;
	if (reopen_holds(&bundle->manifest, bundle->pid))
		status = reopen_choose(&restart->reopening, &bundle->manifest,
				       bundle->pid);
	if (status == STATUS_DONE)
		status = run_command(restart, argv);
	pv_close(restart->reopening.pv);
	reopen_end(&restart->reopening);
	return status;
}

static int restart_main(const struct command *command, int argc, char **argv)
{
	struct restart restart = {
		.command = command,
		.run.as = NS_EXEC_INIT,
	};
	int status = rules_options_init(&restart.rules) ?:
		     read_command_line(&restart, argc, argv) ?:
		     bundle_open(restart.dir, &restart.bundle) ?:
		     restart_bundle(&restart, argv + optind);

	bundle_close(&restart.bundle);
	rules_options_free(&restart.rules);
	return status;
}

const struct command cmd_restart = {
	.name = "restart",
	.usage = "[OPTION]... DIR [OPTION]... [--] COMMAND [ARGUMENT]...",
	.purpose = "run a command in what a bundle tells of",
	.help =
"Run COMMAND with what the bundle DIR, which pvadm checkpoint made, tells of: in equal\n"
"namespaces and an equal cgroup, with the same rules, and with the same files at the\n"
"same descriptors, which lose their names again as soon as COMMAND runs. If it is not\n"
"run, nothing is left behind, and nothing is lost: try again.\n"
"\n"
RULES_OPTIONS_HELP
"                       They are tried before those of the bundle, and say where\n"
"                       the files of the bundle are now that were moved; --late and\n"
"                       --by-name count for those of the bundle, too.\n"
"  --keep               the names stay, so that DIR can be used again\n"
"  --at-end             the names go when COMMAND has ended with status 0, as\n"
"                       for criu, which needs them itself\n"
"  --strict             fail where something cannot be equal\n"
"  --check              only say what cannot be equal; runs no COMMAND\n"
"  -j, --json           say it in JSON\n"
"  --pretty             say it in JSON, indented\n"
NS_OPTIONS_HELP
NS_EXEC_HELP
"\n"
"Exit status: COMMAND's own; 126 if it cannot be executed, 127 if it is not\n"
"found; 1 or 2 if it was not run.\n",
	.main = restart_main,
};
