/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_MOUNT_H
#define NS_MOUNT_H

#include "ns/plan.h"

/* Where a mount of the file comes from. */
enum ns_mount_origin {
	NS_MOUNT_NONE,		/* nowhere */
	NS_MOUNT_CLONE,		/* it, or what it shows, is mounted here at @path */
	NS_MOUNT_NEW,		/* @filesystem is made anew */
};

struct libmnt_table;
struct ns_filesystem;

/*
 * struct ns_mount - a mount to be made
 *
 * @saved: what the file says
 * @parent: the one it lies on, NULL for the root
 * @target: where, from the root
 * @root: what of its filesystem it shows
 * @filesystem: what it shows @part of, if that is made anew
 * @group: the peer group that the mount at @path is in here, 0 if none
 * @follows: it receives what is mounted outside, as before, by way of the one at @path
 * @fd: it, once it is made, not yet or already mounted; else -1
 * @told: why it cannot be made has been told
 * @done: it is mounted
 * @found: it came along with its parent, as may have what lies on it
 */
struct ns_mount {
	const struct ns_plan *plan;
	const struct ns_file_mount *saved;
	struct ns_mount *parent;
	const char *target;
	const char *root;
	enum ns_mount_origin origin;
	char *path;
	struct ns_filesystem *filesystem;
	const char *part;
	int64_t group;
	bool follows;
	int fd;
	bool told;
	bool done;
	bool found;
};

/*
 * struct ns_mounts - a mount table, in the order of the file
 *
 * @filesystem: those that are made anew, each once
 */
struct ns_mounts {
	struct ns_mount *mount;
	size_t count;
	struct ns_filesystem *filesystem;
	size_t filesystems;
};

#endif /* NS_MOUNT_H */
