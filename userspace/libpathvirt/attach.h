/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PV_ATTACH_H
#define PV_ATTACH_H

#include "libpathvirt/request.h"
#include "libpathvirt/rules.h"

/* Send a whole table and set it.  Returns 0 or a negative errno with the fault set. */
int pv_attach_target(struct pv *pv, const struct pv_target *target,
		     const struct pv_rules *rules, unsigned int flags);

/* Take the table of a target away.  The same. */
int pv_detach_target(struct pv *pv, const struct pv_target *target,
		     unsigned int flags);

#endif /* PV_ATTACH_H */
