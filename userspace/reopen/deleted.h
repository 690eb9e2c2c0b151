/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REOPEN_DELETED_H
#define REOPEN_DELETED_H

#include <stdbool.h>

#include "libpathvirt/libpathvirt.h"

/*
 * struct deleted - where a file lay
 *
 * @dirfd: the innermost directory of its path that is there still, on the mount of
 *	the file, and is shown by that path; O_PATH
 * @rest: what of the path is below; one name if its directory is there
 */
struct deleted {
	int dirfd;
	const char *rest;
};

/*
 * Find the directory of @path, which must live as long as @deleted, for the open
 * file @file.  Returns 0 or a negative errno, mostly -EXDEV.
 */
int deleted_open(struct deleted *deleted, const char *path, int file);
void deleted_close(struct deleted *deleted);

/* Is the file @fd shown as @path? */
bool deleted_is_shown(int fd, const char *path);

/*
 * A descriptor, O_PATH, of the file @fd, which is shown at its original path and as
 * deleted.  Nothing changes there.  Or a negative errno, with pv_error(); then
 * deleted_cannot() tells whether it is that such a descriptor is impossible.
 */
int deleted_show(struct pv *pv, int fd, const struct deleted *deleted);
bool deleted_cannot(int err);

/*
 * The other way, for what the first cannot do: move the file @name of the directory
 * @dirfd back to where it was, if its directory is there and has nothing of that name.
 * Returns 0 or a negative errno.
 */
int deleted_move(int dirfd, const char *name, const struct deleted *deleted);

#endif /* REOPEN_DELETED_H */
