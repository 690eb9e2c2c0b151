/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_MOUNT_HERE_H
#define NS_MOUNT_HERE_H

#include "ns/mount.h"

/*
 * Find out, with @table of what is mounted here, where of that the mount can be cloned
 * from; @report what would differ by that.  Returns 0 or -errno.
 */
int ns_mount_find_here(struct ns_mount *mount, struct libmnt_table *table,
		       struct json_object *report);

#endif /* NS_MOUNT_HERE_H */
