/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_DESCENDANTS_H
#define BASE_DESCENDANTS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * struct pids - a list of processes
 */
struct pids {
	pid_t *pid;
	size_t count;
};

/*
 * @root and all its descendants but ourselves, @root first.  Returns 0 or a negative
 * errno; @pids is to be given to pids_free() in either case.
 */
int descendants_add(struct pids *pids, pid_t root);

int pids_add(struct pids *pids, pid_t pid);
void pids_free(struct pids *pids);

#endif /* BASE_DESCENDANTS_H */
