// SPDX-License-Identifier: GPL-2.0
/*
 * Opening the files of a manifest again: whose, and what they show.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/command.h"
#include "base/connect.h"
#include "base/fdslots.h"
#include "base/message.h"
#include "reopen/reopen.h"

/* ---- Which process ---- */

/* The first holder of another process than @but. */
static pid_t holder_but(const struct manifest *manifest, pid_t but)
{
	size_t i, j;

	for (i = 0; i < manifest->file_count; i++)
		for (j = 0; j < manifest->files[i].holder_count; j++)
			if (manifest->files[i].holders[j].by.pid != but)
				return manifest->files[i].holders[j].by.pid;
	return 0;
}

/* Its first thread, or the lowest number where that one has ended; 0 without any. */
static pid_t first_thread(const struct manifest *manifest, pid_t pid)
{
	pid_t first = 0;
	size_t i, j;

	for (i = 0; i < manifest->file_count; i++)
		for (j = 0; j < manifest->files[i].holder_count; j++) {
			const struct holder *by =
				&manifest->files[i].holders[j].by;

			if (by->pid == pid && first != pid &&
			    (!first || by->tid == pid || by->tid < first))
				first = by->tid;
		}
	return first;
}

bool reopen_holds(const struct manifest *manifest, pid_t pid)
{
	return first_thread(manifest, pid);
}

int reopen_choose(struct reopening *reopening, const struct manifest *manifest,
		  pid_t pid)
{
	*reopening = (struct reopening){ .manifest = manifest, .pid = pid };
	if (!pid) {
		reopening->pid = holder_but(manifest, 0);
		pid = holder_but(manifest, reopening->pid);
		if (pid)
			return message_failed("the manifest has files of several processes, %d and %d among them: choose one by --pid",
					      reopening->pid, pid);
	}
	reopening->tid = first_thread(manifest, reopening->pid);
	if (reopening->pid && !reopening->tid)
		return message_failed("the manifest has no files of process %d",
				      reopening->pid);
	return STATUS_DONE;
}

/* A socket has another inode than its name, which cannot be opened. */
bool reopen_wants(const struct reopening *reopening,
		  const struct manifest_file *file,
		  const struct manifest_holder *holder)
{
	if (holder->by.pid != reopening->pid ||
	    holder->by.tid != reopening->tid)
		return false;
	if (holder->by.how != HOLD_FD)
		return holder->by.how == HOLD_CWD;
	return !S_ISSOCK(file->mode) || holder->flags & O_PATH;
}

/* ---- Their numbers ---- */

static int reserve(const struct reopening *reopening,
		   const struct manifest_file *file)
{
	size_t i;

	for (i = 0; i < file->holder_count; i++) {
		const struct manifest_holder *holder = &file->holders[i];
		int err;

		if (!reopen_wants(reopening, file, holder) ||
		    holder->by.how != HOLD_FD)
			continue;
		err = fdslots_reserve(holder->by.fd);
		if (err)
			return message_failed("cannot have descriptor %d: %s",
					      holder->by.fd, strerror(-err));
	}
	return STATUS_DONE;
}

int reopen_reserve(const struct reopening *reopening)
{
	const struct manifest *manifest = reopening->manifest;
	int status = STATUS_DONE;
	size_t i;

	for (i = 0; i < manifest->file_count && status == STATUS_DONE; i++)
		status = reserve(reopening, &manifest->files[i]);
	return status;
}

/* ---- What they show ---- */

/*
 * Where that is impossible the file may yet be moved back before it is removed; so it
 * is with directories, too, which have but one path.
 */
static int show(const struct reopening *reopening, struct reopened *reopened)
{
	const struct manifest_file *file = reopened->file;
	struct deleted deleted;
	int fd = -EXDEV;

	if (S_ISDIR(file->mode))
		return STATUS_DONE;
	if (!deleted_open(&deleted, file->original_path, reopened->fd))
		fd = deleted_show(reopening->pv, reopened->fd, &deleted);
	deleted_close(&deleted);
	if (fd < 0 && deleted_cannot(fd))
		return STATUS_DONE;
	if (fd < 0)
		return message_failed("cannot reopen %s: %s%s",
				      file->original_path,
				      pv_error(reopening->pv),
				      connect_advice(fd));
	close(reopened->fd);
	reopened->fd = fd;
	reopened->shown = true;
	return STATUS_DONE;
}

int reopen_show(struct reopening *reopening)
{
	int status = STATUS_DONE;
	size_t i;

	for (i = 0; i < reopening->count && status == STATUS_DONE; i++)
		if (!reopening->files[i].shown)
			status = show(reopening, &reopening->files[i]);
	return status;
}

void reopen_end(struct reopening *reopening)
{
	size_t i;

	for (i = 0; i < reopening->count; i++) {
		struct reopened *reopened = &reopening->files[i];

		if (reopened->dirfd >= 0)
			close(reopened->dirfd);
		if (reopened->fd >= 0)
			close(reopened->fd);
		deleted_close(&reopened->deleted);
	}
	free(reopening->files);
	reopening->files = NULL;
	reopening->count = 0;
}
