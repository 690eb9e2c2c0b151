/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_FREEZE_H
#define RELINK_FREEZE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Holding processes still, while we look at what they have open.
 *
 * They are seized with ptrace: that needs no cgroup of their own, no signal is sent,
 * parents are not told, a process that was stopped is stopped afterwards, and if we
 * end, however that happens, the kernel lets all of them go.
 */

/*
 * struct frozen - a thread
 *
 * @pid: its process
 * @tid: the thread
 * @state: what we know of it
 * @signal: was on its way to the thread, which shall have it when it is let go
 */
struct frozen {
	pid_t pid;
	pid_t tid;
	enum {
		FROZEN_SEIZED,
		FROZEN_ASLEEP,
		FROZEN_STILL,
		FROZEN_GONE,
		FROZEN_BY_OTHERS,
	} state;
	int signal;
};

/*
 * struct freeze - what is held still
 *
 * @root: the process that was asked for
 * @tree: its descendants, too
 * @threads: of all of them
 * @count: how many
 */
struct freeze {
	pid_t root;
	bool tree;
	struct frozen *threads;
	size_t count;
};

/*
 * Hold the process @pid still, and with @tree its descendants, all but ourselves;
 * children that are made meanwhile, too.  Returns the exit status; if it is not
 * STATUS_DONE it has said why.  freeze_end() is to be called in either case.
 */
int freeze_begin(struct freeze *freeze, pid_t pid, bool tree);
void freeze_end(struct freeze *freeze);

#endif /* RELINK_FREEZE_H */
