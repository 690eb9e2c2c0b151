/* SPDX-License-Identifier: GPL-2.0 */
/* The requests that change what a cgroup has.  See the netlink spec for what they mean. */
#ifndef _PV_CGROUP_SET_H
#define _PV_CGROUP_SET_H

struct cgroup;
struct genl_info;
struct nlattr;
struct sk_buff;

struct cgroup *pv_attr_cgroup(const struct nlattr *attr, const char **why);
int pv_set_cgroup(struct sk_buff *skb, struct genl_info *info);
int pv_del_cgroup(struct sk_buff *skb, struct genl_info *info);

#endif /* _PV_CGROUP_SET_H */
