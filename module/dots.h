/* SPDX-License-Identifier: GPL-2.0 */
/* Dots: what ".." means where a tree stands in another's place. */
#ifndef _PV_DOTS_H
#define _PV_DOTS_H

#include <linux/types.h>

struct pv_layers;

int pv_dots_resolve(const struct pv_layers *layers, const char *name,
		    char *resolved, unsigned int flags);

#endif /* _PV_DOTS_H */
