/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PV_LAYERS_H
#define PV_LAYERS_H

#include "libpathvirt/rules.h"

/*
 * struct pv_layers - the tables of a process
 *
 * @rules: @count lists, innermost first, owned here
 * @flags: of each of them, owned here
 * @own: the innermost was set for this very process
 */
struct pv_layers {
	struct pv_rules **rules;
	unsigned int *flags;
	size_t count;
	bool own;
};

#endif /* PV_LAYERS_H */
