// SPDX-License-Identifier: GPL-2.0
/*
 * What is to be made from a file of namespaces.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/cleanup.h"
#include "base/command.h"
#include "base/message.h"
#include "base/procfs.h"
#include "ns/idmap.h"
#include "ns/plan.h"
#include "ns/report.h"

#define BOOT_ID	"/proc/sys/kernel/random/boot_id"

static bool is_same_boot(const struct ns_file *file)
{
	CLEANUP_FREE char *boot = procfs_read(BOOT_ID);

	return boot && *file->boot &&
	       !strncmp(boot, file->boot, strlen(file->boot));
}

/* Where no user namespace is made, all is made in ours. */
static size_t level_of(const struct ns_plan *plan, size_t saved)
{
	return saved > plan->levels ? plan->levels : saved;
}

size_t ns_plan_level(const struct ns_plan *plan, enum ns_kind kind)
{
	return level_of(plan, ns_file_level(plan->file, kind));
}

size_t ns_plan_pid_level(const struct ns_plan *plan, size_t i)
{
	return level_of(plan, plan->file->pids[i].level);
}

/* ---- Kinds ---- */

static bool is_supported(enum ns_kind kind)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_kinds[kind].name);
	return !access(path, F_OK);
}

/* Is it, or is one of the PID namespaces, ours to be made? */
static bool needs_privilege(const struct ns_plan *plan, enum ns_kind kind)
{
	size_t i;

	if (kind != NS_PID)
		return !ns_plan_level(plan, kind);
	for (i = 0; i < plan->file->pid_count; i++)
		if (!ns_plan_pid_level(plan, i))
			return true;
	return false;
}

static bool can_make(struct ns_plan *plan, enum ns_kind kind)
{
	const char *name = ns_kinds[kind].name;

	if (!is_supported(kind)) {
		ns_report_add(plan->report, name,
			      "this kernel has no %s namespaces: it stays ours",
			      ns_kinds[kind].text);
		return false;
	}
	if (!plan->privileged && kind != NS_USER &&
	    needs_privilege(plan, kind)) {
		ns_report_add(plan->report, name,
			      "making it needs root, as no user namespace of its own owned it: it stays ours");
		return false;
	}
	return true;
}

static void choose(struct ns_plan *plan, enum ns_kind kind,
		   const struct ns_options *kinds)
{
	plan->make[kind] = ns_file_is_separate(plan->file, kind) &&
			   ns_options_have(kinds, kind) &&
			   can_make(plan, kind);
}

/* What nobody could have written down. */
static void check_contents(struct ns_plan *plan)
{
	const struct ns_ipc *ipc = &plan->file->ipc;

	if (plan->make[NS_IPC] && ipc->objects)
		ns_report_add(plan->report, "ipc",
			      "%lld System V queues, semaphores and segments were there: none are made",
			      (long long)ipc->objects);
	if (plan->make[NS_IPC] && ipc->queues)
		ns_report_add(plan->report, "ipc",
			      "%lld message queues of POSIX were there: none are made",
			      (long long)ipc->queues);
}

static int plan_users(struct ns_plan *plan)
{
	plan->maps = calloc(plan->file->user_count + 1, sizeof(*plan->maps));
	if (!plan->maps)
		return -ENOMEM;
	plan->levels = plan->file->user_count;
	return ns_idmap_plan(plan->file, plan->maps, plan->report);
}

int ns_plan_init(struct ns_plan *plan, const struct ns_file *file,
		 const struct ns_options *kinds, bool rehearsal)
{
	enum ns_kind kind;

	*plan = (struct ns_plan){
		.file = file,
		.privileged = caps_have(CAP_SYS_ADMIN),
		.rehearsal = rehearsal,
		.same_boot = is_same_boot(file),
		.report = json_object_new_array(),
	};
	choose(plan, NS_USER, kinds);
	if (!plan->report || (plan->make[NS_USER] && plan_users(plan))) {
		ns_plan_free(plan);
		return message_out_of_memory();
	}
	for (kind = NS_USER + 1; kind < NS_KINDS; kind++)
		choose(plan, kind, kinds);
	check_contents(plan);
	return STATUS_DONE;
}

void ns_plan_free(struct ns_plan *plan)
{
	while (plan->levels)
		schema_free(&ns_user_schema, &plan->maps[--plan->levels]);
	free(plan->maps);
	json_object_put(plan->report);
	*plan = (struct ns_plan){ 0 };
}
