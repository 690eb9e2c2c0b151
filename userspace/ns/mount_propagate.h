/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_MOUNT_PROPAGATE_H
#define NS_MOUNT_PROPAGATE_H

#include "ns/mount.h"

/* Is it mounted, and not only hidden by another? */
bool ns_mount_is_own(const struct ns_mount *mount);

/*
 * Share what was shared, and let follow what followed, once all are mounted.  What
 * cannot be goes into @report.
 */
void ns_mount_propagate(const struct ns_mounts *mounts,
			struct json_object *report);

#endif /* NS_MOUNT_PROPAGATE_H */
