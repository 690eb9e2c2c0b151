/* SPDX-License-Identifier: GPL-2.0 */
/* Set: the requests that change something.  See the netlink spec for what they mean. */
#ifndef _PV_SET_H
#define _PV_SET_H

struct genl_info;
struct sk_buff;

int pv_doit_stage(struct sk_buff *skb, struct genl_info *info);
int pv_doit_set(struct sk_buff *skb, struct genl_info *info);
int pv_doit_del(struct sk_buff *skb, struct genl_info *info);

#endif /* _PV_SET_H */
