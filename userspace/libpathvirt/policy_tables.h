/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Made by scripts/policies from Documentation/netlink/specs/pathvirt.yaml. */

static struct nla_policy rule_policy[PATHVIRT_RULE_A_MAX + 1] = {
	[PATHVIRT_RULE_A_ORIGINAL] = { .type = NLA_STRING },
	[PATHVIRT_RULE_A_NEW] = { .type = NLA_STRING },
	[PATHVIRT_RULE_A_UNDER] = { .type = NLA_FLAG },
};

static struct nla_policy message_policy[PATHVIRT_A_MAX + 1] = {
	[PATHVIRT_A_PID] = { .type = NLA_U32 },
	[PATHVIRT_A_PIDFD] = { .type = NLA_U32 },
	[PATHVIRT_A_FLAGS] = { .type = NLA_U32 },
	[PATHVIRT_A_RULE] = { .type = NLA_NESTED },
	[PATHVIRT_A_LAYER] = { .type = NLA_U32 },
	[PATHVIRT_A_LAYERS] = { .type = NLA_U32 },
	[PATHVIRT_A_RULES] = { .type = NLA_U32 },
	[PATHVIRT_A_OWN] = { .type = NLA_FLAG },
	[PATHVIRT_A_INDEX] = { .type = NLA_U32 },
	[PATHVIRT_A_PATH] = { .type = NLA_STRING },
	[PATHVIRT_A_REAL] = { .type = NLA_STRING },
	[PATHVIRT_A_EVENT] = { .type = NLA_U32 },
	[PATHVIRT_A_PARENT] = { .type = NLA_U32 },
	[PATHVIRT_A_VERSION] = { .type = NLA_STRING },
	[PATHVIRT_A_PROTOCOL] = { .type = NLA_U32 },
	[PATHVIRT_A_PROCESSES] = { .type = NLA_U32 },
	[PATHVIRT_A_TABLES] = { .type = NLA_U32 },
	[PATHVIRT_A_ARMED] = { .type = NLA_FLAG },
	[PATHVIRT_A_HOOK] = { .type = NLA_STRING },
	[PATHVIRT_A_PROBE] = { .type = NLA_STRING },
	[PATHVIRT_A_SITE] = { .type = NLA_STRING },
	[PATHVIRT_A_TRANSLATED] = { .type = NLA_U64 },
	[PATHVIRT_A_CGROUP_FD] = { .type = NLA_U32 },
	[PATHVIRT_A_CGROUP] = { .type = NLA_U64 },
	[PATHVIRT_A_CGROUPS] = { .type = NLA_U32 },
	[PATHVIRT_A_FURTHER] = { .type = NLA_STRING },
};
