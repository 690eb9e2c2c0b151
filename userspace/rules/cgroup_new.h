/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RULES_CGROUP_NEW_H
#define RULES_CGROUP_NEW_H

#include "libpathvirt/libpathvirt.h"

/*
 * Warn of the first process of a cgroup, or of one below it, that has other mounts or
 * another root directory, as in a container, and does not have a NEW of @rules there.
 *
 * @fd: the directory of the cgroup
 */
void cgroup_new_warn(int fd, const struct pv_rules *rules);

#endif /* RULES_CGROUP_NEW_H */
