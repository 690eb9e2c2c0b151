/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REOPEN_REOPEN_H
#define REOPEN_REOPEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "libpathvirt/libpathvirt.h"
#include "manifest/manifest.h"
#include "reopen/deleted.h"

/*
 * Opening the files of a manifest again, in the order of what is below.  Each function
 * that returns int returns the exit status, and has said why if it is not STATUS_DONE.
 */

/*
 * struct reopened - a file that is open again
 *
 * @file: which
 * @dirfd: the directory of the name that it was found by, O_PATH; -1 where that name
 *	was not made
 * @name: that name, a part of the manifest's path
 * @inode: what it is now; its device may have got another number
 * @fd: the file, O_PATH
 * @shown: @fd is shown where it lay
 * @moved: it was moved there, for as long as it takes to remove it
 * @deleted: where it lay, if @moved
 * @removed: it has lost its name
 */
struct reopened {
	const struct manifest_file *file;
	int dirfd;
	const char *name;
	struct manifest_inode inode;
	int fd;
	bool shown;
	bool moved;
	struct deleted deleted;
	bool removed;
};

/*
 * struct reopening - what is under way
 *
 * @pv: the module; opened by the caller after reopen_reserve()
 * @manifest: what it is about
 * @pid: which of its processes
 * @tid: the thread whose descriptors that process's are; others have their own
 * @files: those of @manifest that the process held
 * @count: how many
 * @cwd: which of them was its working directory, or NULL
 */
struct reopening {
	struct pv *pv;
	const struct manifest *manifest;
	pid_t pid;
	pid_t tid;
	struct reopened *files;
	size_t count;
	const struct reopened *cwd;
};

/* Has the process @pid any file of @manifest? */
bool reopen_holds(const struct manifest *manifest, pid_t pid);

/* Choose the process: @pid or, if that is 0, the only one. */
int reopen_choose(struct reopening *reopening, const struct manifest *manifest,
		  pid_t pid);

/* Keep its numbers free.  Before anything else is opened. */
int reopen_reserve(const struct reopening *reopening);

/* Find the files, and make sure that they are those. */
int reopen_find(struct reopening *reopening);

/* Have them shown where they lay, as far as that does not touch anything. */
int reopen_show(struct reopening *reopening);

/* Open them, with their numbers, flags and offsets. */
int reopen_open(const struct reopening *reopening);

/*
 * The last steps before the command: its working directory, if it is to be that one, and
 * descriptors 0 to 2.  If one of them fails nothing that is open has closed.
 */
int reopen_finish(const struct reopening *reopening, bool enter);

/* Close again what reopen_open() has opened: a child has it. */
void reopen_close(const struct reopening *reopening);

/*
 * Remove the names that a relink made, all or none; guarded, if @guard.  One that another
 * process of the manifest is to find, too, stays.
 */
int reopen_unlink(struct reopening *reopening, bool guard);

/*
 * If we are killed from now on, and not yet the command that we are to become, those that
 * have been removed get their names back all the same: as far as we may use perf events,
 * which tell the two from one another.
 */
void reopen_guard(struct reopening *reopening);

/* Give those that were removed their names back. */
void reopen_undo(struct reopening *reopening);

/* Say what is not as it was, in one line for each sort. */
void reopen_report(const struct reopening *reopening);

void reopen_end(struct reopening *reopening);

/* Does the process have the file by @holder, and can it be had so again? */
bool reopen_wants(const struct reopening *reopening,
		  const struct manifest_file *file,
		  const struct manifest_holder *holder);

#endif /* REOPEN_REOPEN_H */
