/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Routes: by which of its names a directory that has several was reached.
 */
#ifndef _PV_ROUTE_H
#define _PV_ROUTE_H

#include <linux/types.h>

#include "process/layers.h"

struct dentry;
struct path;
struct pv_process;
struct task_struct;

/* No descriptor, and not AT_FDCWD either. */
#define PV_NO_FD	(-1)

pv_route_t pv_route_of(const struct path *at, const struct path *path);
int pv_route_say(const struct path *at, const struct path *path,
		 pv_route_t route, gfp_t gfp);
int pv_route_note(const struct path *at, pv_route_t route);
int pv_route_link_fd(const struct dentry *link);
pv_route_t pv_route_by_fd(int fd, const struct path *path);
int pv_route_prepare(struct pv_process *heir, u64 flags);
void pv_route_inherit(struct pv_process *heir, struct task_struct *child);

#endif /* _PV_ROUTE_H */
