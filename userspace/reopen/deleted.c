// SPDX-License-Identifier: GPL-2.0
/*
 * Having a file shown at the path where it lay.
 *
 * What counts is what /proc shows: a directory that is reached through a symbolic
 * link, or that a rule leads to whose way back is not told, would give the file
 * another path.  It is as good as gone, then; so is what is mounted over it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "reopen/deleted.h"

bool deleted_is_shown(int fd, const char *path)
{
	char name[64], link[PATH_MAX];
	ssize_t length;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	length = readlink(name, link, sizeof(link) - 1);
	if (length < 0)
		return false;
	link[length] = '\0';
	return !strcmp(link, path);
}

static bool same_mount(int a, int b)
{
	struct statx x, y;

	return !statx(a, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) &&
	       !statx(b, "", AT_EMPTY_PATH, STATX_MNT_ID, &y) &&
	       x.stx_mnt_id == y.stx_mnt_id;
}

/* A descriptor of a directory on the mount of @file, or a negative errno. */
static int open_dir(const char *path, int file)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (!same_mount(fd, file))
		err = -EXDEV;
	else if (!deleted_is_shown(fd, path))
		err = -ENOENT;
	else
		return fd;
	close(fd);
	return err;
}

static bool is_gone(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -ELOOP ||
	       err == -EXDEV;
}

int deleted_open(struct deleted *deleted, const char *path, int file)
{
	CLEANUP_FREE char *dir = strdup(path);
	char *end;

	*deleted = (struct deleted){ .dirfd = -ENOENT };
	if (!dir)
		return -ENOMEM;
	/* A path that is not absolute leads to no place. */
	while (*path == '/' && is_gone(deleted->dirfd) &&
	       (end = strrchr(dir, '/'))) {
		*end = '\0';
		deleted->rest = path + (end - dir) + 1;
		deleted->dirfd = open_dir(end == dir ? "/" : dir, file);
	}
	return deleted->dirfd < 0 ? deleted->dirfd : 0;
}

void deleted_close(struct deleted *deleted)
{
	if (deleted->dirfd >= 0)
		close(deleted->dirfd);
	deleted->dirfd = -1;
}

int deleted_show(struct pv *pv, int fd, const struct deleted *deleted)
{
	return pv_reopen(pv, fd, deleted->dirfd, deleted->rest);
}

bool deleted_cannot(int err)
{
	return err == -EXDEV || err == -EOPNOTSUPP || err == -ENAMETOOLONG;
}

int deleted_move(int dirfd, const char *name, const struct deleted *deleted)
{
	if (strchr(deleted->rest, '/'))
		return -ENOENT;
	if (renameat2(dirfd, name, deleted->dirfd, deleted->rest,
		      RENAME_NOREPLACE))
		return -errno;
	return 0;
}
