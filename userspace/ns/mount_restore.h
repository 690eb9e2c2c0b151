/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_MOUNT_RESTORE_H
#define NS_MOUNT_RESTORE_H

#include "ns/mount.h"
#include "ns/process.h"

/*
 * Build the table in the new mount namespace of @of, and let its processes look
 * from its root.  Returns the exit status.
 */
int ns_mount_restore(const struct ns_process *of, const struct ns_plan *plan,
		     struct ns_mounts *mounts, struct json_object **report);

#endif /* NS_MOUNT_RESTORE_H */
