// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm ns restore: run a command in the namespaces that a file tells of.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "cgroup.h"
#include "command.h"
#include "follow.h"
#include "keeper.h"
#include "message.h"
#include "ns.h"
#include "ns_cgroup_restore.h"
#include "ns_go.h"
#include "ns_ipc.h"
#include "ns_links_restore.h"
#include "ns_make.h"
#include "ns_mounts_restore.h"
#include "ns_pinned.h"
#include "ns_plan.h"
#include "ns_report.h"
#include "ns_uts.h"
#include "options.h"
#include "output.h"

static const struct option options[] = {
	NS_OPTIONS,
	NS_BECOME_OPTIONS,
	{ "pinned", required_argument, NULL, OPTION_PINNED },
	{ "strict", no_argument, NULL, OPTION_STRICT },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "json", no_argument, NULL, OPTION_JSON },
	OPTIONS_COMMON
};

/*
 * struct restore - what is under way
 *
 * @pinned: the directory, NULL if new namespaces are to be made
 * @strict: what cannot be equal fails
 * @check: only say what cannot be equal
 */
struct restore {
	struct ns_options kinds;
	struct ns_become as;
	const char *pinned;
	bool strict, check, json;
	struct json_object *file;
	struct ns_plan plan;
	struct ns_cgroup cgroup;
	struct ns_mounts mounts;
	struct keeper keeper;
	struct ns_maker maker;
};

/* ---- Filling what was made ---- */

static int tell(const struct restore *restore, struct json_object *report)
{
	int status = report ? ns_report_tell(report, restore->strict) :
		     STATUS_DONE;

	json_object_put(report);
	return status;
}

static int fill_one(const struct restore *restore, const struct ns_target *of,
		    enum ns_kind kind, ns_inside_fn fn)
{
	struct ns_set set = ns_target_one(of, kind);
	struct json_object *report = NULL;
	int status;

	if (!restore->plan.make[kind])
		return STATUS_DONE;
	status = ns_inside(&set, fn,
			   ns_get(restore->file, ns_kinds[kind].name),
			   &report);
	if (status == STATUS_DONE)
		return tell(restore, report);
	json_object_put(report);
	return status;
}

static int fill_net(const struct restore *restore, const struct ns_target *of)
{
	struct json_object *report = NULL;
	int status;

	if (!restore->plan.make[NS_NET])
		return STATUS_DONE;
	status = ns_links_restore(of, &restore->plan, &report);
	if (status == STATUS_DONE)
		return tell(restore, report);
	json_object_put(report);
	return status;
}

static int fill_mounts(struct restore *restore, const struct ns_target *of)
{
	struct json_object *report = NULL;
	int status;

	if (!restore->plan.make[NS_MNT])
		return STATUS_DONE;
	status = ns_mounts_restore(of, &restore->plan, &restore->mounts,
				   &report);
	/* The command's namespace alone holds them from now on. */
	ns_mounts_free(&restore->mounts);
	if (status == STATUS_DONE)
		return tell(restore, report);
	json_object_put(report);
	return status;
}

static int fill_all(struct restore *restore, const struct ns_target *of)
{
	int status = fill_one(restore, of, NS_UTS, ns_uts_restore);

	if (status == STATUS_DONE)
		status = fill_one(restore, of, NS_IPC, ns_ipc_restore);
	if (status == STATUS_DONE)
		status = fill_net(restore, of);
	if (status == STATUS_DONE)
		status = fill_mounts(restore, of);
	return status;
}

/* @pid is in all of the new namespaces, and waits. */
static int fill(struct restore *restore, pid_t pid)
{
	struct ns_target of = NS_TARGET_NONE;
	int status;

	of.target.pid = pid;
	of.target.pidfd = pidfd_open(pid, 0);
	if (of.target.pidfd < 0)
		return message_failed("cannot take hold of the new process: %s",
				      strerror(errno));
	status = ns_target_find(&of);
	if (status == STATUS_DONE)
		status = fill_all(restore, &of);
	ns_target_close(&of);
	return status;
}

/* ---- Making ---- */

static int ask_keeper(struct restore *restore, int request, pid_t pid)
{
	if (restore->keeper.fd < 0)
		return STATUS_DONE;
	return keeper_ask(&restore->keeper, request, pid);
}

static int fulfil(struct restore *restore, enum ns_wish wish, pid_t pid)
{
	int status;

	switch (wish) {
	case NS_WISH_CGROUP_ROOT:
		return ask_keeper(restore, NS_CGROUP_JOIN_ROOT, pid);
	case NS_WISH_CGROUP_OUT:
		return ask_keeper(restore, NS_CGROUP_LEAVE, pid);
	case NS_WISH_READY:
		status = fill(restore, pid);
		/* The last moment at which it can fail. */
		return status == STATUS_DONE ?
		       ask_keeper(restore, NS_CGROUP_JOIN, pid) : status;
	}
	return message_failed("unknown wish %d", wish);
}

/* Until the command begins, or it failed and all is gone again. */
static int make(struct restore *restore)
{
	enum ns_wish wish;
	int status;
	pid_t pid;

	do {
		if (!ns_maker_hear(&restore->maker, &wish, &pid))
			return ns_maker_end(&restore->maker);
		status = fulfil(restore, wish, pid);
		if (status != STATUS_DONE) {
			ns_maker_end(&restore->maker);
			return status;
		}
		if (wish == NS_WISH_READY)
			follow_begin();
		ns_maker_answer(&restore->maker);
	} while (wish != NS_WISH_READY);
	return STATUS_DONE;
}

static int start_keeper(struct restore *restore)
{
	restore->keeper.fd = -1;
	restore->cgroup.strict = restore->strict;
	if (!restore->cgroup.saved)
		return STATUS_DONE;
	return keeper_start(&restore->keeper, &ns_cgroup_keeper,
			    &restore->cgroup);
}

static int run_anew(struct restore *restore, char **command)
{
	int status = start_keeper(restore), wait;

	if (status != STATUS_DONE)
		return status;
	status = ns_maker_start(&restore->maker, &restore->plan, &restore->as,
				command);
	if (status == STATUS_DONE)
		status = make(restore);
	if (status != STATUS_DONE) {
		keeper_unmake(&restore->keeper);
		return status;
	}
	wait = follow_wait(restore->maker.pid);
	ask_keeper(restore, NS_CGROUP_END, 0);
	keeper_unmake(&restore->keeper);
	follow_end(wait);
}

/* ---- All of it ---- */

/* Without a cgroup to begin at, it begins at ours. */
static void check_cgroup_namespace(const struct restore *restore)
{
	struct json_object *saved = ns_get(restore->file, "cgroup");
	char *ours;

	if (!restore->plan.make[NS_CGROUP] || restore->cgroup.saved)
		return;
	ours = cgroup_of(getpid());
	if (ours && strcmp(ours, ns_get_string(saved, "root")))
		ns_report_add(restore->plan.report, "cgroup",
			      "the cgroup namespace begins at ours, %s", ours);
	free(ours);
}

static int plan(struct restore *restore)
{
	struct json_object *cgroup = ns_get(restore->file, "cgroup");
	int status = ns_plan_init(&restore->plan, restore->file,
				  &restore->kinds);

	/* Who chose other kinds did not ask for it. */
	if (!ns_options_have(&restore->kinds, NS_CGROUP) ||
	    !strcmp(ns_get_string(cgroup, "path"), "/"))
		cgroup = NULL;
	if (status == STATUS_DONE)
		status = ns_cgroup_plan(&restore->cgroup, cgroup,
					restore->plan.report);
	if (status == STATUS_DONE)
		status = ns_mounts_plan(&restore->mounts, &restore->plan,
					restore->plan.report);
	check_cgroup_namespace(restore);
	if (status == STATUS_DONE && restore->plan.make[NS_NET])
		ns_links_plan(&restore->plan, restore->plan.report);
	return status;
}

static int print_check(const struct restore *restore)
{
	int status;

	ns_report_print(restore->plan.report, restore->json);
	status = output_finish();
	if (status == STATUS_DONE && restore->strict)
		status = ns_report_tell(restore->plan.report, true);
	return status;
}

static int run_file(struct restore *restore, char **command)
{
	int status;

	if (restore->pinned)
		return ns_pinned_run(restore->pinned, restore->file,
				     &restore->kinds, &restore->as, command);
	status = plan(restore);
	if (status == STATUS_DONE && restore->check)
		return print_check(restore);
	if (status == STATUS_DONE)
		status = ns_report_tell(restore->plan.report, restore->strict);
	return status == STATUS_DONE ? run_anew(restore, command) : status;
}

static int take_option(struct restore *restore, const struct command *command,
		       int code)
{
	ns_options_take(&restore->kinds, code);
	switch (code) {
	case OPTION_PINNED:
		restore->pinned = optarg;
		break;
	case OPTION_STRICT:
		restore->strict = true;
		break;
	case OPTION_CHECK:
		restore->check = true;
		break;
	case OPTION_JSON:
		restore->json = true;
		break;
	}
	return ns_become_take(&restore->as, command, code, optarg);
}

static int read_options(struct restore *restore, const struct command *command,
			int argc, char **argv)
{
	int code, status = STATUS_DONE;

	while (status == STATUS_DONE &&
	       (code = options_letters(command, argc, argv,
				       "+" NS_OPTIONS_LETTERS
				       NS_BECOME_LETTERS, options)) !=
	       OPTION_END)
		status = take_option(restore, command, code);
	return status;
}

static int check_usage(const struct restore *restore,
		       const struct command *command, const char *file,
		       bool has_command)
{
	if (!file)
		return message_usage(command, "a file is needed");
	if (!restore->check && !has_command)
		return message_usage(command, "no command to run");
	if (restore->check && has_command)
		return message_usage(command, "--check runs no command");
	if (restore->check && restore->pinned)
		return message_usage(command, "--check and --pinned exclude each other: what is pinned is the same");
	if (restore->json && !restore->check)
		return message_usage(command, "--json is for --check");
	return STATUS_DONE;
}

static void finish(struct restore *restore)
{
	ns_mounts_free(&restore->mounts);
	ns_cgroup_free(&restore->cgroup);
	ns_plan_free(&restore->plan);
	json_object_put(restore->file);
}

/* Options may stand before FILE and behind it. */
static int run(const struct command *command, int argc, char **argv)
{
	struct restore restore = { .as = NS_BECOME_INIT };
	int status = read_options(&restore, command, argc, argv);
	const char *file = optind < argc ? argv[optind++] : NULL;

	if (status == STATUS_DONE && file)
		status = read_options(&restore, command, argc, argv);
	if (status == STATUS_DONE)
		status = check_usage(&restore, command, file, optind < argc);
	if (status == STATUS_DONE)
		status = ns_file_read(file, &restore.file);
	if (status == STATUS_DONE)
		status = run_file(&restore, argv + optind);
	finish(&restore);
	return status;
}

const struct command ns_restore = {
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
"      --check               only say what cannot be equal; runs no COMMAND\n"
"      --json                say it in JSON\n"
NS_OPTIONS_HELP
NS_BECOME_HELP
"\n"
"Exit status: COMMAND's own; 126 if it cannot be executed, 127 if it is not\n"
"found; 1 or 2 if it did not come to that.\n",
	.main = run,
};
