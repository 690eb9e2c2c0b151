/* SPDX-License-Identifier: GPL-2.0 */
/* Made by scripts/policies from Documentation/netlink/specs/pathvirt.yaml. */
#ifndef _PV_POLICY_H
#define _PV_POLICY_H

#include <net/netlink.h>
#include <linux/pathvirt.h>

extern const struct nla_policy pv_rule_policy[PATHVIRT_RULE_A_UNDER + 1];
extern const struct nla_policy pv_stage_policy[PATHVIRT_A_RULE + 1];
extern const struct nla_policy pv_set_policy[PATHVIRT_A_CGROUP_FD + 1];
extern const struct nla_policy pv_get_policy[PATHVIRT_A_CGROUP_FD + 1];
extern const struct nla_policy pv_del_policy[PATHVIRT_A_CGROUP_FD + 1];
extern const struct nla_policy pv_resolve_policy[PATHVIRT_A_REAL + 1];

#endif /* _PV_POLICY_H */
