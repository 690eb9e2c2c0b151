/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Doing something in a child: what may wait for ever, needs other namespaces or another
 * root, or has to outlast us.  Standing in for a child that becomes a command is in
 * base/forward.h.
 */

/* struct child - one that was started; @fd is our end of a socket to it, or -1 */
struct child {
	pid_t pid;
	int fd;
};

/*
 * Have a child do @act and end with the exit status that it returns; nothing of ours that is
 * to be done at our end is done there.  @type: of the socket between us, of which @act is
 * given the other end: SOCK_STREAM, SOCK_SEQPACKET, or 0 for none.  Our end tells who has
 * written what, by SCM_CREDENTIALS.
 *
 * Returns 0 or a negative errno, and then there is no child and no socket.
 */
int child_start(struct child *child, int type, int (*act)(int fd, void *arg),
		void *arg);

/* Wait for its end, whatever signals come.  Returns as wait() tells it, or a negative errno. */
int child_wait(struct child *child);

/* Close the socket, and wait likewise; 0 if there is no child. */
int child_end(struct child *child);

/*
 * For a child: end by @signal when our parent ends.  False if it has ended already, and with
 * it the other end of the socket @life, unless that is -1.
 */
bool child_die_with_parent(int signal, int life);

#endif /* BASE_CHILD_H */
