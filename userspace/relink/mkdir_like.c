// SPDX-License-Identifier: GPL-2.0
/*
 * Directories that are gone: they cannot be linked, so they are made again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "relink/attributes.h"
#include "relink/mkdir_like.h"

/* What it has got from the default ACL of the directory that it is made in. */
static void drop_inherited(int fd)
{
	fremovexattr(fd, "system.posix_acl_access");
	fremovexattr(fd, "system.posix_acl_default");
}

int mkdir_like(int fd, int dirfd, const char *name,
	       struct error *error)
{
	int made, err;

	if (mkdirat(dirfd, name, 0700))
		return error_set(error, -errno, "cannot make it again: %s",
				 strerror(errno));
	made = openat(dirfd, name,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (made < 0) {
		err = error_errno(error, -errno);
	} else {
		drop_inherited(made);
		err = attributes_copy(fd, made, true, error);
	}
	if (!err)
		return made;
	if (made >= 0)
		close(made);
	unlinkat(dirfd, name, AT_REMOVEDIR);
	return err;
}
