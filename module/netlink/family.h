/* SPDX-License-Identifier: GPL-2.0 */
/* Family: the generic-netlink family "pathvirt" itself, and its group of events. */
#ifndef _PV_FAMILY_H
#define _PV_FAMILY_H

struct genl_family;
struct genl_ops;

/* For the headers of messages. */
extern struct genl_family pv_family;

int pv_family_init(const struct genl_ops *ops, unsigned int nr);
void pv_family_uninit(void);

#endif /* _PV_FAMILY_H */
