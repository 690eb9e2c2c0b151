// SPDX-License-Identifier: GPL-2.0
/*
 * Making one mount, which is not mounted anywhere yet.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "ns/filesystem.h"
#include "ns/mount_create.h"

/*
 * What happens where it came from must not happen here, unless it received that
 * already; what happens here must never happen there.  What came along with it may
 * follow something else: that is seen to when all are mounted.
 */
static int cut_off(const struct ns_mount *mount, int fd, bool recursive)
{
	struct mount_attr attr = {
		.propagation = mount->follows || recursive ? MS_SLAVE :
							     MS_PRIVATE,
	};

	return mount_setattr(fd, "", AT_EMPTY_PATH |
			     (recursive ? AT_RECURSIVE : 0), &attr,
			     sizeof(attr)) ? -errno : 0;
}

/*
 * In a user namespace, what came along from outside may be tied to what lies below
 * it: then all comes, or nothing.
 */
static int clone_mount(struct ns_mount *mount, struct json_object *report)
{
	const unsigned int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
				   AT_SYMLINK_NOFOLLOW;
	bool recursive = false;
	int fd = open_tree(AT_FDCWD, mount->path, flags), err;

	if (fd < 0 && errno == EINVAL && report) {
		recursive = true;
		fd = open_tree(AT_FDCWD, mount->path, flags | AT_RECURSIVE);
	}
	if (fd < 0)
		return -errno;
	err = cut_off(mount, fd, recursive);
	if (err) {
		close(fd);
		return err;
	}
	mount->fd = fd;
	return 0;
}

int ns_mount_create(struct ns_mount *mount, struct json_object *report)
{
	if (mount->fd >= 0)
		return 0;
	if (mount->origin == NS_MOUNT_CLONE)
		return clone_mount(mount, report);
	return ns_filesystem_mount(mount, report);
}
