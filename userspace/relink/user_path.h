/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_USER_PATH_H
#define RELINK_USER_PATH_H

#include "base/error.h"
#include "base/pidref.h"
#include "manifest/manifest.h"
#include "relink/mounts.h"

/*
 * struct user_path - the user's place for a file
 *
 * @dirfd: the directory
 * @name: the name in it, a part of the path that was given
 * @same_mount: the file was opened through the mount that the directory is on, so
 *	that it can be linked there
 */
struct user_path {
	int dirfd;
	const char *name;
	bool same_mount;
};

/*
 * Open the directory of @path.  @path is one of our own mount namespace; but if
 * the file @fd was opened through a mount that has that directory, too, it is that one
 * that is opened; and if it is not there, or on another filesystem, @path is looked
 * for from the root of the process @pidref as well.
 *
 * @mount is that of @fd.  Returns 0 or a negative errno with the reason;
 * user_path_close() is to be called in either case.
 */
int user_path_open(struct user_path *user_path, const char *path,
		   const struct mounts *mounts,
		   const struct manifest_mount *mount, const struct pidref *pidref,
		   struct error *error);
void user_path_close(struct user_path *user_path);

#endif /* RELINK_USER_PATH_H */
