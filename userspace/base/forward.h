/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_FORWARD_H
#define BASE_FORWARD_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Standing in for a child: signals that are sent to us go to it, it stops and we
 * stop, it ends and we end the same way.
 */

/*
 * fork() after which the child can be forwarded to.  The child has the signal mask
 * that we had before.
 */
pid_t forward_fork(void);

/* For a child that fork() made: from now on it can be forwarded to. */
void forward_begin(void);

/* Never comes back.  Reaps whatever else becomes our child meanwhile. */
void forward(pid_t pid) __attribute__((noreturn));

/* The same in two steps: how the child ended, as from wait(), and to end so. */
int forward_wait(pid_t pid);
void forward_end(int wait) __attribute__((noreturn));

#endif /* BASE_FORWARD_H */
