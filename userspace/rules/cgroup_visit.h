/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RULES_CGROUP_VISIT_H
#define RULES_CGROUP_VISIT_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Call @visit for who is in the cgroup that is open as @fd and in those below it, as far
 * as one may look, up to the first for whom it returns true.
 */
void cgroup_visit(int fd, bool (*visit)(void *arg, pid_t pid), void *arg);

#endif /* RULES_CGROUP_VISIT_H */
