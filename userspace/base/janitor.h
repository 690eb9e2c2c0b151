/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_JANITOR_H
#define BASE_JANITOR_H

#include "base/child.h"

/*
 * What must not be left behind is made by a process of its own, the janitor, which
 * no signal meant for us reaches, and which unmakes it when we are gone, by
 * whatever way, or say so.
 */

/*
 * struct janitor_ops - what a janitor does, each with the data of janitor_start()
 *
 * @make: returns the exit status, having said why if it is not STATUS_DONE; what
 *	it made so far is unmade then
 * @serve: a request, likewise; what was made stays
 * @unmake: may be NULL
 */
struct janitor_ops {
	int (*make)(void *data);
	int (*serve)(void *data, int request, pid_t pid);
	void (*unmake)(void *data);
};

/* struct janitor - one that runs; its @fd is -1 if there is none */
struct janitor {
	struct child child;
};

/* Returns when it is made, with the exit status. */
int janitor_start(struct janitor *janitor, const struct janitor_ops *ops,
		  void *data);

/* Returns when it is done, with the exit status; @request is above 0. */
int janitor_ask(struct janitor *janitor, int request, pid_t pid);

/* Let it end: what it made stays, or is unmade before we go on. */
int janitor_keep(struct janitor *janitor);
void janitor_unmake(struct janitor *janitor);

#endif /* BASE_JANITOR_H */
