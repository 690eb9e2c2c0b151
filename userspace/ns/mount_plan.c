// SPDX-License-Identifier: GPL-2.0
/*
 * Where the mounts of a file can come from.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/command.h"
#include "base/document.h"
#include "base/files.h"
#include "base/message.h"
#include "ns/mount_create.h"
#include "ns/mount_plan.h"
#include "ns/report.h"
#include "ns/root.h"

/* Filesystems that are made of nothing; some are lost with what was in them. */
static const struct made {
	const char *type;
	bool lost;
} made[] = {
	{ "proc", false }, { "sysfs", false }, { "tmpfs", true },
	{ "ramfs", true }, { "devpts", false }, { "mqueue", false },
	{ "cgroup2", false }, { "cgroup", false }, { "devtmpfs", false },
	{ "hugetlbfs", true }, { "debugfs", false }, { "tracefs", false },
	{ "securityfs", false }, { "configfs", false }, { "bpf", true },
	{ "pstore", false }, { "efivarfs", false }, { "fusectl", false },
	{ "binfmt_misc", false }, { "overlay", false },
};

static const struct made *find_made(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (!strcmp(made[i].type, type))
			return &made[i];
	return NULL;
}

static const char *type_of(const struct ns_mount *mount)
{
	return ns_get_string(mount->saved, "type");
}

/* ---- What is mounted here ---- */

static bool is_member(const struct ns_mount *mount, const char *name,
		      const char *value)
{
	char *saved = document_get_bytes(mount->saved, name);
	bool same = saved && *saved && value && !strcmp(saved, value);

	free(saved);
	return same;
}

/*
 * Numbers of devices that are none last until the kernel is started anew.  After
 * that, what lies on a device or a server is known by that, and what the saver had
 * mounted, too, by where it was.
 */
static bool is_same_filesystem(const struct ns_plan *plan,
			       const struct ns_mount *mount,
			       struct libmnt_fs *fs)
{
	dev_t here = mnt_fs_get_devno(fs);
	char number[32];

	if (strcmp(type_of(mount), mnt_fs_get_fstype(fs)))
		return false;
	if (plan->same_boot) {
		snprintf(number, sizeof(number), "%u:%u", major(here),
			 minor(here));
		return is_member(mount, "device", number);
	}
	if (find_made(type_of(mount)))
		return is_member(mount, "here", mnt_fs_get_target(fs));
	return is_member(mount, "source", mnt_fs_get_source(fs));
}

/* Nothing else may be mounted on top of it. */
static bool shows(const char *path, struct libmnt_fs *fs)
{
	struct statx st;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		  STATX_MNT_ID, &st) || !(st.stx_mask & STATX_MNT_ID))
		return false;
	return st.stx_mnt_id == (uint64_t)mnt_fs_get_id(fs);
}

static char *path_here(struct libmnt_fs *fs, const char *rest)
{
	const char *target = mnt_fs_get_target(fs);
	char *path;

	if (!strcmp(target, "/") && *rest)
		target = "";
	if (asprintf(&path, "%s%s", target, rest) < 0)
		return NULL;
	if (shows(path, fs))
		return path;
	free(path);
	return NULL;
}

/* The peer group that it is in, "shared:", or that it follows, "master:"; 0 if none. */
static int64_t group_of(struct libmnt_fs *fs, const char *relation)
{
	const char *fields = mnt_fs_get_optional_fields(fs);
	const char *at = fields ? strstr(fields, relation) : NULL;

	return at ? atoll(at + strlen(relation)) : 0;
}

/*
 * Would a clone of it follow the peer group outside that the mount followed?  The
 * numbers of groups last as long as the kernel runs.
 */
static bool follows_same(const struct ns_plan *plan,
			 const struct ns_mount *mount, struct libmnt_fs *fs)
{
	int64_t master = ns_get_number(mount->saved, "master");
	int64_t shared = group_of(fs, "shared:"), above = group_of(fs, "master:");

	if (!master)
		return false;
	return plan->same_boot ? shared == master || above == master :
				 shared || above;
}

/*
 * How much a clone of it would be like the mount, 0 if not at all.  Who mounted one
 * filesystem at several places may have given a source of another name for each.
 */
static int likeness(const struct ns_plan *plan, const struct ns_mount *mount,
		    struct libmnt_fs *fs)
{
	if (!files_below(mount->root, mnt_fs_get_root(fs)) ||
	    !is_same_filesystem(plan, mount, fs))
		return 0;
	return 1 + is_member(mount, "source", mnt_fs_get_source(fs)) +
	       2 * follows_same(plan, mount, fs);
}

/* What it is itself is the filesystem's, and not for us to change while others use it. */
static void check_filesystem(const struct ns_mount *mount, struct libmnt_fs *fs,
			     struct json_object *report)
{
	const char *here = mnt_fs_get_fs_options(fs);
	bool was = ns_mount_has_option(ns_get_string(mount->saved,
						     "super_options"), "ro");
	bool is = here && ns_mount_has_option(here, "ro");

	if (was != is)
		ns_report_add(report, "mnt",
			      "the filesystem of %s is %s here, and was %s",
			      mount->target, is ? "read-only" : "writable",
			      was ? "read-only" : "writable");
}

static void find_here(const struct ns_plan *plan, struct ns_mount *mount,
		      struct libmnt_table *table, struct json_object *report)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs, *found = NULL;
	int best = 0;

	while (iter && !mnt_table_next_fs(table, iter, &fs)) {
		int like = likeness(plan, mount, fs);
		char *path = like > best ?
			     path_here(fs, files_below(mount->root,
						 mnt_fs_get_root(fs))) : NULL;

		if (!path)
			continue;
		free(mount->path);
		found = fs;
		best = like;
		mount->path = path;
		mount->origin = NS_MOUNT_CLONE;
		mount->group = group_of(fs, "shared:");
		mount->follows = follows_same(plan, mount, fs);
	}
	if (found)
		check_filesystem(mount, found, report);
	mnt_free_iter(iter);
}

/* ---- What is not ---- */

static void find_device(struct ns_mount *mount)
{
	char *source = document_get_bytes(mount->saved, "source");
	struct stat st;

	if (source && *source == '/' && !strcmp(mount->root, "/") &&
	    !stat(source, &st) && S_ISBLK(st.st_mode)) {
		mount->path = source;
		mount->origin = NS_MOUNT_DEVICE;
		source = NULL;
	}
	free(source);
}

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

/*
 * The whole filesystem, and not a part.  Of cgroups, the whole is what a cgroup
 * namespace shows; from outside that is a part.
 */
static bool is_whole(const struct ns_plan *plan, const struct ns_mount *mount)
{
	if (!strcmp(type_of(mount), "cgroup2") && plan->make[NS_CGROUP])
		return !strcmp(mount->root, ns_get_string(ns_get(plan->root, "cgroup"),
						   "root"));
	return !strcmp(mount->root, "/");
}

static void find_new(const struct ns_mounts *mounts, struct ns_mount *mount,
		     struct json_object *report)
{
	const struct made *kind = find_made(type_of(mount));

	if (!kind || !is_whole(mount->plan, mount))
		return;
	mount->origin = NS_MOUNT_NEW;
	if (kind->lost && !ns_mount_is_covered(mounts, mount))
		ns_report_add(report, "mnt",
			      "%s (%s) is new and empty: what was in it is not in the file",
			      mount->target, type_of(mount));
}

static void find_source(const struct ns_plan *plan,
			const struct ns_mounts *mounts, struct ns_mount *mount,
			struct libmnt_table *table, struct json_object *report)
{
	/* A whole that is a part here is not here yet. */
	if (!is_whole(plan, mount) ||
	    !strcmp(mount->root, "/"))
		find_here(plan, mount, table, report);
	if (mount->origin == NS_MOUNT_NONE)
		find_new(mounts, mount, report);
	if (mount->origin == NS_MOUNT_NONE && plan->privileged)
		find_device(mount);
	if (mount->origin == NS_MOUNT_NONE)
		ns_report_add(report, "mnt",
			      "%s (%s of %s) is not mounted again: its source is not here",
			      mount->target, type_of(mount),
			      ns_get_string(mount->saved, "source"));
}

/* Where there was a peer outside, there is none any more. */
static void check_group(const struct ns_plan *plan,
			const struct ns_mount *mount,
			struct json_object *report)
{
	int64_t shared = ns_get_number(mount->saved, "shared");

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
		if (ns_get_number(mounts->mount[i].saved, "id") == id)
			return &mounts->mount[i];
	return NULL;
}

static int read_table(struct ns_mounts *mounts, const struct ns_plan *plan)
{
	struct json_object *saved = ns_get(plan->root, "mounts");
	size_t count = json_object_array_length(saved), i;

	mounts->mount = calloc(count ? count : 1, sizeof(*mounts->mount));
	if (!mounts->mount)
		return message_out_of_memory();
	for (i = 0; i < count; i++) {
		struct ns_mount *mount = &mounts->mount[mounts->count++];

		mount->plan = plan;
		mount->saved = json_object_array_get_idx(saved, i);
		mount->target = document_get_bytes(mount->saved, "target");
		mount->root = document_get_bytes(mount->saved, "root");
		mount->fd = -1;
		if (!mount->target || !mount->root)
			return message_out_of_memory();
	}
	for (i = 0; i < count; i++)
		mounts->mount[i].parent = find_id(mounts, ns_get_number(
			mounts->mount[i].saved, "parent"));
	return STATUS_DONE;
}

/* Where we may not, it is done where we may: in the new namespace. */
static void take_hold(struct ns_mounts *mounts)
{
	size_t i;

	for (i = 0; i < mounts->count; i++)
		if (mounts->mount[i].origin == NS_MOUNT_CLONE ||
		    mounts->mount[i].origin == NS_MOUNT_DEVICE)
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
	status = read_table(mounts, plan);
	for (i = 0; i < mounts->count && status == STATUS_DONE; i++) {
		find_source(plan, mounts, &mounts->mount[i], table, report);
		check_group(plan, &mounts->mount[i], report);
	}
	mnt_unref_table(table);
	if (status == STATUS_DONE && plan->privileged)
		take_hold(mounts);
	return status;
}

int ns_mount_plan(struct ns_mounts *mounts, const struct ns_plan *plan,
		   struct json_object *report)
{
	struct ns_root from;
	int status, err;

	*mounts = (struct ns_mounts){ 0 };
	if (!plan->make[NS_MNT])
		return STATUS_DONE;
	ns_root_visit(&from);
	status = plan_mounts(mounts, plan, report);
	err = ns_root_return(&from);
	if (err && status == STATUS_DONE)
		status = message_failed("cannot go back to our own root directory: %s",
					strerror(-err));
	return status;
}

void ns_mount_free(struct ns_mounts *mounts)
{
	size_t i;

	for (i = 0; i < mounts->count; i++) {
		if (mounts->mount[i].fd >= 0)
			close(mounts->mount[i].fd);
		free(mounts->mount[i].target);
		free(mounts->mount[i].root);
		free(mounts->mount[i].path);
	}
	free(mounts->mount);
	*mounts = (struct ns_mounts){ 0 };
}
