/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_FDINFO_H
#define RELINK_FDINFO_H

#include "manifest/manifest.h"
#include "relink/find_unlinked.h"

/*
 * What the manifest has of the holders of @found beyond what find_unlinked() tells:
 * flags, offsets, and which descriptors are one open file.
 *
 * @next_key: the number for the next open file; starts with 1 and is raised
 *
 * Returns the array, for free(), of @found->holder_count; NULL if memory is short.
 */
struct manifest_holder *fdinfo_of(const struct unlinked *found,
				  uint32_t *next_key);

#endif /* RELINK_FDINFO_H */
