// SPDX-License-Identifier: GPL-2.0
/*
 * Holding processes still.
 *
 * Threads are looked for, seized and waited for until a look finds no new one while
 * all that are known are still: who is still makes no children, so then there are
 * none.
 *
 * A thread that the kernel holds in an uninterruptible sleep (vfork() holds the parent
 * so) does not stop; but it does not come back to its program either before it is let
 * go, which is all that is wanted of it.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/command.h"
#include "base/connect.h"
#include "base/descendants.h"
#include "base/interrupt.h"
#include "base/message.h"
#include "base/pidref.h"
#include "relink/freeze.h"

/*
 * In ms: until a sleeping one counts as still, until one that nobody traces counts as
 * none that we may seize, and until we give up.
 */
#define SLEEPING_AFTER	1000
#define FORBIDDEN_AFTER	1000
#define PATIENCE	30000
#define MOMENT		100
#define PAUSE		1

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void pause_a_bit(void)
{
	struct timespec time = { .tv_nsec = PAUSE * 1000000 };

	nanosleep(&time, NULL);
}

/* ---- One thread ---- */

/* 'R', 'S', 'D', ...; 0 if it is gone. */
static char state_of(const struct frozen *thread)
{
	char path[64], line[512], state = 0;
	const char *rest;
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", thread->pid,
		 thread->tid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	length = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	line[length] = '\0';
	rest = strrchr(line, ')');
	if (!rest || sscanf(rest, ") %c", &state) != 1)
		return 0;
	return state;
}

static bool is_dead(char state)
{
	return !state || strchr("ZXx", state);
}

static pid_t tracer_of(const struct frozen *thread)
{
	char path[64], line[256];
	pid_t tracer = 0;
	CLEANUP_FILE FILE *file = NULL;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", thread->pid,
		 thread->tid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (!tracer && fgets(line, sizeof(line), file))
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	return tracer;
}

static int cannot_freeze(const struct frozen *thread, int err)
{
	pid_t tracer = tracer_of(thread);
	char comm[PIDREF_COMM];

	if (tracer)
		return message_failed("cannot freeze process %d: process %d (%s) traces it: end that, or say --no-freeze",
				      thread->pid, tracer,
				      pidref_comm(tracer, comm));
	return message_failed("cannot freeze process %d: %s%s", thread->pid,
			      strerror(err), connect_advice(-err));
}

/*
 * Another pvadm will be done soon.  Where there is no tracer, it may have gone just now,
 * or else we may not seize the thread.  @traced is when one was seen last.
 */
static bool is_free_soon(const struct frozen *thread, long begin, long *traced)
{
	pid_t tracer = tracer_of(thread);
	char comm[PIDREF_COMM];

	if (!tracer)
		return now() - *traced < FORBIDDEN_AFTER;
	*traced = now();
	return *traced - begin < PATIENCE &&
	       !strcmp(pidref_comm(tracer, comm), program_invocation_short_name);
}

/* One that somebody else traces may be still by that. */
static int seize(struct frozen *thread)
{
	long begin = now(), traced = begin;

	while (ptrace(PTRACE_SEIZE, thread->tid, NULL, NULL)) {
		int err = errno;
		char state = state_of(thread);

		if (err == ESRCH || is_dead(state)) {
			thread->state = FROZEN_GONE;
			return STATUS_DONE;
		}
		if (err != EPERM || interrupted())
			return cannot_freeze(thread, err);
		if (!is_free_soon(thread, begin, &traced)) {
			if (state != 't')
				return cannot_freeze(thread, err);
			thread->state = FROZEN_BY_OTHERS;
			return STATUS_DONE;
		}
		pause_a_bit();
	}
	thread->state = FROZEN_SEIZED;
	ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL);
	return STATUS_DONE;
}

/* Has it stopped? */
static void look_after(struct frozen *thread)
{
	int status;
	pid_t pid;

	pid = waitpid(thread->tid, &status, __WALL | WNOHANG);
	if (!pid)
		return;
	if (pid < 0 || !WIFSTOPPED(status)) {
		thread->state = FROZEN_GONE;
		return;
	}
	thread->state = FROZEN_STILL;
	/* Not our own interruption, nor the stop that it was in before. */
	if (!(status >> 16))
		thread->signal = WSTOPSIG(status);
}

/* ---- All of them ---- */

static struct frozen *find_thread(const struct freeze *freeze, pid_t tid)
{
	size_t i;

	for (i = 0; i < freeze->count; i++)
		if (freeze->threads[i].tid == tid)
			return &freeze->threads[i];
	return NULL;
}

static int add_thread(struct freeze *freeze, pid_t pid, pid_t tid)
{
	struct frozen *thread = ARRAY_ADD(&freeze->threads, &freeze->count);

	if (!thread)
		return message_out_of_memory();
	*thread = (struct frozen){ .pid = pid, .tid = tid };
	return seize(thread);
}

/* Seize the threads of @pid that are not known yet. */
static int add_threads(struct freeze *freeze, pid_t pid)
{
	const struct dirent *entry;
	int status = STATUS_DONE;
	char path[32];
	CLEANUP_DIR DIR *dir = NULL;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	/* It has ended; where it is the one that was asked for, others say so. */
	if (!dir)
		return STATUS_DONE;
	while (status == STATUS_DONE && (entry = readdir(dir))) {
		pid_t tid = atoi(entry->d_name);

		if (isdigit((unsigned char)*entry->d_name) &&
		    !find_thread(freeze, tid))
			status = add_thread(freeze, pid, tid);
	}
	return status;
}

static int add_all(struct freeze *freeze)
{
	CLEANUP(pids_free) struct pids pids = { 0 };
	int status = STATUS_DONE, err;
	size_t i;

	if (freeze->tree)
		err = descendants_add(&pids, freeze->root);
	else
		err = pids_add(&pids, freeze->root);
	if (err)
		status = message_failed("cannot freeze process %d: %s",
					freeze->root, strerror(-err));
	for (i = 0; i < pids.count && status == STATUS_DONE; i++)
		status = add_threads(freeze, pids.pid[i]);
	return status;
}

/* The first that is not still; a sleeper of @asleep counts as such from then on. */
static struct frozen *moving(struct freeze *freeze, bool asleep)
{
	struct frozen *thread, *first = NULL;
	size_t i;

	for (i = 0; i < freeze->count; i++) {
		thread = &freeze->threads[i];
		if (thread->state == FROZEN_SEIZED)
			look_after(thread);
		if (thread->state == FROZEN_SEIZED && asleep &&
		    state_of(thread) == 'D')
			thread->state = FROZEN_ASLEEP;
		if (thread->state == FROZEN_SEIZED && !first)
			first = thread;
	}
	return first;
}

static int await_all(struct freeze *freeze)
{
	const struct frozen *thread;
	long begin = now(), passed;

	for (;;) {
		passed = now() - begin;
		thread = moving(freeze, passed > SLEEPING_AFTER);
		if (!thread)
			return STATUS_DONE;
		if (interrupted())
			return message_failed("interrupted");
		if (passed > PATIENCE)
			return message_failed("cannot freeze process %d: its thread %d does not stop: try again, or say --no-freeze",
					      thread->pid, thread->tid);
		pause_a_bit();
	}
}

int freeze_begin(struct freeze *freeze, pid_t pid, bool tree)
{
	int status = STATUS_DONE;
	size_t known;

	*freeze = (struct freeze){ .root = pid, .tree = tree };
	do {
		known = freeze->count;
		status = add_all(freeze) ?: await_all(freeze);
	} while (status == STATUS_DONE && freeze->count != known);
	return status;
}

/* True if it goes on, or will as soon as it can. */
static bool let_go(struct frozen *thread)
{
	if (thread->state == FROZEN_SEIZED || thread->state == FROZEN_ASLEEP)
		look_after(thread);
	if (thread->state == FROZEN_SEIZED || thread->state == FROZEN_ASLEEP)
		return false;
	if (thread->state == FROZEN_STILL)
		ptrace(PTRACE_DETACH, thread->tid, NULL,
		       (unsigned long)thread->signal);
	thread->state = FROZEN_GONE;
	return true;
}

/* Sleepers cannot be let go, but for by our end; some wake up in time. */
void freeze_end(struct freeze *freeze)
{
	long end = now() + MOMENT;
	bool all;
	size_t i;

	do {
		all = true;
		for (i = 0; i < freeze->count; i++)
			all &= let_go(&freeze->threads[i]);
		if (!all)
			pause_a_bit();
	} while (!all && now() < end);
	free(freeze->threads);
	*freeze = (struct freeze){ 0 };
}
