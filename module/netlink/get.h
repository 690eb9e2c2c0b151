/* SPDX-License-Identifier: GPL-2.0 */
/* Get: the dump of processes, or of the rules of one.  See the netlink spec. */
#ifndef _PV_GET_H
#define _PV_GET_H

struct netlink_callback;
struct sk_buff;

int pv_get_start(struct netlink_callback *cb);
int pv_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int pv_get_done(struct netlink_callback *cb);

#endif /* _PV_GET_H */
