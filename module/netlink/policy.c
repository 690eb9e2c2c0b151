// SPDX-License-Identifier: GPL-2.0
/* Made by scripts/policies from Documentation/netlink/specs/pathvirt.yaml. */
#include "netlink/flags.h"
#include "netlink/policy.h"

const struct nla_policy pv_rule_policy[PATHVIRT_RULE_A_UNDER + 1] = {
	[PATHVIRT_RULE_A_ORIGINAL] = { .type = NLA_NUL_STRING, .len = 4095, },
	[PATHVIRT_RULE_A_NEW] = { .type = NLA_NUL_STRING, .len = 4095, },
	[PATHVIRT_RULE_A_UNDER] = { .type = NLA_FLAG, },
};

const struct nla_policy pv_stage_policy[PATHVIRT_A_RULE + 1] = {
	[PATHVIRT_A_RULE] = NLA_POLICY_NESTED(pv_rule_policy),
};

const struct nla_policy pv_set_policy[PATHVIRT_A_CGROUP_FD + 1] = {
	[PATHVIRT_A_PID] = NLA_POLICY_MIN(NLA_U32, 1),
	[PATHVIRT_A_PIDFD] = NLA_POLICY_MIN(NLA_S32, 0),
	[PATHVIRT_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, PV_FLAGS_SET),
	[PATHVIRT_A_RULE] = NLA_POLICY_NESTED(pv_rule_policy),
	[PATHVIRT_A_CGROUP_FD] = NLA_POLICY_MIN(NLA_S32, 0),
};

const struct nla_policy pv_get_policy[PATHVIRT_A_CGROUP_FD + 1] = {
	[PATHVIRT_A_PID] = NLA_POLICY_MIN(NLA_U32, 1),
	[PATHVIRT_A_PIDFD] = NLA_POLICY_MIN(NLA_S32, 0),
	[PATHVIRT_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, PV_FLAGS_GET),
	[PATHVIRT_A_CGROUP_FD] = NLA_POLICY_MIN(NLA_S32, 0),
};

const struct nla_policy pv_del_policy[PATHVIRT_A_CGROUP_FD + 1] = {
	[PATHVIRT_A_PID] = NLA_POLICY_MIN(NLA_U32, 1),
	[PATHVIRT_A_PIDFD] = NLA_POLICY_MIN(NLA_S32, 0),
	[PATHVIRT_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, PV_FLAGS_DEL),
	[PATHVIRT_A_CGROUP_FD] = NLA_POLICY_MIN(NLA_S32, 0),
};

const struct nla_policy pv_resolve_policy[PATHVIRT_A_REAL + 1] = {
	[PATHVIRT_A_PID] = NLA_POLICY_MIN(NLA_U32, 1),
	[PATHVIRT_A_PIDFD] = NLA_POLICY_MIN(NLA_S32, 0),
	[PATHVIRT_A_PATH] = { .type = NLA_NUL_STRING, .len = 4095, },
	[PATHVIRT_A_REAL] = { .type = NLA_NUL_STRING, .len = 4095, },
};
