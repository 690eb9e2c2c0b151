/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_KERNEL_HELD_H
#define RELINK_KERNEL_HELD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* For what the kernel holds a file that no process need hold. */
enum kernel_hold {
	KERNEL_HOLD_LOOP,	/* a loop device lies in it */
	KERNEL_HOLD_SWAP,	/* it is swapped to */
	KERNEL_HOLD_QUEUE,	/* descriptors that were sent and not yet received */
};

/*
 * struct kernel_held - a deleted file that only the kernel holds, or what may be some
 *
 * @how: for what
 * @by: "loop0", "swap"; "" with KERNEL_HOLD_QUEUE
 * @pid: with KERNEL_HOLD_QUEUE, the process that will receive them
 * @fd: by which descriptor
 * @path: where the file lay; what the socket is called
 * @size: in bytes
 * @reason: why it cannot be relinked, and how its contents can be had
 */
struct kernel_held {
	enum kernel_hold how;
	char by[32];
	pid_t pid;
	int fd;
	char *path;
	uint64_t size;
	char *reason;
};

struct kernel_held_list {
	struct kernel_held *held;
	size_t count;
};

/*
 * All that the kernel tells of, or, if @pid is not 0, of what is under way to that process
 * alone.  Nothing is asked of the files themselves.  Returns 0 or a negative errno; the
 * list is to be given to kernel_held_free() in either case.
 */
int kernel_held_find(struct kernel_held_list *list, pid_t pid);
void kernel_held_free(struct kernel_held_list *list);

/* "loop", "swap" or "queue" */
const char *kernel_hold_name(enum kernel_hold how);

#endif /* RELINK_KERNEL_HELD_H */
