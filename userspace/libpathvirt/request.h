/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PV_REQUEST_H
#define PV_REQUEST_H

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "libpathvirt/handle.h"

/* A dump was interrupted by a change: what it brought is not consistent. */
#define PV_REQUEST_INTERRUPTED	1

/* How often an interrupted dump is tried again. */
#define PV_REQUEST_ATTEMPTS	20

/*
 * Is called for each message of an answer.  Returns 0 or a negative errno,
 * which ends up as the result of the request; the rest of the answer is then
 * read and dropped.
 */
typedef int (*pv_reply_fn)(struct nlmsghdr *header, void *arg);

/* A message of the family for @command, or NULL with the fault set. */
struct nl_msg *pv_request_new(struct pv *pv, int command, int flags);

/*
 * struct pv_target - whom a request is about
 *
 * @attribute: what names it: PATHVIRT_A_PIDFD or PATHVIRT_A_CGROUP_FD
 * @fd: the descriptor; PV_SELF in place of a pidfd
 */
struct pv_target {
	int attribute;
	int fd;
};

/* Put it into @msg: nothing for PV_SELF.  Returns 0 or -EMSGSIZE. */
int pv_request_put_target(struct nl_msg *msg, const struct pv_target *target);

/* Put the process into @msg: nothing for PV_SELF.  Returns 0 or -EMSGSIZE. */
int pv_request_put_process(struct nl_msg *msg, int pidfd);

/*
 * Send @msg, free it, and read the answer to its end.  @each may be NULL.
 *
 * Returns 0, PV_REQUEST_INTERRUPTED, or a negative errno with the fault set.
 */
int pv_request_run(struct pv *pv, struct nl_msg *msg, pv_reply_fn each,
		   void *arg);

/* For a failed pv_request_put_*(): free @msg, set the fault. */
int pv_request_drop(struct pv *pv, struct nl_msg *msg);

#endif /* PV_REQUEST_H */
