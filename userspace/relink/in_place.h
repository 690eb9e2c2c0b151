/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_IN_PLACE_H
#define RELINK_IN_PLACE_H

#include "relink/context.h"

/*
 * Where @item goes with --in-place; @mount is that of its file.  Directories that are
 * missing are made.  The item is skipped if there is nothing to be done.  Returns 0 or a
 * negative errno with the reason in @item.
 */
int relink_name_in_place(struct relink_context *context, struct item *item,
			 const struct manifest_mount *mount);

/*
 * The directory that @item's file lay in, from the root of its mount and without "/" in
 * front, for free(); "" where that cannot be told, NULL without memory.
 */
char *relink_original_directory(struct relink_context *context,
				struct item *item);

#endif /* RELINK_IN_PLACE_H */
