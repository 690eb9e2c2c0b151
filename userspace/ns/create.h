/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_CREATE_H
#define NS_CREATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/child.h"
#include "ns/exec.h"
#include "ns/plan.h"

/*
 * Making new namespaces.  A worker makes them one inside the other, with a process
 * of its own in each PID namespace, and stops when all are there and bare; whoever
 * started it fills them, and lets the innermost process become the command.
 *
 * They talk over a socket; a worker whose starter is gone ends, and with it all
 * that it made.
 */

/* What the worker asks for; the pid is that of who asks, as the starter sees it. */
enum ns_wish {
	NS_WISH_CGROUP_ROOT,	/* put me where my cgroup namespace begins */
	NS_WISH_CGROUP_OUT,	/* put me back */
	NS_WISH_READY,		/* all are there, and I am in them */
	NS_WISH_FAILED,		/* none any more: I could not become the command */
};

/* struct ns_creator - the worker */
struct ns_creator {
	struct child child;
};

/* Returns the exit status; if it is not STATUS_DONE it has said why. */
int ns_creator_start(struct ns_creator *creator, const struct ns_plan *plan,
		     const struct ns_exec *as, char **command);

/* Wait for a wish.  False if it has ended instead, having said why. */
bool ns_creator_hear(struct ns_creator *creator, enum ns_wish *wish, pid_t *pid);

/* After NS_WISH_READY: wait until it has become the command.  True if it could not. */
bool ns_creator_has_failed(struct ns_creator *creator);

/* The wish is fulfilled.  Returns the exit status; it has said why it cannot be told. */
int ns_creator_answer(struct ns_creator *creator);

/*
 * End it, if it is there: what it made goes with it.  Its exit status, or ours.  If nobody
 * has @said why, this says so if it was killed; otherwise it has said why itself.
 */
int ns_creator_end(struct ns_creator *creator, bool said);

#endif /* NS_CREATE_H */
