/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PV_LAYERS_H
#define PV_LAYERS_H

#include <netlink/msg.h>

#include "libpathvirt/handle.h"
#include "libpathvirt/rules.h"

/*
 * struct pv_layers - the tables of a process
 *
 * @rules: @count lists, innermost first, owned here
 * @flags: of each of them, owned here
 * @cgroups: the cgroup that each of them belongs to, or 0; owned here
 * @own: the innermost was set for this very process
 */
struct pv_layers {
	struct pv_rules **rules;
	unsigned int *flags;
	uint64_t *cgroups;
	size_t count;
	bool own;
};

/* Puts into a request whose layers are asked for.  Returns 0 or -EMSGSIZE. */
typedef int (*pv_layers_put_fn)(struct nl_msg *msg, int fd);

/* As pv_get(), of what @put says with @fd. */
int pv_layers_get(struct pv *pv, pv_layers_put_fn put, int fd,
		  struct pv_layers **layers);

#endif /* PV_LAYERS_H */
