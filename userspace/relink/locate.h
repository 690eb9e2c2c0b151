/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_LOCATE_H
#define RELINK_LOCATE_H

#include "manifest/manifest.h"
#include "relink/mounts.h"

/* What is at a place of a manifest. */
enum located {
	LOCATED_HERE,		/* what the manifest has made */
	LOCATED_NOTHING,	/* nothing any more */
	LOCATED_FOREIGN,	/* something else, by the same name */
	LOCATED_NOWHERE,	/* its filesystem is not mounted, or out of reach */
};

/*
 * struct location - where a place is now
 *
 * @what: see there; the rest is set with LOCATED_HERE
 * @dirfd: the directory, by O_PATH
 * @name: the name in it; part of the place
 * @inode: what is there, which may have another device number than it had
 */
struct location {
	enum located what;
	int dirfd;
	const char *name;
	struct manifest_inode inode;
};

/*
 * Find @place, of @manifest, wherever its filesystem is mounted now.
 * location_close() is to be called in any case.
 */
void locate(struct location *location, const struct mounts *mounts,
	    const struct manifest *manifest,
	    const struct manifest_place *place);
void location_close(struct location *location);

#endif /* RELINK_LOCATE_H */
