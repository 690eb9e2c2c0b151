/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_SET_H
#define NS_SET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/pidref.h"
#include "ns/kinds.h"

/* struct ns_id - which one; the device is that of nsfs; { 0 } is none */
struct ns_id {
	uint64_t device;
	uint64_t inode;
};

/*
 * struct ns_set - the namespaces of a process, one of each kind, held open
 *
 * @fd: -1 where there is none
 * @id: what each of them is
 */
struct ns_set {
	int fd[NS_KINDS];
	struct ns_id id[NS_KINDS];
};

#define NS_SET_NONE	{ .fd = { -1, -1, -1, -1, -1, -1, -1, -1 } }

/* Returns the exit status; if it is not STATUS_DONE it has said why. */
int ns_set_open(struct ns_set *set, const struct pidref *pidref);

/* Our own. */
int ns_set_open_self(struct ns_set *set);

void ns_set_close(struct ns_set *set);

/* Close what is the same as in @other: there is no need to go there. */
void ns_set_subtract(struct ns_set *set, const struct ns_set *other);

bool ns_id_equal(const struct ns_id *a, const struct ns_id *b);
bool ns_id_is_none(const struct ns_id *id);

/* Which one @fd is; none if it is not a namespace. */
struct ns_id ns_id_of(int fd);

/*
 * The user namespace that owns @fd, and the parent of a user or PID namespace: a
 * descriptor, or -1 where there is none that the caller may know of.
 */
int ns_owner(int fd);
int ns_parent(int fd);

/* The uid that made a user namespace, as the caller sees it; -1 if unknown. */
int64_t ns_owner_uid(int fd);

/*
 * User or PID namespaces from @fd up to, but without, @end: the outermost first,
 * of which @fd itself is the last, as a descriptor of its own.
 *
 * @complete: @end was met; else what is above may not be known to the caller
 */
struct ns_chain {
	int *fd;
	size_t count;
	bool complete;
};

int ns_chain_open(struct ns_chain *chain, int fd, const struct ns_id *end);
void ns_chain_close(struct ns_chain *chain);

#endif /* NS_SET_H */
