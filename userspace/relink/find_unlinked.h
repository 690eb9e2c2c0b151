/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_FIND_UNLINKED_H
#define RELINK_FIND_UNLINKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "libpathvirt/libpathvirt.h"
#include "manifest/holder.h"

/*
 * struct unlinked - an open file that no name leads to any more, not even the one that
 * it was opened by; one for each inode
 *
 * @file: what the kernel says of it; @file.why is not 0 where it cannot be
 *	relinked
 * @fd: with FIND_KEEP the file itself, by O_PATH, which keeps its inode number from
 *	another file; otherwise -1
 * @err: a negative errno then
 * @reason: why not, or NULL
 * @path: where it lay, as the kernel tells the caller
 * @size: in bytes
 * @allocated: what it takes of its filesystem, in bytes
 * @born: when it was made, in ns since the epoch; 0 if its filesystem does not tell
 * @silent: it lies on a server that does not answer; see servers_ask()
 * @holders: at least one
 * @holder_count: how many
 */
struct unlinked {
	struct pv_relinked file;
	int fd;
	int err;
	char *reason;
	char *path;
	uint64_t size;
	uint64_t allocated;
	int64_t born;
	bool silent;
	struct holder *holders;
	size_t holder_count;
};

/*
 * struct unlinked_list - all that were found, largest first
 *
 * @hidden: processes that the caller may not look into
 * @closed: what their filesystem tells its own user of alone, as FUSE does, so that
 *	nothing is known of them
 * @closed_path: the first of these, or NULL
 */
struct unlinked_list {
	struct unlinked *file;
	size_t count;
	size_t hidden;
	size_t closed;
	char *closed_path;
};

/* Bits of @flags of find_unlinked(). */
enum find_flags {
	FIND_KEEP = 1 << 0,
};

/*
 * What the processes @pids hold, @count of them, or all processes if that is 0:
 * descriptors of all threads, mappings, programs, working directories and roots, and
 * the names of AF_UNIX sockets.  Processes that end meanwhile do not matter.
 *
 * With FIND_KEEP the descriptors are kept until unlinked_list_free(), and the limit
 * of open files is raised as far as it can be; of all processes, the caller is
 * left out.
 *
 * Nothing is asked that the server of a filesystem would have to answer: it may be dead.
 *
 * Of a thread that has a table of its own, sockets are found from Linux 6.9 on.
 *
 * Returns 0 or a negative errno; the list is to be given to unlinked_list_free() in
 * either case.
 */
int find_unlinked(struct pv *pv, const pid_t *pids, size_t count,
		  unsigned int flags, struct unlinked_list *list);
void unlinked_list_free(struct unlinked_list *list);

#endif /* RELINK_FIND_UNLINKED_H */
