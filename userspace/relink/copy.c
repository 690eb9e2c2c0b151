// SPDX-License-Identifier: GPL-2.0
/*
 * Copies, for what cannot be linked.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/progress.h"
#include "relink/attributes.h"
#include "relink/copy.h"

#define PIECE	(1 << 20)

/*
 * struct copying - a copy under way
 *
 * @buffer: of PIECE bytes
 * @done: how far, in bytes
 */
struct copying {
	int from;
	int to;
	char *buffer;
	uint64_t done;
	struct progress progress;
	struct error *error;
};

static int cannot_read(const struct copying *copying)
{
	return error_set(copying->error, -errno, "cannot read it: %s",
			 strerror(errno));
}

static int cannot_write(const struct copying *copying)
{
	return error_set(copying->error, -errno, "cannot write its copy: %s",
			 strerror(errno));
}

static int put_all(const struct copying *copying, size_t length, off_t at)
{
	size_t put = 0;

	while (put < length) {
		ssize_t written = pwrite(copying->to, copying->buffer + put,
					 length - put, at + put);

		if (written < 0 && errno != EINTR)
			return cannot_write(copying);
		put += written < 0 ? 0 : written;
	}
	return 0;
}

/* From @at to @end, or to the end of the file if that comes first. */
static int copy_data(struct copying *copying, off_t at, off_t end)
{
	while (at < end) {
		size_t length = end - at < PIECE ? end - at : PIECE;
		ssize_t got = pread(copying->from, copying->buffer, length, at);
		int err;

		if (interrupted())
			return error_set(copying->error, -EINTR,
					 "interrupted");
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cannot_read(copying);
		if (!got)
			break;
		err = put_all(copying, got, at);
		if (err)
			return err;
		at += got;
		progress_show(&copying->progress, at);
	}
	return 0;
}

/* Holes stay holes, where the filesystem tells of them. */
static int copy_contents(struct copying *copying, off_t size)
{
	off_t at = 0, end;
	int err = 0;

	while (!err && at < size) {
		off_t data = lseek(copying->from, at, SEEK_DATA);

		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0)
			data = at;
		end = lseek(copying->from, data, SEEK_HOLE);
		if (end < 0)
			end = size;
		err = copy_data(copying, data, end);
		at = end;
	}
	if (!err && ftruncate(copying->to, size))
		err = cannot_write(copying);
	return err;
}

static int copy_all(struct copying *copying, const struct stat *stat,
		    const char *what)
{
	int err;

	progress_begin(&copying->progress, what, stat->st_size);
	err = copy_contents(copying, stat->st_size);
	progress_end(&copying->progress);
	if (!err)
		err = attributes_copy(copying->from, copying->to, false,
				      copying->error);
	if (!err)
		err = attributes_times(copying->from, copying->to,
				       copying->error);
	/* What the disk refuses is known by then. */
	if (!err && fsync(copying->to))
		err = cannot_write(copying);
	return err;
}

static int open_source(int fd, struct stat *stat, struct error *error)
{
	char link[64];
	int from;

	if (fstat(fd, stat))
		return error_errno(error, -errno);
	if (!S_ISREG(stat->st_mode))
		return error_set(error, -EOPNOTSUPP,
				 "it is not a regular file, so it cannot be copied");
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	from = open(link, O_RDONLY | O_CLOEXEC | O_NOATIME);
	if (from < 0)
		return error_set(error, -errno, "cannot read it: %s",
				 strerror(errno));
	return from;
}

int copy_file(int fd, const char *what, int dirfd, const char *name,
	      struct error *error)
{
	struct copying copying = { .to = -1, .error = error };
	struct stat stat;
	int err;

	copying.from = open_source(fd, &stat, error);
	if (copying.from < 0)
		return copying.from;
	copying.buffer = malloc(PIECE);
	if (copying.buffer)
		copying.to = openat(dirfd, name,
				    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
				    O_CLOEXEC, 0600);
	if (copying.to < 0) {
		err = cannot_write(&copying);
	} else {
		err = copy_all(&copying, &stat, what);
		close(copying.to);
		if (err)
			unlinkat(dirfd, name, 0);
	}
	free(copying.buffer);
	close(copying.from);
	return err;
}
