// SPDX-License-Identifier: GPL-2.0
/*
 * What is to be made from a file of namespaces.
 */
#define _GNU_SOURCE
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

static bool is_same_boot(const struct json_object *root)
{
	const char *saved = ns_get_string(root, "boot");
	CLEANUP_FREE char *boot = procfs_read(BOOT_ID);
	bool same = boot && *saved && !strncmp(boot, saved, strlen(saved));

	return same;
}

size_t ns_plan_levels(const struct ns_plan *plan)
{
	return json_object_array_length(plan->maps);
}

/* Where no user namespace is made, all is made in ours. */
static size_t level_of(const struct ns_plan *plan, int64_t saved)
{
	size_t levels = ns_plan_levels(plan);

	return saved > (int64_t)levels ? levels : (size_t)saved;
}

size_t ns_plan_level(const struct ns_plan *plan, enum ns_kind kind)
{
	return level_of(plan, ns_file_level(plan->root, kind));
}

size_t ns_plan_pid_level(const struct ns_plan *plan, size_t i)
{
	struct json_object *pids = ns_get(plan->root, "pid");

	return level_of(plan, ns_get_number(json_object_array_get_idx(pids, i),
					    "level"));
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
	size_t count = json_object_array_length(ns_get(plan->root, "pid")), i;

	if (kind != NS_PID)
		return !ns_plan_level(plan, kind);
	for (i = 0; i < count; i++)
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
	plan->make[kind] = ns_file_is_separate(plan->root, kind) &&
			   ns_options_have(kinds, kind) &&
			   can_make(plan, kind);
}

/* What nobody could have written down. */
static void check_contents(struct ns_plan *plan)
{
	const struct json_object *ipc = ns_get(plan->root, "ipc");
	int64_t objects = ns_get_number(ipc, "objects");
	int64_t queues = ns_get_number(ipc, "queues");

	if (plan->make[NS_IPC] && objects)
		ns_report_add(plan->report, "ipc",
			      "%lld System V queues, semaphores and segments were there: none are made",
			      (long long)objects);
	if (plan->make[NS_IPC] && queues)
		ns_report_add(plan->report, "ipc",
			      "%lld message queues of POSIX were there: none are made",
			      (long long)queues);
}

int ns_plan_init(struct ns_plan *plan, const struct json_object *root,
		 const struct ns_options *kinds, bool rehearsal)
{
	enum ns_kind kind;

	*plan = (struct ns_plan){
		.root = root,
		.privileged = caps_have(CAP_SYS_ADMIN),
		.rehearsal = rehearsal,
		.same_boot = is_same_boot(root),
		.maps = json_object_new_array(),
		.report = json_object_new_array(),
	};
	if (!plan->maps || !plan->report) {
		ns_plan_free(plan);
		return message_out_of_memory();
	}
	choose(plan, NS_USER, kinds);
	if (plan->make[NS_USER])
		ns_idmap_plan(ns_get(root, "user"), plan->maps, plan->report);
	for (kind = NS_USER + 1; kind < NS_KINDS; kind++)
		choose(plan, kind, kinds);
	check_contents(plan);
	return STATUS_DONE;
}

void ns_plan_free(struct ns_plan *plan)
{
	json_object_put(plan->maps);
	json_object_put(plan->report);
	*plan = (struct ns_plan){ 0 };
}
