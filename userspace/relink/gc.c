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
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/command.h"
#include "base/message.h"
#include "relink/gc.h"
#include "relink/make_dirs.h"
#include "relink/mounts.h"
#include "relink/relink.h"

#define OPEN_DIR	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

const char *leftover_state_name(enum leftover_state state)
{
	static const char * const names[] = {
		[LEFTOVER_GONE] = "gone",
		[LEFTOVER_KEPT] = "kept",
		[LEFTOVER_BUSY] = "busy",
		[LEFTOVER_UNKNOWN] = "unknown",
	};

	return names[state];
}

/* ---- Who pins how much ---- */

static int add_pinned(struct leftover *leftover, const struct stat *stat)
{
	struct pinned *pinned;
	size_t i;

	for (i = 0; i < leftover->pinned_count; i++)
		if (leftover->pinned[i].owner == stat->st_uid)
			break;
	if (i == leftover->pinned_count) {
		pinned = reallocarray(leftover->pinned, i + 1, sizeof(*pinned));
		if (!pinned)
			return -ENOMEM;
		leftover->pinned = pinned;
		pinned[i] = (struct pinned){ .owner = stat->st_uid };
		leftover->pinned_count++;
	}
	leftover->pinned[i].files++;
	if (stat->st_nlink == 1)
		leftover->pinned[i].bytes += stat->st_blocks * UINT64_C(512);
	return 0;
}

/* All that is below @fd, which it takes. */
static int add_all_pinned(struct leftover *leftover, int fd)
{
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	struct stat stat;
	int err = 0;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return -errno;
	}
	while (!err && (entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		if (fstatat(dirfd(dir), name, &stat, AT_SYMLINK_NOFOLLOW))
			continue;
		if (S_ISDIR(stat.st_mode))
			err = add_all_pinned(leftover, openat(dirfd(dir), name,
							      OPEN_DIR));
		else
			err = add_pinned(leftover, &stat);
	}
	closedir(dir);
	return err;
}

/* ---- What state it is in ---- */

/* For free(); NULL where nothing says it, or the caller may not read it. */
static char *manifest_of(int fd)
{
	char path[PATH_MAX];
	ssize_t length = fgetxattr(fd, NEW_DIRS_MANIFEST, path, sizeof(path));

	return length < 0 ? NULL : strndup(path, length);
}

/* So it is if its pvadm was killed before it could say anything. */
static bool is_empty(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, OPEN_DIR);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	size_t entries = 0;

	while (dir && readdir(dir))
		entries++;
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return dir && entries <= 2;
}

/* Not where it was to be, nor where it would be by default. */
static bool is_lost(const struct leftover *leftover)
{
	char path[PATH_MAX];

	if (leftover->manifest &&
	    manifest_is_of(leftover->manifest, leftover->id))
		return false;
	snprintf(path, sizeof(path), "%s/%s.json", RELINK_MANIFESTS,
		 leftover->id);
	return !manifest_is_of(path, leftover->id);
}

static enum leftover_state state_of(const struct leftover *leftover)
{
	if (flock(leftover->lock, LOCK_EX | LOCK_NB))
		return LEFTOVER_BUSY;
	if (!is_lost(leftover))
		return LEFTOVER_KEPT;
	if (leftover->manifest || is_empty(leftover->dirfd, leftover->id))
		return LEFTOVER_GONE;
	return LEFTOVER_UNKNOWN;
}

/* ---- One filesystem ---- */

static int fill(struct leftover *leftover, int dirfd, const char *name,
		const char *where)
{
	struct stat stat;

	leftover->dirfd = dirfd;
	leftover->lock = openat(dirfd, name, OPEN_DIR);
	if (leftover->lock < 0 || fstat(leftover->lock, &stat))
		return -errno;
	leftover->time = stat.st_mtime;
	leftover->id = strdup(name);
	if (!leftover->id ||
	    asprintf(&leftover->path, "%s/%s", where, name) < 0) {
		leftover->path = NULL;
		return -ENOMEM;
	}
	leftover->manifest = manifest_of(leftover->lock);
	leftover->state = state_of(leftover);
	return add_all_pinned(leftover, openat(dirfd, name, OPEN_DIR));
}

static int add(struct leftovers *leftovers, int dirfd, const char *name,
	       const char *where)
{
	struct leftover *grown = reallocarray(leftovers->leftover,
					      leftovers->count + 1,
					      sizeof(*grown));
	int err;

	if (!grown)
		return -ENOMEM;
	leftovers->leftover = grown;
	grown += leftovers->count++;
	*grown = (struct leftover){ .lock = -1 };
	err = fill(grown, dirfd, name, where);
	/* Somebody may be cleaning up. */
	if (err == -ENOENT) {
		leftovers->count--;
		free(grown->id);
		free(grown->path);
		free(grown->manifest);
		if (grown->lock >= 0)
			close(grown->lock);
		err = 0;
	}
	return err;
}

static bool is_known(const struct leftovers *leftovers, int fd)
{
	struct stat wanted, stat;
	size_t i;

	if (fstat(fd, &wanted))
		return false;
	for (i = 0; i < leftovers->dir_count; i++)
		if (!fstat(leftovers->dirs[i], &stat) &&
		    stat.st_dev == wanted.st_dev &&
		    stat.st_ino == wanted.st_ino)
			return true;
	return false;
}

/* Directories of it that are root's; @fd stays open, in @leftovers->dirs. */
static int search(struct leftovers *leftovers, int fd, const char *where)
{
	const struct dirent *entry;
	int list = openat(fd, ".", OPEN_DIR), err = 0;
	DIR *dir = list < 0 ? NULL : fdopendir(list);

	if (!dir) {
		if (list >= 0)
			close(list);
		return -errno;
	}
	while (!err && (entry = readdir(dir))) {
		struct stat stat;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    fstatat(fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) ||
		    !S_ISDIR(stat.st_mode) || stat.st_uid)
			continue;
		err = add(leftovers, fd, entry->d_name, where);
	}
	closedir(dir);
	return err;
}

/* Takes @fd, which is a lost+found/checkpoint. */
static int take(struct leftovers *leftovers, int fd, const char *where)
{
	int *grown;

	if (is_known(leftovers, fd)) {
		close(fd);
		return 0;
	}
	grown = reallocarray(leftovers->dirs, leftovers->dir_count + 1,
			     sizeof(*grown));
	if (!grown) {
		close(fd);
		return -ENOMEM;
	}
	leftovers->dirs = grown;
	grown[leftovers->dir_count++] = fd;
	return search(leftovers, fd, where);
}

/* ---- Everywhere ---- */

/* lost+found/checkpoint in @directory, as it was made: without links or mounts. */
static int open_in(const char *directory)
{
	struct open_how how = {
		.flags = OPEN_DIR,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
	};
	int dirfd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = -1, err = errno;

	if (dirfd >= 0) {
		fd = syscall(SYS_openat2, dirfd, PATHVIRT_RELINK_DIR, &how,
			     sizeof(how));
		err = errno;
		close(dirfd);
	}
	return fd < 0 ? -err : fd;
}

static int take_in(struct leftovers *leftovers, const char *directory, int fd)
{
	char *where;
	int err;

	if (asprintf(&where, "%s/%s", strcmp(directory, "/") ? directory : "",
		     PATHVIRT_RELINK_DIR) < 0) {
		close(fd);
		return -ENOMEM;
	}
	err = take(leftovers, fd, where);
	free(where);
	return err;
}

static int search_mount(const struct manifest_mount *mount, void *arg)
{
	int fd = open_in(mount->point);

	return fd < 0 ? 0 : take_in(arg, mount->point, fd);
}

static int search_all(struct leftovers *leftovers)
{
	struct mounts mounts;
	int err = mounts_read(&mounts, 0);

	if (!err)
		err = mounts_each(&mounts, search_mount, leftovers);
	mounts_free(&mounts);
	return err;
}

static int search_directory(struct leftovers *leftovers, const char *directory)
{
	int fd = open_in(directory);
	char *where = NULL;

	if (fd >= 0)
		return take_in(leftovers, directory, fd);
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
		fd = take(leftovers, fd, where);
	}
	free(where);
	return fd;
}

int leftovers_find(struct leftovers *leftovers, const char *directory)
{
	int err;

	*leftovers = (struct leftovers){ 0 };
	err = directory ? search_directory(leftovers, directory) :
			  search_all(leftovers);
	if (!err)
		return STATUS_DONE;
	return message_failed("cannot look for left-overs%s%s: %s",
			      directory ? " in " : "",
			      directory ? directory : "", strerror(-err));
}

void leftovers_free(struct leftovers *leftovers)
{
	size_t i;

	for (i = 0; i < leftovers->count; i++) {
		struct leftover *leftover = &leftovers->leftover[i];

		if (leftover->lock >= 0)
			close(leftover->lock);
		free(leftover->id);
		free(leftover->path);
		free(leftover->manifest);
		free(leftover->pinned);
	}
	for (i = 0; i < leftovers->dir_count; i++)
		close(leftovers->dirs[i]);
	free(leftovers->leftover);
	free(leftovers->dirs);
	*leftovers = (struct leftovers){ 0 };
}
