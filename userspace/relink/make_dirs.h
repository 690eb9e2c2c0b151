/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_MAKE_DIRS_H
#define RELINK_MAKE_DIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "libpathvirt/libpathvirt.h"
#include "manifest/manifest.h"

/*
 * The directories that new names are made in.
 */

/*
 * struct made_dir - one of them
 *
 * @mount: which mount it is on
 * @path: from the root of the mount, without "/" in front; "" is the root
 * @fd: opened for reading
 * @parent: the one it was made in
 * @made: it was not there before
 * @like: what it was made like, which is to be as it was when all is done; or -1
 */
struct made_dir {
	uint64_t mount;
	char *path;
	int fd;
	size_t parent;
	bool made;
	int like;
};

/*
 * struct make_dirs - all, outer ones first
 *
 * @pv: whom to ask for the default directory of a mount
 * @checkpoint: path of the directory that is the checkpoint's own, on each mount:
 *	it is made, and locked so that gc knows that somebody is at work
 * @manifest: where the manifest will be, which gc looks at, too; or NULL
 */
struct make_dirs {
	struct pv *pv;
	const char *checkpoint;
	const char *manifest;
	struct made_dir *dir;
	size_t count;
};

/* The attribute of a checkpoint's directory that says where its manifest is. */
#define MAKE_DIRS_MANIFEST	"trusted.pathvirt.manifest"

/*
 * The directory @path on the mount @mount, which @fd was opened through; made, for
 * root alone, where it is missing.  Returns its descriptor, which belongs to
 * @dirs, or a negative errno with the reason.
 */
int make_dirs_open(struct make_dirs *dirs, const struct manifest_mount *mount,
		   int fd, const char *path, struct error *error);

/*
 * The same, but what is missing is made as it was: @path is where the directory @like,
 * by O_PATH, lies or lay, which may have been removed, and those above it are where
 * its ".." leads.  With MAKE_DIRS_AS_ABOVE as @like nothing is known of @path itself,
 * which becomes like the directory that it is made in.
 */
#define MAKE_DIRS_AS_ABOVE	(-2)
int make_dirs_open_like(struct make_dirs *dirs,
			const struct manifest_mount *mount, int fd,
			const char *path, int like, struct error *error);

/*
 * Give those that were made like others the times and flags of these, when all is in
 * them that shall be.  0 or a negative errno with the reason.
 */
int make_dirs_seal(const struct make_dirs *dirs, struct error *error);

/* See to it that what was made in them is on disk.  0 or a negative errno. */
int make_dirs_sync(const struct make_dirs *dirs, struct error *error);

/* Before what was made in them is removed, and then they themselves, if empty. */
void make_dirs_unseal(const struct make_dirs *dirs);
void make_dirs_undo(const struct make_dirs *dirs);

void make_dirs_free(struct make_dirs *dirs);

#endif /* RELINK_MAKE_DIRS_H */
