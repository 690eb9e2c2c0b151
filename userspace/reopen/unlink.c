// SPDX-License-Identifier: GPL-2.0
/*
 * Opening the files of a manifest again: the names that they were found by go.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/command.h"
#include "base/message.h"
#include "relink/remove.h"
#include "reopen/reopen.h"

/* Is another process of the manifest still to find it? */
static bool awaited(const struct reopening *reopening,
		    const struct manifest_file *file)
{
	size_t i;

	for (i = 0; i < file->holder_count; i++)
		if (file->holders[i].by.pid != reopening->pid)
			return true;
	return false;
}

static bool is_ours(const struct reopening *reopening,
		    const struct reopened *reopened)
{
	return reopened->dirfd >= 0 && !awaited(reopening, reopened->file);
}

/*
 * What cannot be shown where it was must have been there; see deleted.h.  What is
 * in a directory that was moved may be there already.
 */
static void move_one(struct reopened *reopened)
{
	const char *path = reopened->file->original_path;

	reopened->shown = deleted_is_shown(reopened->fd, path);
	if (reopened->shown ||
	    deleted_open(&reopened->deleted, path, reopened->fd))
		return;
	reopened->moved = !deleted_move(reopened->dirfd, reopened->name,
					&reopened->deleted);
	reopened->shown = reopened->moved;
}

/* Outer directories come first. */
static void move_all(struct reopening *reopening)
{
	size_t i;

	for (i = 0; i < reopening->count; i++)
		if (!reopening->files[i].shown &&
		    is_ours(reopening, &reopening->files[i]))
			move_one(&reopening->files[i]);
}

static int remove_one(struct reopened *reopened)
{
	const struct deleted *deleted = &reopened->deleted;
	int dirfd = reopened->moved ? deleted->dirfd : reopened->dirfd;
	const char *name = reopened->moved ? deleted->rest : reopened->name;
	int err = remove_made(dirfd, name, &reopened->inode);

	if (err)
		return message_failed("cannot remove %s: %s", name,
				      err == -ESTALE ? "it is another file now"
						     : strerror(-err));
	reopened->removed = true;
	return STATUS_DONE;
}

/* Directories last, as they cannot be had back; inner ones first. */
static int remove_all(struct reopening *reopening, bool directories)
{
	int status = STATUS_DONE;
	size_t i;

	for (i = reopening->count; i-- && status == STATUS_DONE;) {
		struct reopened *reopened = &reopening->files[i];

		if (is_ours(reopening, reopened) &&
		    S_ISDIR(reopened->file->mode) == directories)
			status = remove_one(reopened);
	}
	return status;
}

int reopen_unlink(struct reopening *reopening, bool guard)
{
	int status;

	move_all(reopening);
	if (guard)
		reopen_guard(reopening);
	status = remove_all(reopening, false) ?: remove_all(reopening, true);
	if (status != STATUS_DONE)
		reopen_undo(reopening);
	return status;
}

/* ---- What is not as it was ---- */

static void report_paths(const struct reopening *reopening)
{
	const struct manifest_file *first = NULL;
	size_t count = 0, i;
	char more[64] = "";

	for (i = 0; i < reopening->count; i++) {
		const struct reopened *reopened = &reopening->files[i];

		if (reopened->shown)
			continue;
		if (!count++)
			first = reopened->file;
	}
	if (count > 1)
		snprintf(more, sizeof(more), ", and %zu more", count - 1);
	if (count)
		message_warning("/proc does not show %s, but where the file was put%s: it cannot be put back there",
				first->original_path, more);
}

static void report_awaited(const struct reopening *reopening)
{
	size_t count = 0, i;

	for (i = 0; i < reopening->count; i++)
		count += reopening->files[i].dirfd >= 0 &&
			 awaited(reopening, reopening->files[i].file);
	if (count)
		message_warning("%zu files keep their names, for the other processes of the manifest",
				count);
}

/* What the process held in ways that a command does not begin with. */
struct missed {
	size_t descriptors;
	size_t others;
};

static void count_missed(const struct reopening *reopening,
			 const struct manifest_file *file,
			 const struct manifest_holder *holders, size_t count,
			 struct missed *missed)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (holders[i].by.pid != reopening->pid ||
		    (file && reopen_wants(reopening, file, &holders[i])))
			continue;
		if (holders[i].by.how == HOLD_FD)
			missed->descriptors++;
		else
			missed->others++;
	}
}

static void report_missed(const struct reopening *reopening)
{
	const struct manifest *manifest = reopening->manifest;
	struct missed missed = { 0 };
	size_t i;

	for (i = 0; i < manifest->file_count; i++)
		count_missed(reopening, &manifest->files[i],
			     manifest->files[i].holders,
			     manifest->files[i].holder_count, &missed);
	for (i = 0; i < manifest->skipped_count; i++)
		count_missed(reopening, NULL, manifest->skipped[i].holders,
			     manifest->skipped[i].holder_count, &missed);
	if (missed.descriptors)
		message_warning("%zu descriptors are not opened again: memory, sockets, or of threads that had their own",
				missed.descriptors);
	if (missed.others)
		message_warning("%zu mappings, programs and roots are not made again",
				missed.others);
}

void reopen_report(const struct reopening *reopening)
{
	report_paths(reopening);
	report_awaited(reopening);
	report_missed(reopening);
}
