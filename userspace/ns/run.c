// SPDX-License-Identifier: GPL-2.0
/*
 * Running a command in the namespaces that a file tells of.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup_json.h"
#include "base/command.h"
#include "base/forward.h"
#include "base/janitor.h"
#include "base/message.h"
#include "base/output.h"
#include "base/pidref.h"
#include "base/procfs.h"
#include "ns/cgroup.h"
#include "ns/cgroup_restore.h"
#include "ns/create.h"
#include "ns/enter.h"
#include "ns/ipc.h"
#include "ns/mount_plan.h"
#include "ns/mount_restore.h"
#include "ns/net_restore.h"
#include "ns/pinned.h"
#include "ns/plan.h"
#include "ns/report.h"
#include "ns/run.h"
#include "ns/uts.h"

/*
 * struct running - what is under way
 *
 * @asked: what is to be done
 * @process: what is to become the command; its pidfd is -1 as long as there is none
 */
struct running {
	const struct ns_run *asked;
	struct ns_plan plan;
	struct ns_cgroup cgroup;
	struct ns_mounts mounts;
	struct janitor janitor;
	struct ns_creator creator;
	struct pidref process;
};

/* ---- Filling what was made ---- */

static int say_report(const struct running *run, struct json_object *report)
{
	if (report && run->asked->check)
		ns_report_append(run->plan.report, report);
	else if (report)
		return ns_report_say(report, run->asked->strict);
	return STATUS_DONE;
}

static int fill_one(const struct running *run, const struct ns_process *of,
		    enum ns_kind kind, ns_inside_fn fn, const void *saved)
{
	struct ns_set set = ns_process_one(of, kind);
	CLEANUP_JSON struct json_object *report = NULL;

	if (!run->plan.make[kind])
		return STATUS_DONE;
	return ns_inside(&set, fn, (void *)saved, &report) ?:
	       say_report(run, report);
}

static int fill_net(const struct running *run, const struct ns_process *of)
{
	CLEANUP_JSON struct json_object *report = NULL;

	if (!run->plan.make[NS_NET])
		return STATUS_DONE;
	return ns_net_restore(of, &run->plan, &report) ?:
	       say_report(run, report);
}

static int fill_mounts(struct running *run, const struct ns_process *of)
{
	CLEANUP_JSON struct json_object *report = NULL;
	int status;

	if (!run->plan.make[NS_MNT])
		return STATUS_DONE;
	status = ns_mount_restore(of, &run->plan, &run->mounts,
				  &report);
	/* The command's namespace alone holds them from now on. */
	ns_mount_free(&run->mounts);
	return status ?: say_report(run, report);
}

static int fill_all(struct running *run, const struct ns_process *of)
{
	const struct ns_file *file = run->asked->file;

	return fill_one(run, of, NS_UTS, ns_uts_restore, &file->uts) ?:
	       fill_one(run, of, NS_IPC, ns_ipc_restore, &file->ipc.limits) ?:
	       fill_net(run, of) ?:
	       fill_mounts(run, of);
}

/* @pid is in all of the new namespaces, and waits. */
static int fill(struct running *run, pid_t pid)
{
	struct ns_process of = NS_PROCESS_NONE;
	int status;

	of.pidref.pid = pid;
	of.pidref.pidfd = pidfd_open(pid, 0);
	if (of.pidref.pidfd < 0)
		return message_failed("cannot take hold of the new process: %s",
				      strerror(errno));
	run->process.pid = pid;
	run->process.pidfd = fcntl(of.pidref.pidfd, F_DUPFD_CLOEXEC, 0);
	status = ns_process_find(&of) ?: fill_all(run, &of);
	ns_process_close(&of);
	return status;
}

/* ---- What others have to do with it ---- */

static int call_open(const struct running *run)
{
	const struct ns_run_hooks *hooks = run->asked->hooks;

	return hooks && hooks->open ? hooks->open(run->asked->data) :
				      STATUS_DONE;
}

static int call_ready(const struct running *run, pid_t pid)
{
	const struct ns_run_hooks *hooks = run->asked->hooks;

	return hooks && hooks->ready ? hooks->ready(run->asked->data, pid) :
				       STATUS_DONE;
}

/* ---- Making ---- */

static int ask_keeper(struct running *run, int request, pid_t pid)
{
	if (run->janitor.child.fd < 0)
		return STATUS_DONE;
	return janitor_ask(&run->janitor, request, pid);
}

static int fulfil(struct running *run, enum ns_wish wish, pid_t pid)
{
	int status;

	switch (wish) {
	case NS_WISH_CGROUP_ROOT:
		return ask_keeper(run, NS_CGROUP_JOIN_ROOT, pid);
	case NS_WISH_CGROUP_OUT:
		return ask_keeper(run, NS_CGROUP_LEAVE, pid);
	case NS_WISH_READY:
		status = fill(run, pid) ?: call_ready(run, pid);
		/* The last moment at which it can fail. */
		return status == STATUS_DONE ?
		       ask_keeper(run, NS_CGROUP_JOIN, pid) : status;
	case NS_WISH_FAILED:
		break;
	}
	return message_failed("unknown wish %d", wish);
}

/*
 * Its descriptors are closed: it has become the command, or it is about to have ended.
 * Who ends has given its memory away before; a pidfd tells of it only much later, when its
 * namespaces are gone as well.  Anybody may read statm, whatever the command is.
 */
static bool has_begun(const struct running *run)
{
	char path[64], *text;
	bool begun;

	snprintf(path, sizeof(path), "/proc/%d/statm", run->process.pid);
	text = procfs_read(path);
	begun = text && strtoul(text, NULL, 10) > 0;
	free(text);
	return begun && pidref_lives(&run->process);
}

/* Returns how the worker ended. */
static int watch(struct running *run)
{
	const struct ns_run_hooks *hooks = run->asked->hooks;
	bool failed, sure = true;
	int wait;

	if (!hooks)
		return forward_wait(run->creator.child.pid);
	failed = ns_creator_has_failed(&run->creator);
	/* If it was killed, who knows. */
	if (!failed && hooks->begun) {
		sure = has_begun(run);
		if (sure)
			hooks->begun(run->asked->data, true);
	}
	wait = forward_wait(run->creator.child.pid);
	if (!failed && hooks->begun && !sure)
		hooks->begun(run->asked->data, WIFEXITED(wait) &&
			     WEXITSTATUS(wait) < 128);
	if (!failed && hooks->ended)
		hooks->ended(run->asked->data, wait);
	return wait;
}

/* Until the command begins, or it failed and all is gone again. */
static int make_namespaces(struct running *run)
{
	enum ns_wish wish;
	int status, wait;
	pid_t pid;

	do {
		if (!ns_creator_hear(&run->creator, &wish, &pid))
			return ns_creator_end(&run->creator, false);
		status = fulfil(run, wish, pid);
		if (status == STATUS_DONE && wish == NS_WISH_READY)
			forward_begin();
		if (status == STATUS_DONE)
			status = ns_creator_answer(&run->creator);
		if (status != STATUS_DONE) {
			wait = ns_creator_end(&run->creator,
					      status != NS_RUN_GONE);
			/* It has said why, unless it was killed. */
			return status == NS_RUN_GONE ? wait : status;
		}
	} while (wish != NS_WISH_READY);
	return STATUS_DONE;
}

static int start_keeper(struct running *run)
{
	run->cgroup.strict = run->asked->strict;
	if (!run->cgroup.saved)
		return STATUS_DONE;
	return janitor_start(&run->janitor, &ns_cgroup_janitor, &run->cgroup);
}

static int start(struct running *run, char **command)
{
	return call_open(run) ?:
	       ns_creator_start(&run->creator, &run->plan,
				&run->asked->as, command) ?:
	       make_namespaces(run);
}

static int run_anew(struct running *run, char **command)
{
	int status = start_keeper(run), wait;

	if (status != STATUS_DONE)
		return status;
	status = start(run, command);
	if (status != STATUS_DONE) {
		janitor_unmake(&run->janitor);
		return status;
	}
	wait = watch(run);
	ask_keeper(run, NS_CGROUP_END, 0);
	janitor_unmake(&run->janitor);
	forward_end(wait);
}

/* ---- Rehearsing ---- */

static bool makes_any(const struct ns_plan *plan)
{
	enum ns_kind kind;

	for (kind = 0; kind < NS_KINDS; kind++)
		if (plan->make[kind])
			return true;
	return false;
}

/*
 * What cannot be as it was, only the kernel knows: all is made but what others would see, a
 * cgroup and the other ends of links, and is gone again when the worker is.
 */
static int rehearse(struct running *run)
{
	enum ns_wish wish = NS_WISH_FAILED;
	int status;
	pid_t pid;

	if (!makes_any(&run->plan))
		return STATUS_DONE;
	status = ns_creator_start(&run->creator, &run->plan, &run->asked->as,
				  NULL);
	while (status == STATUS_DONE && wish != NS_WISH_READY) {
		if (!ns_creator_hear(&run->creator, &wish, &pid))
			return ns_creator_end(&run->creator, false);
		if (wish == NS_WISH_READY)
			status = fill(run, pid);
		else
			status = ns_creator_answer(&run->creator);
	}
	ns_creator_end(&run->creator, true);
	return status;
}

/* ---- All of it ---- */

/* Without a cgroup to begin at, it begins at ours. */
static void check_cgroup_namespace(const struct running *run)
{
	const struct ns_file *file = run->asked->file;
	char *ours;

	if (!run->plan.make[NS_CGROUP] || run->cgroup.saved)
		return;
	ours = cgroup_of(getpid());
	if (ours && strcmp(ours, file->has_cgroup ? file->cgroup.root : ""))
		ns_report_add(run->plan.report, "cgroup",
			      "the cgroup namespace begins at ours, %s", ours);
	free(ours);
}

static int plan(struct running *run)
{
	const struct ns_file_cgroup *cgroup = &run->asked->file->cgroup;
	int status = ns_plan_init(&run->plan, run->asked->file,
				  &run->asked->kinds, run->asked->check);

	/* Who chose other kinds did not ask for it. */
	if (!run->asked->file->has_cgroup ||
	    !ns_options_have(&run->asked->kinds, NS_CGROUP) ||
	    !strcmp(cgroup->path, "/"))
		cgroup = NULL;
	if (status == STATUS_DONE)
		status = ns_cgroup_plan(&run->cgroup, cgroup,
					run->plan.report);
	if (status == STATUS_DONE)
		status = ns_mount_plan(&run->mounts, &run->plan,
				       run->plan.report);
	check_cgroup_namespace(run);
	if (status == STATUS_DONE && run->plan.make[NS_NET])
		ns_net_plan(&run->plan, run->plan.report);
	return status;
}

static int print_check(const struct running *run)
{
	int status;

	ns_report_print(run->plan.report, run->asked->json);
	status = output_finish();
	if (status == STATUS_DONE && run->asked->strict)
		status = ns_report_say(run->plan.report, true);
	return status;
}

static int run_planned(struct running *run, char **command)
{
	int status = plan(run);

	if (status == STATUS_DONE && run->asked->check) {
		return rehearse(run) ?: print_check(run);
	}
	if (status == STATUS_DONE)
		status = ns_report_say(run->plan.report, run->asked->strict);
	return status ?: run_anew(run, command);
}

int ns_run(const struct ns_run *asked, char **command)
{
	struct running run = {
		.asked = asked,
		.janitor.child.fd = -1,
		.process.pidfd = -1,
	};
	int status;

	if (asked->pinned)
		return ns_pinned_run(asked->pinned, asked->file, &asked->kinds,
				     &asked->as, command);
	status = run_planned(&run, command);
	ns_mount_free(&run.mounts);
	ns_cgroup_free(&run.cgroup);
	ns_plan_free(&run.plan);
	pidref_close(&run.process);
	return status;
}
