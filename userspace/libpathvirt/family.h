/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PV_FAMILY_H
#define PV_FAMILY_H

struct pv;

/*
 * Ask the generic-netlink controller for the family's number, version and
 * multicast group.  Returns 0, -ENOPKG if there is no such family,
 * -EPROTONOSUPPORT if its version is another, or a negative errno; with the
 * fault set.
 */
int pv_family_find(struct pv *pv);

#endif /* PV_FAMILY_H */
