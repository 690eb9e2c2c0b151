/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REOPEN_DELETED_H
#define REOPEN_DELETED_H

#include <stdbool.h>

#include "libpathvirt/libpathvirt.h"

/*
 * struct original - where a file lay
 *
 * @dirfd: the innermost directory of its path that is there still, on the mount of
 *	the file, and is shown by that path; O_PATH
 * @rest: what of the path is below; one name if its directory is there
 */
struct original {
	int dirfd;
	const char *rest;
};

/*
 * Find the directory of @path, which must live as long as @original, for the open
 * file @file.  Returns 0 or a negative errno, mostly -EXDEV.
 */
int original_open(struct original *original, const char *path, int file);
void original_close(struct original *original);

/* Is the file @fd shown as @path? */
bool original_is_shown(int fd, const char *path);

/*
 * A descriptor, O_PATH, of the file @fd, which is shown at its original path and as
 * deleted.  Nothing changes there.  Or a negative errno, with pv_error(); then
 * original_cannot() tells whether it is that such a descriptor is impossible.
 */
int original_show(struct pv *pv, int fd, const struct original *original);
bool original_cannot(int err);

/*
 * The other way, for what the first cannot do: move the file @name of the directory
 * @dirfd back to where it was, if its directory is there and has nothing of that name.
 * Returns 0 or a negative errno.
 */
int original_move(int dirfd, const char *name, const struct original *original);

#endif /* REOPEN_DELETED_H */
