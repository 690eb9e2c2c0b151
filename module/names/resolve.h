/* SPDX-License-Identifier: GPL-2.0 */
/* Resolving: what to walk for a name whose way cannot be read off it. */
#ifndef _PV_RESOLVE_H
#define _PV_RESOLVE_H

#include <linux/path.h>
#include <linux/types.h>

#include "process/layers.h"

struct pv_root;
struct pv_start;
struct pv_walk;

/**
 * struct pv_resolved - what is found out besides
 * @hit: the first rule met
 * @route: how the process calls what is there, see layers.h
 * @from: where the result is to be walked from, with this as root directory; a
 *	reference
 * @strict: it is one component, and no link that has a target
 * @guarded: it is walked from the outer root, see pv_link_trusted()
 * @jumps: it ends in a link of procfs, which leads straight to where it leads
 */
struct pv_resolved {
	struct pv_hit hit;
	pv_route_t route;
	struct path from;
	bool strict;
	bool guarded;
	bool jumps;
};

ssize_t pv_resolve(struct pv_walk *walk, const struct pv_layers *layers,
		   const struct pv_root *root, const struct pv_start *start,
		   const char *name, char *real, unsigned int flags,
		   struct pv_resolved *resolved);
unsigned int pv_resolve_trees(const struct pv_layers *layers, const struct pv_root *root,
			      const char *virtual, struct path *dirs);
int pv_resolve_init(void);
void pv_resolve_uninit(void);

#endif /* _PV_RESOLVE_H */
