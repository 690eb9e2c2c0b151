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
 */
struct made_dir {
	uint64_t mount;
	char *path;
	int fd;
	size_t parent;
	bool made;
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

/* See to it that what was made in them is on disk.  0 or a negative errno. */
int make_dirs_sync(const struct make_dirs *dirs, struct error *error);

/* Remove those that were made, as far as they are empty. */
void make_dirs_undo(const struct make_dirs *dirs);

void make_dirs_free(struct make_dirs *dirs);

#endif /* RELINK_MAKE_DIRS_H */
