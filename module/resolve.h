/* SPDX-License-Identifier: GPL-2.0 */
/* Resolving: what to walk for a name whose way cannot be read off it. */
#ifndef _PV_RESOLVE_H
#define _PV_RESOLVE_H

#include <linux/types.h>

#include "layers.h"

struct pv_root;
struct pv_start;

/**
 * struct pv_resolved - what is found out besides
 * @hit: the first rule met
 * @how: how the process calls what is there, see layers.h
 */
struct pv_resolved {
	struct pv_hit hit;
	u64 how;
};

/* Beyond the kernel's LOOKUP_ flags: only the last component's parent is meant. */
#define PV_RESOLVE_PARENT	BIT(31)

ssize_t pv_resolve(const struct pv_layers *layers, const struct pv_root *root,
		   const struct pv_start *start, const char *name, char *real,
		   unsigned int flags, struct pv_resolved *resolved);
int pv_resolve_init(void);
void pv_resolve_uninit(void);

#endif /* _PV_RESOLVE_H */
