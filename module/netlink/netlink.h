/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink: the generic-netlink family "pathvirt". */
#ifndef _PV_NETLINK_H
#define _PV_NETLINK_H

#include <linux/pathvirt.h>

struct pv_process;

int pv_netlink_init(void);
void pv_netlink_uninit(void);
bool pv_netlink_heard(void);
void pv_netlink_event(const struct pv_process *process,
		      enum pathvirt_event event, pid_t parent);
void pv_netlink_lost(void);

#endif /* _PV_NETLINK_H */
