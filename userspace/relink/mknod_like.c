// SPDX-License-Identifier: GPL-2.0
/*
 * Special files that cannot be linked: they are made again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "relink/attributes.h"
#include "relink/mknod_like.h"

/* Returns 0 or a negative errno. */
static int make_link(int fd, int dirfd, const char *name)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(fd, "", target, sizeof(target) - 1);

	if (length < 0)
		return -errno;
	target[length] = '\0';
	return symlinkat(target, dirfd, name) ? -errno : 0;
}

static int make_node(int dirfd, const char *name, const struct stat *stat)
{
	return mknodat(dirfd, name, (stat->st_mode & S_IFMT) | 0600,
		       stat->st_rdev) ? -errno : 0;
}

static int copy_all(int fd, int dirfd, const char *name, struct error *error)
{
	CLEANUP_CLOSE int made = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (made < 0)
		return error_errno(error, -errno);
	return attributes_copy(fd, made, true, error) ?:
	       attributes_times(fd, made, error);
}

int mknod_like(int fd, int dirfd, const char *name, struct error *error)
{
	struct stat stat;
	int err;

	if (fstat(fd, &stat))
		return error_errno(error, -errno);
	err = S_ISLNK(stat.st_mode) ? make_link(fd, dirfd, name) :
				      make_node(dirfd, name, &stat);
	if (err)
		return error_set(error, err, "cannot make it again: %s",
				 strerror(-err));
	err = copy_all(fd, dirfd, name, error);
	if (err)
		unlinkat(dirfd, name, 0);
	return err;
}
