// SPDX-License-Identifier: GPL-2.0
/*
 * --to: the directory that a file is to be linked into, on the mount that the file was
 * opened through.
 *
 * Where a process has a mount namespace of its own, none of its mounts is one of
 * ours, though the filesystems may be the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/files.h"
#include "relink/user_path.h"

/* @fd if it is what is wanted, otherwise -1. */
static int only_if(bool wanted, int fd)
{
	if (wanted)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* What the path is called on @mount; for free(), or NULL. */
static char *translate(const struct mounts *mounts,
		       const struct manifest_mount *mount, int dirfd)
{
	struct manifest_mount ours = { 0 };
	char *path = NULL, *from_root = NULL, *in_filesystem = NULL;
	char *result = NULL;
	const char *below;

	if (!mount->root || mounts_describe(mounts, dirfd, &ours) ||
	    !ours.root || mounts_place(dirfd, &path, &from_root))
		goto out;
	if (asprintf(&in_filesystem, "%s%s",
		     strcmp(ours.root, "/") ? ours.root : "", from_root) < 0) {
		in_filesystem = NULL;
		goto out;
	}
	below = files_below(in_filesystem, mount->root);
	if (below && asprintf(&result, "%s%s", mount->point, below) < 0)
		result = NULL;
out:
	free(in_filesystem);
	free(from_root);
	free(path);
	free(ours.point);
	free(ours.root);
	free(ours.source);
	free(ours.fstype);
	return result;
}

/* The directory that @path is for the process; or -1. */
static int open_as(const struct pidref *pidref, const char *path)
{
	CLEANUP_CLOSE int root = pidref_open_root(pidref);
	int fd = root < 0 ? root : files_openat(root, path, O_RDONLY | O_DIRECTORY,
						RESOLVE_IN_ROOT);

	return fd;
}

/* The very directory @dirfd, by the mount @mount of another namespace; or -1. */
static int through(const struct mounts *mounts,
		   const struct manifest_mount *mount, int dirfd, const struct pidref *pidref)
{
	CLEANUP_FREE char *path = mount->point ? translate(mounts, mount, dirfd) : NULL;
	int fd;

	if (!path)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = only_if(fd >= 0 && mount_of(fd) == mount->id &&
		     files_same(fd, dirfd), fd);
	if (fd < 0) {
		fd = open_as(pidref, path);
		fd = only_if(fd >= 0 && mount_of(fd) == mount->id &&
			     files_same(fd, dirfd), fd);
	}
	return fd;
}

static int open_directory(struct user_path *user_path, const char *path,
			  const struct mounts *mounts,
			  const struct manifest_mount *mount, const struct pidref *pidref)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 ? -errno : 0, other = -1;

	if (fd >= 0 && mount_of(fd) == mount->id) {
		user_path->same_mount = true;
		user_path->dirfd = fd;
		return 0;
	}
	if (fd >= 0)
		other = through(mounts, mount, fd, pidref);
	if (other < 0 && *path == '/') {
		other = open_as(pidref, path);
		other = only_if(other >= 0 && mount_of(other) == mount->id,
				other);
	}
	user_path->same_mount = other >= 0;
	user_path->dirfd = other >= 0 ? other : fd;
	if (other >= 0 && fd >= 0)
		close(fd);
	return user_path->dirfd < 0 ? err : 0;
}

int user_path_open(struct user_path *user_path, const char *path,
		   const struct mounts *mounts,
		   const struct manifest_mount *mount, const struct pidref *pidref,
		   struct error *error)
{
	const char *slash = strrchr(path, '/');
	char *copy = strdup(path);
	int err;

	*user_path = (struct user_path){ .dirfd = -1 };
	user_path->name = slash ? slash + 1 : path;
	if (!copy)
		return error_errno(error, -ENOMEM);
	err = open_directory(user_path, dirname(copy), mounts, mount, pidref);
	free(copy);
	if (err)
		return error_set(error, err,
				 "cannot open the directory of %s: %s%s", path,
				 strerror(-err), err == -ENOENT ?
				 ": make it, or have --in-place make it as it was" :
				 "");
	return 0;
}

void user_path_close(struct user_path *user_path)
{
	if (user_path->dirfd >= 0)
		close(user_path->dirfd);
	user_path->dirfd = -1;
}
