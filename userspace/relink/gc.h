/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_GC_H
#define RELINK_GC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "relink/mounts.h"

/* What a directory of lost+found/checkpoint is. */
enum gc_state {
	GC_GONE,	/* of a checkpoint whose manifest is gone */
	GC_KEPT,	/* its manifest is there */
	GC_BUSY,	/* pvadm relink is at work on it */
	GC_SPENT,	/* no directory but a manifest that has nothing left */
	GC_UNKNOWN,	/* nothing says where its manifest was */
};

/*
 * struct pinned - what somebody's files in it take
 *
 * @owner: user
 * @files: how many
 * @bytes: what would be free without them: of files that have no other link
 */
struct pinned {
	uid_t owner;
	size_t files;
	uint64_t bytes;
};

/*
 * struct gc_checkpoint - one of them
 *
 * @state: see there
 * @dirfd: lost+found/checkpoint, which others share
 * @lock: a descriptor of it; locked in state GC_GONE
 * @id: its name there
 * @path: where it is, or where its manifest is with GC_SPENT
 * @manifest: where the manifest was to be, or NULL
 * @time: when something was last made or removed in it, in seconds since the epoch
 * @pinned: one for each owner
 * @pinned_count: how many
 */
struct gc_checkpoint {
	enum gc_state state;
	int dirfd;
	int lock;
	char *id;
	char *path;
	char *manifest;
	int64_t time;
	struct pinned *pinned;
	size_t pinned_count;
};

/*
 * struct gc_list - all that were found
 *
 * @dirs: the @dirfd of theirs
 * @dir_count: how many
 * @mounts: of our namespace
 * @waiting: mounts, and manifests, that were left out, as their servers may be dead
 * @waiting_point: where the first of them is, or NULL
 */
struct gc_list {
	struct gc_checkpoint *checkpoint;
	size_t count;
	int *dirs;
	size_t dir_count;
	struct mounts mounts;
	size_t waiting;
	char *waiting_point;
};

/*
 * Look on all mounted filesystems that ask no server, or, with @directory, only there,
 * whatever it is on: it is what has lost+found/checkpoint in it, or that one itself.
 * Returns the exit status; if it is not STATUS_DONE it has said why.  gc_free() is to be
 * called in either case.
 */
int gc_find(struct gc_list *found, const char *directory);
void gc_free(struct gc_list *found);

/* "gone", "kept", "busy", "spent" or "unknown" */
const char *gc_state_name(enum gc_state state);

#endif /* RELINK_GC_H */
