// SPDX-License-Identifier: GPL-2.0
/*
 * Removing what a relink has made.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/files.h"
#include "relink/attributes.h"
#include "relink/remove.h"

/* A directory that was made again has the flags that it had. */
static void unseal(int dirfd, const char *name)
{
	CLEANUP_CLOSE int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY |
						   O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		attributes_unseal(fd);
}

static int remove_name(int dirfd, const char *name, bool directory)
{
	int flags = directory ? AT_REMOVEDIR : 0;

	if (!unlinkat(dirfd, name, flags))
		return 0;
	if (errno == EPERM && directory) {
		unseal(dirfd, name);
		if (!unlinkat(dirfd, name, flags))
			return 0;
	}
	return -errno;
}

int remove_made(int dirfd, const char *name, const struct manifest_inode *made)
{
	struct manifest_inode here;
	struct stat stat;
	int fd, err;

	fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = manifest_inode_of(fd, &here);
	if (!err && fstat(fd, &stat))
		err = -errno;
	close(fd);
	if (err)
		return err;
	if (!manifest_inode_same(&here, made))
		return -ESTALE;
	return remove_name(dirfd, name, S_ISDIR(stat.st_mode));
}

/* Those of one directory, from the last call on; -ENOENT when there is none. */
static int remove_entry(DIR *dir, dev_t device)
{
	const struct dirent *entry;
	struct stat stat;

	do {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return errno ? -errno : -ENOENT;
	} while (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."));
	if (fstatat(dirfd(dir), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (stat.st_dev != device)
		return -EXDEV;
	if (S_ISDIR(stat.st_mode))
		return remove_tree(dirfd(dir), entry->d_name);
	return remove_name(dirfd(dir), entry->d_name, false);
}

int remove_tree(int parent, const char *name)
{
	DIR *dir = files_opendir(parent, name);
	struct stat stat;
	int err = 0;

	if (!dir)
		return -errno;
	attributes_unseal(dirfd(dir));
	if (fstat(dirfd(dir), &stat))
		err = -errno;
	while (!err)
		err = remove_entry(dir, stat.st_dev);
	closedir(dir);
	if (err != -ENOENT)
		return err;
	return remove_name(parent, name, true);
}
