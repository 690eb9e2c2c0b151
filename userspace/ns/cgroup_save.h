/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_CGROUP_SAVE_H
#define NS_CGROUP_SAVE_H

#include <json-c/json.h>

#include "ns/set.h"

/*
 * The cgroup of process @pid, its controllers and limits; @set has its cgroup
 * namespace, if that is not ours.  NULL where there is no cgroup v2.  Returns the
 * exit status.
 */
int ns_cgroup_save(pid_t pid, const struct ns_set *set,
		   struct json_object **cgroup);

#endif /* NS_CGROUP_SAVE_H */
