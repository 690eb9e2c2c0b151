// SPDX-License-Identifier: GPL-2.0
/*
 * Where the mounts of a file can come from.
 */
#define _GNU_SOURCE
#include <libmount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/command.h"
#include "base/files.h"
#include "base/message.h"
#include "ns/filesystem.h"
#include "ns/mount_create.h"
#include "ns/mount_here.h"
#include "ns/mount_options.h"
#include "ns/mount_plan.h"
#include "ns/report.h"
#include "ns/root.h"

static const char *type_of(const struct ns_mount *mount)
{
	return mount->saved->type;
}

/* ---- What is made anew ---- */

bool ns_mount_is_covered(const struct ns_mounts *mounts,
			 const struct ns_mount *mount)
{
	size_t i;

	for (i = 0; i < mounts->count; i++)
		if (mounts->mount[i].parent == mount &&
		    !strcmp(mounts->mount[i].target, mount->target))
			return true;
	return false;
}

/* Of cgroups, the whole is what a cgroup namespace shows; from outside that is a part. */
static const char *root_of_whole(const struct ns_mount *mount)
{
	const struct ns_plan *plan = mount->plan;

	if (!strcmp(type_of(mount), "cgroup2") && plan->make[NS_CGROUP])
		return plan->file->has_cgroup ? plan->file->cgroup.root : "";
	return "/";
}

/* What is not there any more has no name in it. */
static bool is_deleted(const struct ns_mount *mount)
{
	const char *end = strstr(mount->root, "//deleted");

	return end && !strcmp(end, "//deleted");
}

/*
 * One device is one filesystem.  Of some there is one in any case, and each mount of them
 * may have got a source of its own.
 */
static bool is_on(const struct ns_mount *mount, const struct ns_filesystem *fs)
{
	const struct ns_file_mount *a = mount->saved, *b = fs->first->saved;

	return !strcmp(a->device, b->device) && !strcmp(a->type, b->type) &&
	       (!fs->type || !fs->type->single || *mount->part ||
		!strcmp(a->source, b->source));
}

/*
 * To mount what lies on a disk may change it; and a cgroup is not made in a rehearsal, nor
 * what is below it.
 */
static bool needs_stand_in(const struct ns_mount *mount, const char *device)
{
	if (!mount->plan->rehearsal)
		return false;
	return device || !strcmp(type_of(mount), "overlay") ||
	       (!strcmp(type_of(mount), "cgroup2") && *mount->part);
}

static void find_filesystem(struct ns_mounts *mounts, struct ns_mount *mount,
			    const char *device)
{
	struct ns_filesystem *fs = mounts->filesystem;

	while (fs < mounts->filesystem + mounts->filesystems &&
	       !is_on(mount, fs))
		fs++;
	mount->filesystem = fs;
	mount->origin = NS_MOUNT_NEW;
	if (fs < mounts->filesystem + mounts->filesystems)
		return;
	*fs = (struct ns_filesystem){
		.first = mount,
		.type = ns_filesystem_type(type_of(mount)),
		.device = device,
		.stand_in = needs_stand_in(mount, device),
		.fd = -1,
	};
	mounts->filesystems++;
}

/* Is a mount of the same one cloned from here? */
static const struct ns_mount *find_twin(const struct ns_mounts *mounts,
					const struct ns_mount *mount)
{
	size_t i;

	for (i = 0; i < mounts->count; i++)
		if (mounts->mount[i].origin == NS_MOUNT_CLONE &&
		    !strcmp(mount->saved->device, mounts->mount[i].saved->device))
			return &mounts->mount[i];
	return NULL;
}

static void find_new(struct ns_mounts *mounts, struct ns_mount *mount,
		     struct json_object *report)
{
	const struct ns_filesystem_type *type =
		ns_filesystem_type(type_of(mount));
	const struct ns_mount *twin = find_twin(mounts, mount);

	if (type && type->memory && twin) {
		ns_report_add(report, "mnt",
			      "%s (%s) is not mounted again: of its filesystem only a part is mounted here, that of %s",
			      mount->target, type_of(mount), twin->target);
		mount->told = true;
		return;
	}
	if (!type || !mount->part || is_deleted(mount))
		return;
	find_filesystem(mounts, mount, NULL);
	if (ns_mount_has_option(mount->saved->options, "idmapped"))
		ns_report_add(report, "mnt",
			      "%s mapped ids, nobody can see how: it does not",
			      mount->target);
	if (type->memory && !ns_mount_is_covered(mounts, mount))
		ns_report_add(report, "mnt",
			      "%s (%s) is new and empty: what was in it is not in the file",
			      mount->target, type_of(mount));
}

static void find_device(struct ns_mounts *mounts, struct ns_mount *mount)
{
	const char *source = mount->saved->source;
	struct stat st;

	if (*source == '/' && mount->part && !is_deleted(mount) &&
	    !stat(source, &st) && S_ISBLK(st.st_mode))
		find_filesystem(mounts, mount, source);
}

/* A whole that is a part here is not here yet. */
static bool may_be_here(const struct ns_mount *mount)
{
	return !mount->part || *mount->part || !strcmp(mount->root, "/");
}

/* Of what is mounted here, and then of what can be made. */
static int find_sources(struct ns_mounts *mounts, struct libmnt_table *table,
			struct json_object *report)
{
	struct ns_mount *mount = mounts->mount;
	struct ns_mount *end = mount + mounts->count;
	int err = 0;

	for (; mount < end && !err; mount++) {
		mount->part = files_below(mount->root, root_of_whole(mount));
		if (may_be_here(mount))
			err = ns_mount_find_here(mount, table, report);
	}
	if (err)
		return message_failed("cannot look at what is mounted here: %s",
				      strerror(-err));
	for (mount = mounts->mount; mount < end; mount++) {
		if (mount->origin == NS_MOUNT_NONE)
			find_new(mounts, mount, report);
		if (mount->origin == NS_MOUNT_NONE && mount->plan->privileged)
			find_device(mounts, mount);
		if (mount->origin == NS_MOUNT_NONE && !mount->told)
			ns_report_add(report, "mnt",
				      "%s (%s of %s) is not mounted again: its source is not here",
				      mount->target, type_of(mount),
				      mount->saved->source);
	}
	return STATUS_DONE;
}

/* Where there was a peer outside, there is none any more. */
static void check_group(const struct ns_plan *plan,
			const struct ns_mount *mount,
			struct json_object *report)
{
	int64_t shared = mount->saved->shared;

	if (plan->same_boot && shared && mount->group == shared)
		ns_report_add(report, "mnt",
			      "%s was shared with mounts outside: it is shared inside only",
			      mount->target);
}

/* ---- The table ---- */

static struct ns_mount *find_id(const struct ns_mounts *mounts, int64_t id)
{
	size_t i;

	for (i = 0; i < mounts->count; i++)
		if (mounts->mount[i].saved->id == id)
			return &mounts->mount[i];
	return NULL;
}

static int read_table(struct ns_mounts *mounts, const struct ns_plan *plan)
{
	size_t count = plan->file->mount_count, i;

	mounts->mount = calloc(count + 1, sizeof(*mounts->mount));
	mounts->filesystem = calloc(count + 1, sizeof(*mounts->filesystem));
	if (!mounts->mount || !mounts->filesystem)
		return message_out_of_memory();
	for (i = 0; i < count; i++) {
		const struct ns_file_mount *saved = &plan->file->mounts[i];

		mounts->mount[mounts->count++] = (struct ns_mount){
			.plan = plan,
			.saved = saved,
			.target = saved->target,
			.root = saved->root,
			.fd = -1,
		};
	}
	for (i = 0; i < count; i++)
		mounts->mount[i].parent =
			find_id(mounts, mounts->mount[i].saved->parent);
	return STATUS_DONE;
}

/* Where we may not, it is done where we may: in the new namespace. */
static void take_hold(struct ns_mounts *mounts)
{
	size_t i;

	for (i = 0; i < mounts->count; i++)
		if (mounts->mount[i].origin == NS_MOUNT_CLONE)
			ns_mount_create(&mounts->mount[i], NULL);
}

static int plan_mounts(struct ns_mounts *mounts, const struct ns_plan *plan,
		       struct json_object *report)
{
	struct libmnt_table *table;
	int status;
	size_t i;

	table = mnt_new_table_from_file("/proc/self/mountinfo");
	if (!table)
		return message_failed("cannot read our own mount table: is /proc mounted?");
	status = read_table(mounts, plan) ?:
		 find_sources(mounts, table, report);
	for (i = 0; i < mounts->count && status == STATUS_DONE; i++)
		check_group(plan, &mounts->mount[i], report);
	mnt_unref_table(table);
	if (status == STATUS_DONE && plan->privileged)
		take_hold(mounts);
	return status;
}

int ns_mount_plan(struct ns_mounts *mounts, const struct ns_plan *plan,
		  struct json_object *report)
{
	struct ns_root from;
	int status, returned;

	*mounts = (struct ns_mounts){ 0 };
	if (!plan->make[NS_MNT])
		return STATUS_DONE;
	ns_root_visit(&from);
	status = plan_mounts(mounts, plan, report);
	returned = ns_root_return(&from);
	return status ?: returned;
}

void ns_mount_free(struct ns_mounts *mounts)
{
	size_t i;

	for (i = 0; i < mounts->count; i++) {
		if (mounts->mount[i].fd >= 0)
			close(mounts->mount[i].fd);
		free(mounts->mount[i].path);
	}
	for (i = 0; i < mounts->filesystems; i++)
		ns_filesystem_free(&mounts->filesystem[i]);
	free(mounts->filesystem);
	free(mounts->mount);
	*mounts = (struct ns_mounts){ 0 };
}
