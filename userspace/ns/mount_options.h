/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_MOUNT_OPTIONS_H
#define NS_MOUNT_OPTIONS_H

#include "ns/mount.h"

/* Is @name one of @options, which commas separate? */
bool ns_mount_has_option(const char *options, const char *name);

/* Give it the options that it had, in the file.  Returns 0 or -errno. */
int ns_mount_set_options(const struct ns_mount *mount);

#endif /* NS_MOUNT_OPTIONS_H */
