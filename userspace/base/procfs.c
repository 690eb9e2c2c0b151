// SPDX-License-Identifier: GPL-2.0
/*
 * Small files of the kernel's.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/files.h"
#include "base/procfs.h"

char *procfs_read_fd(int fd)
{
	size_t length;
	char *text;
	int err = files_read(fd, SIZE_MAX, &text, &length);

	errno = -err;
	return text;
}

char *procfs_read(const char *path)
{
	size_t length;
	char *text;
	int err = files_read_path(path, SIZE_MAX, &text, &length);

	errno = -err;
	return text;
}

int procfs_processes(int (*each)(pid_t pid, void *arg), void *arg)
{
	CLEANUP_DIR DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int err = 0;

	if (!proc)
		return -errno;
	while (!err && (entry = readdir(proc)))
		if (isdigit((unsigned char)*entry->d_name))
			err = each(atoi(entry->d_name), arg);
	return err;
}

int procfs_write(const char *path, const char *value)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(value);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, value, length);
	return n < 0 ? -errno : (size_t)n < length ? -EIO : 0;
}
