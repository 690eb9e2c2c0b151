/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_FILESYSTEM_H
#define NS_FILESYSTEM_H

#include <stdbool.h>

#include "ns/mount.h"

/*
 * Filesystems that are made anew.  One may be mounted at several places, or parts of it:
 * it is made once, and all of these are cloned from one mount of it that nobody sees.
 */

/*
 * struct ns_filesystem_type - what is made of nothing
 *
 * @memory: what was in it is lost with it; new files may be made in it as one likes
 * @single: there is one in its namespace, however often it is mounted
 */
struct ns_filesystem_type {
	const char *name;
	bool memory;
	bool single;
};

/* NULL for what needs a device, or a server. */
const struct ns_filesystem_type *ns_filesystem_type(const char *name);

/*
 * Which one it is, of all those that had its device number since the kernel was started, in
 * @text; of some the kernel tells no more than that number.  Returns 0 or -errno.
 */
int ns_filesystem_id(int fd, char text[24]);

/*
 * struct ns_filesystem - one of a mount table
 *
 * @first: the first mount that shows it, from which its options are taken
 * @type: NULL if it lies on the block device @device
 * @fd: the mount that nobody sees, -1 if there is none yet; @err is why there cannot be one
 * @stand_in: in a rehearsal, an empty one in place of what lies on a disk
 * @attached: it is on top of the old root, as nothing can be cloned from what is nowhere
 */
struct ns_filesystem {
	const struct ns_mount *first;
	const struct ns_filesystem_type *type;
	const char *device;
	int fd;
	int err;
	bool stand_in;
	bool attached;
};

/* May one make in it what one likes? */
bool ns_filesystem_is_memory(const struct ns_filesystem *fs);

/*
 * Make it where we are, if it is not there.  Returns 0 or -errno, which it keeps; options
 * that it does not take go into @report, if that is not NULL.
 */
int ns_filesystem_create(struct ns_filesystem *fs, struct json_object *report);

/*
 * Open a new mount of what @mount shows of its filesystem, in @mount->fd.  We are in the
 * new namespace.  Returns 0 or -errno.
 */
int ns_filesystem_mount(struct ns_mount *mount, struct json_object *report);

/*
 * No part will be mounted any more: take it from the old root.  All are taken, the last one
 * that was mounted first.  Returns 0 or -errno.
 */
int ns_filesystem_detach(struct ns_filesystem *fs);

/* All is made in it: make it read-only if it was.  Returns 0 or -errno. */
int ns_filesystem_finish(const struct ns_filesystem *fs);

void ns_filesystem_free(struct ns_filesystem *fs);

#endif /* NS_FILESYSTEM_H */
