/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_PRINT_H
#define RELINK_PRINT_H

#include <stdbool.h>

#include "manifest/manifest.h"

/*
 * Print what was relinked, and where the manifest is, and the bundle that it is in, if
 * @path and @bundle are not NULL.  Returns the exit status, and has said why if it is not
 * STATUS_DONE.
 */
int relink_print(const struct manifest *manifest, const char *path,
		 const char *bundle, bool json);

#endif /* RELINK_PRINT_H */
