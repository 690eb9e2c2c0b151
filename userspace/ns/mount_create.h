/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_MOUNT_CREATE_H
#define NS_MOUNT_CREATE_H

#include "ns/mount.h"

/*
 * Make one, in @fd; returns 0 or -errno.  What it lacks goes into @report, if that
 * is not NULL.
 */
int ns_mount_create(struct ns_mount *mount, struct json_object *report);

#endif /* NS_MOUNT_CREATE_H */
