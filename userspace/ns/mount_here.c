// SPDX-License-Identifier: GPL-2.0
/*
 * Which of the mounts here a mount of the file can be cloned from.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "ns/filesystem.h"
#include "ns/mount_here.h"
#include "ns/mount_options.h"
#include "ns/report.h"

static const char *type_of(const struct ns_mount *mount)
{
	return mount->saved->type;
}

static bool is(const char *saved, const char *value)
{
	return saved && *saved && value && !strcmp(saved, value);
}

/*
 * Numbers of devices that are none last until the kernel is started anew.  After
 * that, what lies on a device or a server is known by that, and what the saver had
 * mounted, too, by where it was.
 */
static bool is_same_filesystem(const struct ns_mount *mount,
			       struct libmnt_fs *fs)
{
	const struct ns_plan *plan = mount->plan;
	dev_t here = mnt_fs_get_devno(fs);
	char number[32];

	if (strcmp(type_of(mount), mnt_fs_get_fstype(fs)))
		return false;
	if (plan->same_boot) {
		snprintf(number, sizeof(number), "%u:%u", major(here),
			 minor(here));
		return is(mount->saved->device, number);
	}
	if (ns_filesystem_type(type_of(mount)))
		return is(mount->saved->here, mnt_fs_get_target(fs));
	return is(mount->saved->source, mnt_fs_get_source(fs));
}

/* Nothing else may be mounted on top of it.  Returns 0 or -errno for lack of memory. */
static int look_at(const char *path, struct libmnt_fs *fs, bool *shows)
{
	struct statx st;

	*shows = false;
	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		  STATX_MNT_ID, &st))
		return error_is_shortage(errno) ? -errno : 0;
	*shows = st.stx_mask & STATX_MNT_ID &&
		 st.stx_mnt_id == (uint64_t)mnt_fs_get_id(fs);
	return 0;
}

/*
 * The numbers of devices that are none are given again: what is in memory may be another one
 * than it was.  Returns 0 or -errno for lack of memory.
 */
static int look_whether_same(const struct ns_mount *mount, const char *path,
			     bool *same)
{
	const struct ns_filesystem_type *type =
		ns_filesystem_type(type_of(mount));
	const char *saved = mount->saved->fsid;
	char text[24];
	int fd, err;

	*same = true;
	if (!saved || !type || !type->memory || !mount->plan->same_boot)
		return 0;
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_is_shortage(errno) ? -errno : 0;
	err = ns_filesystem_id(fd, text);
	close(fd);
	*same = err || !strcmp(text, saved);
	return error_is_shortage(-err) ? err : 0;
}

/* Where @mount can be seen by way of @fs, in @path; NULL if nowhere.  Returns 0 or -errno. */
static int path_here(const struct ns_mount *mount, struct libmnt_fs *fs,
		     char **path)
{
	const char *rest = files_below(mount->root, mnt_fs_get_root(fs));
	const char *target = mnt_fs_get_target(fs);
	bool shows;
	int err;

	if (!strcmp(target, "/") && *rest)
		target = "";
	if (asprintf(path, "%s%s", target, rest) < 0) {
		*path = NULL;
		return -ENOMEM;
	}
	err = look_at(*path, fs, &shows);
	if (!err && shows)
		err = look_whether_same(mount, *path, &shows);
	if (err || !shows) {
		free(*path);
		*path = NULL;
	}
	return err;
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
static bool follows_same(const struct ns_mount *mount, struct libmnt_fs *fs)
{
	int64_t master = mount->saved->master;
	int64_t shared = group_of(fs, "shared:"), above = group_of(fs, "master:");

	if (!master)
		return false;
	return mount->plan->same_boot ? shared == master || above == master :
				 shared || above;
}

static bool maps_ids(const char *options)
{
	return options && ns_mount_has_option(options, "idmapped");
}

/* Whether ids are mapped, one can see, but not how. */
static bool maps_same(const struct ns_mount *mount, struct libmnt_fs *fs)
{
	return maps_ids(mount->saved->options) ==
	       maps_ids(mnt_fs_get_vfs_options(fs));
}

/*
 * How much a clone of it would be like the mount, 0 if not at all.  Who mounted one
 * filesystem at several places may have given a source of another name for each.
 */
static int likeness(const struct ns_mount *mount, struct libmnt_fs *fs)
{
	if (!files_below(mount->root, mnt_fs_get_root(fs)) ||
	    !is_same_filesystem(mount, fs))
		return 0;
	return 1 + is(mount->saved->source, mnt_fs_get_source(fs)) +
	       2 * follows_same(mount, fs) + 4 * maps_same(mount, fs);
}

/* What it is itself is the filesystem's, and not for us to change while others use it. */
static void check_filesystem(const struct ns_mount *mount, struct libmnt_fs *fs,
			     struct json_object *report)
{
	const char *here = mnt_fs_get_fs_options(fs);
	bool was = ns_mount_has_option(mount->saved->super_options, "ro");
	bool is = here && ns_mount_has_option(here, "ro");

	if (!maps_same(mount, fs))
		ns_report_add(report, "mnt",
			      "%s %s",
			      mount->target, maps_ids(mnt_fs_get_vfs_options(fs)) ?
			      "maps ids, as what is mounted here does: it did not" :
			      "mapped ids, nobody can see how: it does not");
	if (was != is)
		ns_report_add(report, "mnt",
			      "the filesystem of %s is %s here, and was %s",
			      mount->target, is ? "read-only" : "writable",
			      was ? "read-only" : "writable");
}

static void take_source(struct ns_mount *mount, struct libmnt_fs *fs, char *path)
{
	free(mount->path);
	mount->path = path;
	mount->origin = NS_MOUNT_CLONE;
	mount->group = group_of(fs, "shared:");
	mount->follows = follows_same(mount, fs);
}

int ns_mount_find_here(struct ns_mount *mount, struct libmnt_table *table,
		       struct json_object *report)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs, *found = NULL;
	int best = 0, err = iter ? 0 : -ENOMEM;

	while (!err && !mnt_table_next_fs(table, iter, &fs)) {
		int like = likeness(mount, fs);
		char *path = NULL;

		if (like > best)
			err = path_here(mount, fs, &path);
		if (!path)
			continue;
		take_source(mount, fs, path);
		found = fs;
		best = like;
	}
	if (found)
		check_filesystem(mount, found, report);
	mnt_free_iter(iter);
	return err;
}
