/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_SPENT_H
#define RELINK_SPENT_H

#include <stdbool.h>

#include "relink/mounts.h"

/*
 * Is the manifest @path, of the checkpoint @id, good for nothing any more?  All that it
 * tells of was made and is gone, so there is nothing to reopen and nothing to clean up.
 * Of what is out of reach nobody knows.
 */
bool manifest_is_spent(const char *path, const char *id,
		       const struct mounts *mounts);

#endif /* RELINK_SPENT_H */
