/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink: the generic-netlink family "pathvirt". */
#ifndef _PV_NETLINK_H
#define _PV_NETLINK_H

int pv_netlink_init(void);
void pv_netlink_uninit(void);

#endif /* _PV_NETLINK_H */
