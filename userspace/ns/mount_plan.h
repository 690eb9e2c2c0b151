/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_MOUNT_PLAN_H
#define NS_MOUNT_PLAN_H

#include "ns/mount.h"

/*
 * Find out where each mount can come from, and report what comes from nowhere or
 * will not be the same.  Takes hold of what is mounted here where we may.  Returns
 * the exit status.
 */
int ns_mount_plan(struct ns_mounts *mounts, const struct ns_plan *plan,
		  struct json_object *report);
void ns_mount_free(struct ns_mounts *mounts);

/* Does another lie on top of it, so that nobody sees it? */
bool ns_mount_is_covered(const struct ns_mounts *mounts,
			 const struct ns_mount *mount);

#endif /* NS_MOUNT_PLAN_H */
