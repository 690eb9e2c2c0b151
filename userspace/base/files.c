// SPDX-License-Identifier: GPL-2.0
/*
 * Files and directories.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/files.h"

bool files_same_stat(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool files_same(int a, int b)
{
	struct stat left, right;

	return !fstat(a, &left) && !fstat(b, &right) &&
	       files_same_stat(&left, &right);
}

const char *files_below(const char *path, const char *prefix)
{
	size_t length = strlen(prefix);

	if (!strcmp(path, prefix))
		return "";
	if (length && prefix[length - 1] == '/')
		length--;
	if (strncmp(path, prefix, length) ||
	    (path[length] && path[length] != '/'))
		return NULL;
	return path + length;
}

/* ---- Directories ---- */

DIR *files_opendir(int dirfd, const char *name)
{
	int fd = openat(dirfd, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int err = errno;

	if (!dir && fd >= 0)
		close(fd);
	errno = err;
	return dir;
}

int files_is_empty(int dirfd, const char *name)
{
	CLEANUP_DIR DIR *dir = files_opendir(dirfd, name);
	const struct dirent *entry;
	int err, count = 0;

	if (!dir)
		return -errno;
	do {
		errno = 0;
		entry = readdir(dir);
		count += !!entry;
	} while (entry && count <= 2);
	err = -errno;
	return err ?: count <= 2;
}

int files_openat(int dirfd, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = resolve,
	};
	int fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/* The directory of @path, for free(). */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return strndup(path, slash == path ? 1 : slash - path);
}

int files_sync_name(const char *path)
{
	CLEANUP_FREE char *directory = directory_of(path);
	CLEANUP_CLOSE int fd = -1;
	int err = 0;

	if (!directory)
		return -ENOMEM;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Some filesystems cannot sync a directory. */
	if (fd < 0 || (fsync(fd) && errno != EINVAL))
		err = -errno;
	return err;
}

/* ---- Contents ---- */

int files_read(int fd, size_t most, char **text, size_t *length)
{
	size_t size = 4096;
	ssize_t n = 1;
	int err = 0;

	*text = NULL;
	*length = 0;
	while (!err && n) {
		char *larger = *text;

		if (!larger || *length == size)
			larger = realloc(*text, (size *= 2) + 1);
		if (!larger) {
			err = -ENOMEM;
			break;
		}
		*text = larger;
		n = read(fd, *text + *length, size - *length);
		if (n > 0)
			*length += n;
		else if (n < 0 && errno != EINTR)
			err = -errno;
		if (*length > most)
			err = -EFBIG;
	}
	if (err) {
		free(*text);
		*text = NULL;
	} else {
		(*text)[*length] = '\0';
	}
	return err;
}

int files_read_path(const char *path, size_t most, char **text, size_t *length)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	*text = NULL;
	if (fd < 0)
		return -errno;
	return files_read(fd, most, text, length);
}

int files_write(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			length -= n;
		}
	}
	return 0;
}
