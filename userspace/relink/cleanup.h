/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_CLEANUP_H
#define RELINK_CLEANUP_H

#include <stdbool.h>

/*
 * Remove what the manifest @path says was made, and print how much that was.  Returns
 * the exit status, and has said why if it is not STATUS_DONE; what is gone already
 * is not a failure.  The manifest is left.
 */
int cleanup_manifest(const char *path, bool json);

/*
 * The same, and then the manifest goes, too, if nothing is left of what it tells of; one
 * that was cut off before it was written says nothing, and goes at once.
 */
int cleanup_forget(const char *path, bool json);

#endif /* RELINK_CLEANUP_H */
