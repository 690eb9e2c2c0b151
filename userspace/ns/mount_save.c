// SPDX-License-Identifier: GPL-2.0
/*
 * The mount table.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/document.h"
#include "base/error.h"
#include "base/files.h"
#include "base/message.h"
#include "ns/file.h"
#include "ns/filesystem.h"
#include "ns/mount_save.h"
#include "ns/root.h"

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* "shared:1 master:2", and "unbindable" for what may not be mounted again. */
static void put_propagation(struct json_object *mount, const char *fields)
{
	static const char *const names[] = { "shared", "master" };
	const char *at;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int group;

		at = strstr(fields, names[i]);
		if (at && sscanf(at + strlen(names[i]), ":%d", &group) == 1)
			ns_put_number(mount, names[i], group);
	}
	if (strstr(fields, "unbindable"))
		ns_put_bool(mount, "unbindable", true);
}

/* ---- What only who looks can tell ---- */

/* Of which there may be parts, and no server that does not answer. */
static bool is_local(struct libmnt_fs *fs)
{
	const struct ns_filesystem_type *type =
		ns_filesystem_type(or_empty(mnt_fs_get_fstype(fs)));

	return type ? !type->single :
	       !strncmp(or_empty(mnt_fs_get_source(fs)), "/dev/", 5);
}

static int open_target(int rootfd, const char *target)
{
	/* A name that leads on to nothing is that of the root itself. */
	if (!strcmp(target, "/"))
		target = ".";
	return files_openat(rootfd, target, O_PATH | O_NOFOLLOW,
			    RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/* False if it is another mount, which hides it. */
static bool shows(const struct statx *st, struct libmnt_fs *fs)
{
	return st->stx_mask & STATX_MNT_ID &&
	       st->stx_mnt_id == (uint64_t)mnt_fs_get_id(fs);
}

static int put_what_it_was(struct json_object *mount, const struct statx *st,
			   int fd)
{
	char text[32];
	int err = ns_filesystem_id(fd, text);

	if (err)
		return error_is_shortage(-err) ? err : 0;
	ns_put_string(mount, "fsid", text);
	ns_put_number(mount, "mode", st->stx_mode);
	ns_put_number(mount, "uid", st->stx_uid);
	ns_put_number(mount, "gid", st->stx_gid);
	snprintf(text, sizeof(text), "%u:%u", st->stx_rdev_major,
		 st->stx_rdev_minor);
	if (S_ISCHR(st->stx_mode) || S_ISBLK(st->stx_mode))
		ns_put_string(mount, "node", text);
	return 0;
}

/*
 * What is lost with its filesystem: what it was, whose, and who might do what with it.
 * Returns 0 or -errno.
 */
static int put_owner(struct json_object *mount, int rootfd,
		     struct libmnt_fs *fs)
{
	struct statx st;
	CLEANUP_CLOSE int fd = -1;
	int err = 0;

	if (rootfd < 0 || !is_local(fs))
		return 0;
	fd = open_target(rootfd, or_empty(mnt_fs_get_target(fs)));
	if (fd < 0)
		return error_is_shortage(errno) ? -errno : 0;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &st))
		err = error_is_shortage(errno) ? -errno : 0;
	else if (shows(&st, fs))
		err = put_what_it_was(mount, &st, fd);
	return err;
}

/*
 * Where we have the same filesystem mounted: numbers of devices do not last until
 * it is restored, but /dev will be there.
 */
static void put_here(struct json_object *mount, struct libmnt_table *ours,
		     dev_t device)
{
	struct libmnt_fs *fs = mnt_table_find_devno(ours, device,
						    MNT_ITER_FORWARD);

	if (fs)
		document_add_bytes(mount, "here",
				   or_empty(mnt_fs_get_target(fs)));
}

/* ---- The table ---- */

static struct json_object *to_json(struct libmnt_fs *fs,
				   struct libmnt_table *ours)
{
	struct json_object *mount = json_object_new_object();
	dev_t device = mnt_fs_get_devno(fs);
	char text[32];

	ns_put_number(mount, "id", mnt_fs_get_id(fs));
	ns_put_number(mount, "parent", mnt_fs_get_parent_id(fs));
	snprintf(text, sizeof(text), "%u:%u", major(device), minor(device));
	ns_put_string(mount, "device", text);
	document_add_bytes(mount, "root", or_empty(mnt_fs_get_root(fs)));
	document_add_bytes(mount, "target", or_empty(mnt_fs_get_target(fs)));
	ns_put_string(mount, "type", or_empty(mnt_fs_get_fstype(fs)));
	document_add_bytes(mount, "source", or_empty(mnt_fs_get_source(fs)));
	ns_put_string(mount, "options", or_empty(mnt_fs_get_vfs_options(fs)));
	document_add_bytes(mount, "super_options",
			   or_empty(mnt_fs_get_fs_options(fs)));
	put_propagation(mount, or_empty(mnt_fs_get_optional_fields(fs)));
	put_here(mount, ours, device);
	return mount;
}

static int table_json(struct libmnt_table *table, struct libmnt_table *ours,
		      int rootfd, struct json_object *mounts)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int err = iter ? 0 : -ENOMEM;

	while (!err && !mnt_table_next_fs(table, iter, &fs)) {
		struct json_object *mount = to_json(fs, ours);

		json_object_array_add(mounts, mount);
		err = put_owner(mount, rootfd, fs);
	}
	mnt_free_iter(iter);
	return err;
}

/* All of our namespace, also if we see but a part of it. */
static int read_ours(struct libmnt_table **table)
{
	struct ns_root from;

	ns_root_visit(&from);
	*table = mnt_new_table_from_file("/proc/self/mountinfo");
	if (!*table)
		message_failed("cannot read our own mount table: is /proc mounted?");
	return ns_root_return(&from) == STATUS_DONE && *table ? STATUS_DONE :
							       STATUS_FAILED;
}

static int save_table(pid_t pid, struct libmnt_table *ours, int rootfd,
		      struct json_object *mounts)
{
	struct libmnt_table *table;
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	errno = 0;
	table = mnt_new_table_from_file(path);
	if (table)
		err = table_json(table, ours, rootfd, mounts);
	else
		err = errno ? -errno : -ENOMEM;
	mnt_unref_table(table);
	if (err)
		return message_failed("cannot read the mount table of process %d: %s",
				      pid, strerror(-err));
	return STATUS_DONE;
}

int ns_mount_save(pid_t pid, struct json_object **mounts)
{
	struct libmnt_table *ours;
	char path[64];
	int status = read_ours(&ours);
	CLEANUP_CLOSE int rootfd = -1;

	*mounts = json_object_new_array();
	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	rootfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (status == STATUS_DONE && rootfd < 0)
		status = message_failed("cannot open the root directory of process %d: %s",
					pid, strerror(errno));
	if (status == STATUS_DONE)
		status = save_table(pid, ours, rootfd, *mounts);
	mnt_unref_table(ours);
	return status;
}
