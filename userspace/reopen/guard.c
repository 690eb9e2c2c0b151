// SPDX-License-Identifier: GPL-2.0
/*
 * Opening the files of a manifest again: who sees to it that none is lost.
 *
 * Between the moment at which the names go and the one at which the command has the files,
 * nobody but pvadm has them.  If it is killed there, a child that nobody knows of gives
 * them their names back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/child.h"
#include "base/procfs.h"
#include "reopen/reopen.h"

/* The kernel's notes of what this process executes; -1 where they are not for us. */
static int open_notes(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.size = sizeof(attr),
		.comm = 1,
		.comm_exec = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1,
		       PERF_FLAG_FD_CLOEXEC);
}

/* There is room for them all: it executes once. */
static bool has_executed(const struct perf_event_mmap_page *page)
{
	const char *data = (const char *)page + getpagesize();
	uint64_t end = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE), at;
	const struct perf_event_header *note;

	for (at = 0; at < end && at < (uint64_t)getpagesize(); at += note->size) {
		note = (const struct perf_event_header *)(data + at);
		if (!note->size || (note->type == PERF_RECORD_COMM &&
				    note->misc & PERF_RECORD_MISC_COMM_EXEC))
			return true;
	}
	return false;
}

/*
 * Its descriptors are closed: it is about to have become the command, and has its memory,
 * or it has ended, and has given that away before.
 */
static bool was_killed(const struct perf_event_mmap_page *page, pid_t pid)
{
	char path[64], *text;
	bool lives;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	text = procfs_read(path);
	lives = text && strtoul(text, NULL, 10);
	free(text);
	return !lives && !has_executed(page);
}

static void note_removed(struct reopened *reopened)
{
	const struct deleted *deleted = &reopened->deleted;
	int dirfd = reopened->moved ? deleted->dirfd : reopened->dirfd;
	const char *name = reopened->moved ? deleted->rest : reopened->name;

	reopened->removed = dirfd >= 0 &&
			    faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) &&
			    errno == ENOENT;
}

static void give_back(struct reopening *reopening)
{
	size_t i;

	for (i = 0; i < reopening->count; i++)
		note_removed(&reopening->files[i]);
	reopen_undo(reopening);
}

/* struct guarded - what is to be given back, the notes about @pid, which has it */
struct guarded {
	struct reopening *reopening;
	int notes;
	pid_t pid;
};

/*
 * Not ended by the signals that a terminal sends, nor a shell to a job.  The notes are
 * there from where they are mapped on, which @peer waits for.
 */
static int watch(int peer, void *arg)
{
	const struct guarded *guarded = arg;
	void *page;
	ssize_t got;
	char byte = 0;

	/* Two steps, so that it is no child of the command's. */
	if (fork())
		return 0;
	/* Not before: no child has what its parent has mapped of them. */
	page = mmap(NULL, 2 * getpagesize(), PROT_READ, MAP_SHARED,
		    guarded->notes, 0);
	setsid();
	if (page == MAP_FAILED || chdir("/") || write(peer, &byte, 1) != 1)
		return 1;
	do {
		got = read(peer, &byte, 1);
	} while (got < 0 && errno == EINTR);
	if (was_killed(page, guarded->pid))
		give_back(guarded->reopening);
	/* Nobody is to find the files busy, while the kernel takes its time with our end. */
	close_range(0, ~0U, 0);
	return 0;
}

void reopen_guard(struct reopening *reopening)
{
	struct guarded guarded = { .reopening = reopening, .pid = getpid() };
	struct child child;
	char byte;

	/* The first of its namespace, who inherits all and takes all with it. */
	if (guarded.pid == 1)
		return;
	guarded.notes = open_notes();
	if (guarded.notes < 0)
		return;
	/* Our end of it stays open for as long as we are what we are. */
	if (!child_start(&child, SOCK_STREAM, watch, &guarded)) {
		child_wait(&child);
		/* Nothing, if there is nobody. */
		while (read(child.fd, &byte, 1) < 0 && errno == EINTR)
			;
	}
	close(guarded.notes);
}
