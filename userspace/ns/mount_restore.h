/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_MOUNT_RESTORE_H
#define NS_MOUNT_RESTORE_H

#include "ns/plan.h"
#include "ns/process.h"

/* Where a mount of the file comes from. */
enum ns_mount_origin {
	NS_MOUNT_NONE,		/* nowhere */
	NS_MOUNT_CLONE,		/* it, or what it shows, is mounted here at @path */
	NS_MOUNT_NEW,		/* the kernel makes it: proc, tmpfs, overlay, ... */
	NS_MOUNT_DEVICE,	/* it lies on the block device @path */
};

/*
 * struct ns_mount - a mount to be made
 *
 * @saved: what the file says
 * @parent: the one it lies on, NULL for the root
 * @target: where, from the root
 * @group: the peer group that the mount at @path is in here, 0 if none
 * @fd: it, once it is made, not yet or already mounted; else -1
 * @done: it is mounted
 * @found: it came along with its parent, as may have what lies on it
 */
struct ns_mount {
	const struct ns_plan *plan;
	const struct json_object *saved;
	struct ns_mount *parent;
	char *target;
	enum ns_mount_origin origin;
	char *path;
	int64_t group;
	int fd;
	bool done;
	bool found;
};

/* struct ns_mounts - a mount table, in the order of the file */
struct ns_mounts {
	struct ns_mount *mount;
	size_t count;
};

/*
 * Find out where each mount can come from, and report what comes from nowhere or
 * will not be the same.  Takes hold of what is mounted here where we may.  Returns
 * the exit status.
 */
int ns_mount_plan(struct ns_mounts *mounts, const struct ns_plan *plan,
		  struct json_object *report);
void ns_mount_free(struct ns_mounts *mounts);

/* Does another lie on top of it, so that nobody sees it? */
bool ns_mount_is_covered(const struct ns_mounts *mounts,
			 const struct ns_mount *mount);

/*
 * Make one, in @fd; returns 0 or -errno.  What it lacks goes into @report, if that
 * is not NULL.
 */
int ns_mount_create(struct ns_mount *mount, struct json_object *report);

/* Give it the options that it had, in the file.  Returns 0 or -errno. */
int ns_mount_set_options(const struct ns_mount *mount);

/*
 * Build the table in the new mount namespace of @of, and let its processes look
 * from its root.  Returns the exit status.
 */
int ns_mount_restore(const struct ns_process *of, const struct ns_plan *plan,
		     struct ns_mounts *mounts, struct json_object **report);

#endif /* NS_MOUNT_RESTORE_H */
