// SPDX-License-Identifier: GPL-2.0
/*
 * Small files of the kernel's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/procfs.h"

/* Reads until the end; -1 with errno. Has room for a byte more than it returns. */
static ssize_t read_all(int fd, char **text)
{
	size_t size = 4096, length = 0;
	char *larger;
	ssize_t n;

	for (;;) {
		larger = realloc(*text, size + 1);
		if (!larger)
			return -1;
		*text = larger;
		n = read(fd, *text + length, size - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -1 : (ssize_t)length;
		length += n;
		if (length == size)
			size *= 2;
	}
}

char *procfs_read_fd(int fd)
{
	char *text = NULL;
	ssize_t length = read_all(fd, &text);
	int err = errno;

	if (length < 0) {
		free(text);
		errno = err;
		return NULL;
	}
	text[length] = '\0';
	return text;
}

char *procfs_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	char *text;

	if (fd < 0)
		return NULL;
	text = procfs_read_fd(fd);
	err = errno;
	close(fd);
	errno = err;
	return text;
}

int procfs_write(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(value);
	ssize_t n;
	int err;

	if (fd < 0)
		return -errno;
	n = write(fd, value, length);
	err = n < 0 ? -errno : (size_t)n < length ? -EIO : 0;
	close(fd);
	return err;
}
