// SPDX-License-Identifier: GPL-2.0
/*
 * Opening the files of a manifest again: descriptors, flags and offsets.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/fdslots.h"
#include "base/message.h"
#include "reopen/reopen.h"

/* What says how to reach the file, not how it is open. */
#define FLAGS_OF_PATH \
	(O_CREAT | O_EXCL | O_TRUNC | O_NOFOLLOW | O_TMPFILE | O_DIRECTORY)

/* Of these the kernel keeps what it was told, though it means nothing any more. */
#define FLAGS_KEPT	(O_NOFOLLOW | O_TMPFILE | O_DIRECTORY)

/* Once more, with other flags; a descriptor or a negative errno. */
static int open_again(int fd, unsigned int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, flags | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/*
 * The file, shown where it lay for @holder, who may have had it by another name than
 * others; a descriptor by O_PATH, or -1 where it is @reopened's own that is wanted.
 */
static int show_own(const struct reopening *reopening,
		    const struct reopened *reopened,
		    const struct manifest_holder *holder)
{
	struct deleted deleted;
	int fd = -1;

	/* Where that was impossible it has the name that it is moved to. */
	if (!holder->by.path || !reopened->shown || reopened->dirfd < 0)
		return -1;
	if (!deleted_open(&deleted, holder->by.path, reopened->fd))
		fd = deleted_show(reopening->pv, reopened->fd, &deleted);
	deleted_close(&deleted);
	return fd < 0 ? -1 : fd;
}

/* The flags that only whoever opens a file by its name can have. */
static int mark(struct pv *pv, int fd, unsigned int flags)
{
	int have = fcntl(fd, F_GETFL);
	unsigned int missing = flags & FLAGS_KEPT & ~have;

	return have < 0 ? -errno : missing ? pv_reopen_mark(pv, fd, missing) : 0;
}

static int open_as(const struct reopening *reopening,
		   const struct reopened *reopened,
		   const struct manifest_holder *holder)
{
	int own = show_own(reopening, reopened, holder), fd, err;
	unsigned int flags = holder->flags & ~FLAGS_OF_PATH;

	if (S_ISDIR(reopened->file->mode))
		flags |= holder->flags & O_DIRECTORY;
	fd = open_again(own < 0 ? reopened->fd : own, flags);
	if (own >= 0)
		close(own);
	if (fd < 0)
		return fd;
	err = mark(reopening->pv, fd, holder->flags);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Where a directory was read to means nothing in one that was made again. */
static int seek(const struct manifest_file *file, int fd, uint64_t offset)
{
	if (!S_ISREG(file->mode) && !S_ISBLK(file->mode))
		return 0;
	return lseek(fd, offset, SEEK_SET) < 0 ? -errno : 0;
}

/* Is @b one of the descriptors that were opened by what opened @a? */
static bool shares(const struct manifest_holder *a,
		   const struct manifest_holder *b)
{
	return a == b || (a->open_file && a->open_file == b->open_file);
}

static bool wants_fd(const struct reopening *reopening,
		     const struct manifest_file *file, size_t holder)
{
	return file->holders[holder].by.how == HOLD_FD &&
	       reopen_wants(reopening, file, &file->holders[holder]);
}

/* The descriptors from the holder number @first on that share its open file. */
static int put_all(const struct reopening *reopening,
		   const struct manifest_file *file, size_t first, int fd)
{
	int err = 0;
	size_t i;

	for (i = first; i < file->holder_count && !err; i++)
		if (wants_fd(reopening, file, i) &&
		    shares(&file->holders[first], &file->holders[i]))
			err = fdslots_put(fd, file->holders[i].by.fd);
	return err;
}

static int open_one(const struct reopening *reopening,
		    const struct reopened *reopened, size_t first)
{
	const struct manifest_file *file = reopened->file;
	const struct manifest_holder *holder = &file->holders[first];
	int fd = open_as(reopening, reopened, holder);
	int err = fd < 0 ? fd : 0;

	if (!err && !(holder->flags & O_PATH))
		err = seek(file, fd, holder->offset);
	if (!err)
		err = put_all(reopening, file, first, fd);
	if (fd >= 0)
		close(fd);
	if (!err)
		return STATUS_DONE;
	return message_failed("cannot reopen %s as descriptor %d: %s",
			      file->original_path, holder->by.fd,
			      strerror(-err));
}

static bool opened_before(const struct reopening *reopening,
			  const struct manifest_file *file, size_t holder)
{
	size_t i;

	for (i = 0; i < holder; i++)
		if (wants_fd(reopening, file, i) &&
		    shares(&file->holders[i], &file->holders[holder]))
			return true;
	return false;
}

static int open_all(const struct reopening *reopening,
		    const struct reopened *reopened)
{
	const struct manifest_file *file = reopened->file;
	int status = STATUS_DONE;
	size_t i;

	for (i = 0; i < file->holder_count && status == STATUS_DONE; i++)
		if (wants_fd(reopening, file, i) &&
		    !opened_before(reopening, file, i))
			status = open_one(reopening, reopened, i);
	return status;
}

/*
 * One end of a FIFO waits for the other; so both are there for as long as it takes.
 */
static int open_fifo(const struct reopening *reopening,
		     const struct reopened *reopened)
{
	CLEANUP_CLOSE int ends = open_again(reopened->fd, O_RDWR | O_NONBLOCK);

	if (ends < 0)
		return message_failed("cannot reopen %s: %s",
				      reopened->file->original_path,
				      strerror(-ends));
	return open_all(reopening, reopened);
}

int reopen_open(const struct reopening *reopening)
{
	int status = STATUS_DONE;
	size_t i;

	for (i = 0; i < reopening->count && status == STATUS_DONE; i++) {
		const struct reopened *reopened = &reopening->files[i];

		if (S_ISFIFO(reopened->file->mode))
			status = open_fifo(reopening, reopened);
		else
			status = open_all(reopening, reopened);
	}
	return status;
}

int reopen_finish(const struct reopening *reopening, bool enter)
{
	const struct reopened *cwd = reopening->cwd;
	int err;

	if (cwd && enter && fchdir(cwd->fd))
		return message_failed("cannot enter %s: %s",
				      cwd->file->original_path,
				      strerror(errno));
	err = fdslots_finish();
	if (!err)
		return STATUS_DONE;
	fdslots_recover();
	return message_failed("cannot have descriptors 0 to 2: %s",
			      strerror(-err));
}

void reopen_close(const struct reopening *reopening)
{
	size_t i, j;

	for (i = 0; i < reopening->count; i++) {
		const struct manifest_file *file = reopening->files[i].file;

		for (j = 0; j < file->holder_count; j++)
			if (wants_fd(reopening, file, j))
				fdslots_drop(file->holders[j].by.fd);
	}
}
