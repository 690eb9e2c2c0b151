/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_REMOVE_H
#define RELINK_REMOVE_H

#include "manifest/manifest.h"

/*
 * Remove the name @name in @dirfd, if it is that of @made.  Returns 0; -ENOENT if
 * there is no such name; -ESTALE if it is that of something else; or another negative
 * errno.
 */
int remove_made(int dirfd, const char *name, const struct manifest_inode *made);

/*
 * Remove the directory @name in @parent with all that is in it, but follow no link, and
 * enter no other filesystem.  Returns 0 or a negative errno.
 */
int remove_tree(int parent, const char *name);

#endif /* RELINK_REMOVE_H */
