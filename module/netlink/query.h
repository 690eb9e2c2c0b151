/* SPDX-License-Identifier: GPL-2.0 */
/* Query: the requests that ask for one thing.  See the netlink spec. */
#ifndef _PV_QUERY_H
#define _PV_QUERY_H

struct genl_info;
struct sk_buff;

int pv_doit_resolve(struct sk_buff *skb, struct genl_info *info);
int pv_doit_status(struct sk_buff *request, struct genl_info *info);

#endif /* _PV_QUERY_H */
