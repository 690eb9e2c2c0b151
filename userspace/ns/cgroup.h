/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_CGROUP_H
#define NS_CGROUP_H

#include <json-c/json.h>
#include <sys/types.h>

/*
 * Cgroups of version 2, by the names that /proc/PID/cgroup has for them.
 */

/* Where they are mounted; the caller frees it.  NULL if they are not. */
char *cgroup_mount_point(void);

/* The cgroup of a process, as we see it; likewise. */
char *cgroup_of(pid_t pid);

/*
 * What was set for the cgroup in @directory, {"memory.max": "1048576\n", ...}: all
 * files that may be read and written and do not switch an act or a state.
 */
struct json_object *cgroup_limits(const char *directory);

/* The controllers that it may use. */
struct json_object *cgroup_controllers(const char *directory);

#endif /* NS_CGROUP_H */
