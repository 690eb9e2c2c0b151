// SPDX-License-Identifier: GPL-2.0
/*
 * Finding what checkpoints have left in lost+found/checkpoint.
 *
 * A checkpoint is gone when its manifest is: nobody can reopen then what it has
 * linked, nor clean up after it.  Its directory says where the manifest is; pvadm
 * relink keeps the directory locked until that is written.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <linux/pathvirt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/command.h"
#include "base/files.h"
#include "base/message.h"
#include "relink/gc.h"
#include "relink/make_dirs.h"
#include "relink/mounts.h"
#include "relink/request.h"
#include "relink/spent.h"

#define OPEN_DIR	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

const char *gc_state_name(enum gc_state state)
{
	static const char * const names[] = {
		[GC_GONE] = "gone",
		[GC_KEPT] = "kept",
		[GC_BUSY] = "busy",
		[GC_SPENT] = "spent",
		[GC_UNKNOWN] = "unknown",
	};

	return names[state];
}

/* ---- Who pins how much ---- */

static int add_pinned(struct gc_checkpoint *checkpoint, const struct stat *stat)
{
	struct pinned *pinned;
	size_t i;

	for (i = 0; i < checkpoint->pinned_count; i++)
		if (checkpoint->pinned[i].owner == stat->st_uid)
			break;
	if (i == checkpoint->pinned_count) {
		pinned = ARRAY_ADD(&checkpoint->pinned, &checkpoint->pinned_count);
		if (!pinned)
			return -ENOMEM;
		pinned->owner = stat->st_uid;
	}
	checkpoint->pinned[i].files++;
	if (stat->st_nlink == 1)
		checkpoint->pinned[i].bytes += stat->st_blocks * UINT64_C(512);
	return 0;
}

/* All that is below @directory in @fd. */
static int add_all_pinned(struct gc_checkpoint *checkpoint, int fd,
			  const char *directory)
{
	CLEANUP_DIR DIR *dir = files_opendir(fd, directory);
	const struct dirent *entry;
	struct stat stat;
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		if (fstatat(dirfd(dir), name, &stat, AT_SYMLINK_NOFOLLOW))
			continue;
		if (S_ISDIR(stat.st_mode))
			err = add_all_pinned(checkpoint, dirfd(dir), name);
		else
			err = add_pinned(checkpoint, &stat);
	}
	return err;
}

/* ---- What state it is in ---- */

/* For free(); NULL where nothing says it, or the caller may not read it. */
static char *manifest_of(int fd)
{
	char path[PATH_MAX];
	ssize_t length = fgetxattr(fd, MAKE_DIRS_MANIFEST, path, sizeof(path));

	return length < 0 ? NULL : strndup(path, length);
}

/* Not where it was to be, nor where it would be by default. */
static bool is_lost(const struct gc_checkpoint *checkpoint)
{
	char path[PATH_MAX];

	if (checkpoint->manifest &&
	    manifest_is_of(checkpoint->manifest, checkpoint->id))
		return false;
	snprintf(path, sizeof(path), "%s/%s.json", RELINK_MANIFESTS,
		 checkpoint->id);
	return !manifest_is_of(path, checkpoint->id);
}

/* The first of what is left out is told. */
static int leave_out(struct gc_list *found, const char *path)
{
	if (!found->waiting++)
		found->waiting_point = strdup(path);
	return found->waiting_point ? 0 : -ENOMEM;
}

static enum gc_state state_of(struct gc_list *found,
			      const struct gc_checkpoint *checkpoint)
{
	if (flock(checkpoint->lock, LOCK_EX | LOCK_NB))
		return GC_BUSY;
	/* Whoever cannot look takes it for being there. */
	if (checkpoint->manifest &&
	    mounts_path_may_wait(&found->mounts, checkpoint->manifest)) {
		leave_out(found, checkpoint->manifest);
		return GC_KEPT;
	}
	if (!is_lost(checkpoint))
		return GC_KEPT;
	/* It is empty if its pvadm was killed before it could say anything. */
	if (checkpoint->manifest ||
	    files_is_empty(checkpoint->dirfd, checkpoint->id) > 0)
		return GC_GONE;
	return GC_UNKNOWN;
}

/* ---- One filesystem ---- */

static int fill(struct gc_list *found, struct gc_checkpoint *checkpoint,
		int dirfd, const char *name, const char *where)
{
	struct stat stat;

	checkpoint->dirfd = dirfd;
	checkpoint->lock = openat(dirfd, name, OPEN_DIR);
	if (checkpoint->lock < 0 || fstat(checkpoint->lock, &stat))
		return -errno;
	checkpoint->time = stat.st_mtime;
	checkpoint->id = strdup(name);
	if (!checkpoint->id ||
	    asprintf(&checkpoint->path, "%s/%s", where, name) < 0) {
		checkpoint->path = NULL;
		return -ENOMEM;
	}
	checkpoint->manifest = manifest_of(checkpoint->lock);
	checkpoint->state = state_of(found, checkpoint);
	return add_all_pinned(checkpoint, dirfd, name);
}

static struct gc_checkpoint *append(struct gc_list *found)
{
	struct gc_checkpoint *added = ARRAY_ADD(&found->checkpoint, &found->count);

	if (added)
		added->lock = -1;
	return added;
}

static int add_checkpoint(struct gc_list *found, int dirfd, const char *name,
			  const char *where)
{
	struct gc_checkpoint *grown = append(found);
	int err;

	if (!grown)
		return -ENOMEM;
	err = fill(found, grown, dirfd, name, where);
	/* Somebody may be cleaning up. */
	if (err == -ENOENT) {
		found->count--;
		free(grown->id);
		free(grown->path);
		free(grown->manifest);
		if (grown->lock >= 0)
			close(grown->lock);
		err = 0;
	}
	return err;
}

static bool is_known(const struct gc_list *found, int fd)
{
	size_t i;

	for (i = 0; i < found->dir_count; i++)
		if (files_same(found->dirs[i], fd))
			return true;
	return false;
}

/* Directories of it that are root's; @fd stays open, in @found->dirs. */
static int search(struct gc_list *found, int fd, const char *where)
{
	const struct dirent *entry;
	CLEANUP_DIR DIR *dir = files_opendir(fd, ".");
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir))) {
		struct stat stat;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    fstatat(fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) ||
		    !S_ISDIR(stat.st_mode) || stat.st_uid)
			continue;
		err = add_checkpoint(found, fd, entry->d_name, where);
	}
	return err;
}

/* Takes @fd, which is a lost+found/checkpoint. */
static int take_checkpoint(struct gc_list *found, int fd, const char *where)
{
	bool known = is_known(found, fd);
	int *added = known ? NULL : ARRAY_ADD(&found->dirs, &found->dir_count);

	if (!added) {
		close(fd);
		return known ? 0 : -ENOMEM;
	}
	*added = fd;
	return search(found, fd, where);
}

/* ---- Everywhere ---- */

/* lost+found/checkpoint in @directory, as it was made: without links or mounts. */
static int open_in(const char *directory)
{
	CLEANUP_CLOSE int dirfd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = dirfd < 0 ? -errno :
		 files_openat(dirfd, PATHVIRT_RELINK_DIR, OPEN_DIR,
			      RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);

	return fd;
}

static int take_in(struct gc_list *found, const char *directory, int fd)
{
	char *where;
	int err;

	if (asprintf(&where, "%s/%s", strcmp(directory, "/") ? directory : "",
		     PATHVIRT_RELINK_DIR) < 0) {
		close(fd);
		return -ENOMEM;
	}
	err = take_checkpoint(found, fd, where);
	free(where);
	return err;
}

static int search_mount(const struct seen_mount *seen, void *arg)
{
	const char *point = seen->mount.point;
	int fd;

	if (seen->may_wait)
		return leave_out(arg, point);
	fd = open_in(point);
	return fd < 0 ? 0 : take_in(arg, point, fd);
}

static int add_spent(struct gc_list *found, const char *path, const char *id)
{
	struct gc_checkpoint *checkpoint = append(found);
	struct stat stat;

	if (!checkpoint)
		return -ENOMEM;
	checkpoint->state = GC_SPENT;
	checkpoint->id = strdup(id);
	checkpoint->path = strdup(path);
	checkpoint->manifest = strdup(path);
	if (!lstat(path, &stat))
		checkpoint->time = stat.st_mtime;
	return checkpoint->id && checkpoint->path && checkpoint->manifest ?
	       0 : -ENOMEM;
}

static int look_at_manifest(struct gc_list *found, const char *name)
{
	size_t length = strlen(name), tail = strlen(".json");
	char path[PATH_MAX], id[NAME_MAX + 1];

	if (length <= tail || strcmp(name + length - tail, ".json"))
		return 0;
	snprintf(id, sizeof(id), "%.*s", (int)(length - tail), name);
	snprintf(path, sizeof(path), "%s/%s", RELINK_MANIFESTS, name);
	return manifest_is_spent(path, id, &found->mounts) ?
	       add_spent(found, path, id) : 0;
}

/* Those that no other place was named for. */
static int search_manifests(struct gc_list *found)
{
	const struct dirent *entry;
	int err = 0;
	CLEANUP_DIR DIR *dir = NULL;

	if (mounts_path_may_wait(&found->mounts, RELINK_MANIFESTS))
		return leave_out(found, RELINK_MANIFESTS);
	dir = opendir(RELINK_MANIFESTS);
	while (dir && !err && (entry = readdir(dir)))
		err = look_at_manifest(found, entry->d_name);
	return err;
}

static int search_all(struct gc_list *found)
{
	return mounts_each(&found->mounts, search_mount, found) ?:
	       search_manifests(found);
}

static int search_directory(struct gc_list *found, const char *directory)
{
	int fd = open_in(directory);
	CLEANUP_FREE char *where = NULL;

	if (fd >= 0)
		return take_in(found, directory, fd);
	if (fd != -ENOENT)
		return fd;
	where = realpath(directory, NULL);
	fd = where ? open(where, OPEN_DIR) : -1;
	if (fd < 0) {
		fd = -errno;
	} else if (strlen(where) < strlen(PATHVIRT_RELINK_DIR) ||
		   strcmp(where + strlen(where) - strlen(PATHVIRT_RELINK_DIR),
			  PATHVIRT_RELINK_DIR)) {
		/* Nothing was ever relinked there. */
		close(fd);
		fd = 0;
	} else {
		fd = take_checkpoint(found, fd, where);
	}
	return fd;
}

int gc_find(struct gc_list *found, const char *directory)
{
	int err;

	*found = (struct gc_list){ 0 };
	err = mounts_read(&found->mounts, 0) ?:
	      (directory ? search_directory(found, directory) :
			   search_all(found));
	if (!err)
		return STATUS_DONE;
	return message_failed("cannot look for left-overs%s%s: %s",
			      directory ? " in " : "",
			      directory ? directory : "", strerror(-err));
}

void gc_free(struct gc_list *found)
{
	size_t i;

	for (i = 0; i < found->count; i++) {
		struct gc_checkpoint *checkpoint = &found->checkpoint[i];

		if (checkpoint->lock >= 0)
			close(checkpoint->lock);
		free(checkpoint->id);
		free(checkpoint->path);
		free(checkpoint->manifest);
		free(checkpoint->pinned);
	}
	for (i = 0; i < found->dir_count; i++)
		close(found->dirs[i]);
	free(found->checkpoint);
	free(found->dirs);
	free(found->waiting_point);
	mounts_free(&found->mounts);
	*found = (struct gc_list){ 0 };
}
