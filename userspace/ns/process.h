/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_PROCESS_H
#define NS_PROCESS_H

#include "base/pidref.h"
#include "ns/set.h"

/*
 * struct ns_process - a process, and how its namespaces stand to ours
 *
 * @all: its namespaces
 * @other: those that are not ours
 * @users: its user namespace and those above it, up to ours; @pids likewise
 * @level: of those of @other, what ns_process_level() says
 */
struct ns_process {
	struct pidref pidref;
	struct ns_set all, other;
	struct ns_chain users, pids;
	int level[NS_KINDS];
};

#define NS_PROCESS_NONE \
	{ { .pidfd = -1 }, NS_SET_NONE, NS_SET_NONE, { 0 }, { 0 }, { 0 } }

/*
 * Find the namespaces of @of->pidref, which is open.  Returns the exit status; if
 * it is not STATUS_DONE it has said why.
 */
int ns_process_find(struct ns_process *of);

/* The process, too. */
void ns_process_close(struct ns_process *of);

/*
 * How many user namespaces below ours the owner of @fd is; 0 is ours, or above.  Or -errno,
 * for lack of memory.
 */
int ns_process_level(const struct ns_process *of, int fd);

/*
 * The namespace of @kind and, with it, the user namespace that owns it, in which
 * one may do everything there.  All stays open, and is empty where it is ours.
 */
struct ns_set ns_process_one(const struct ns_process *of, enum ns_kind kind);

#endif /* NS_PROCESS_H */
