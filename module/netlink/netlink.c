// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: which request is what.
 *
 * Attributes end in this folder: what the functions of others get are C types.
 * Documentation/netlink/specs/pathvirt.yaml describes the same for programs, and policy.c
 * is made from it.
 */
#include <linux/netlink.h>
#include <net/genetlink.h>
#include <linux/pathvirt.h>

#include "netlink/family.h"
#include "netlink/get.h"
#include "netlink/netlink.h"
#include "netlink/policy.h"
#include "netlink/query.h"
#include "netlink/set.h"

#define PV_OP_POLICY(name)	.policy = pv_##name##_policy, \
				.maxattr = ARRAY_SIZE(pv_##name##_policy) - 1

static const struct genl_ops pv_family_ops[] = {
	{
		.cmd = PATHVIRT_CMD_STAGE,
		.doit = pv_doit_stage,
		PV_OP_POLICY(stage),
	}, {
		.cmd = PATHVIRT_CMD_SET,
		.doit = pv_doit_set,
		PV_OP_POLICY(set),
	}, {
		.cmd = PATHVIRT_CMD_GET,
		.start = pv_get_start,
		.dumpit = pv_get_dumpit,
		.done = pv_get_done,
		PV_OP_POLICY(get),
	}, {
		.cmd = PATHVIRT_CMD_DEL,
		.doit = pv_doit_del,
		PV_OP_POLICY(del),
	}, {
		.cmd = PATHVIRT_CMD_RESOLVE,
		.doit = pv_doit_resolve,
		PV_OP_POLICY(resolve),
	}, {
		.cmd = PATHVIRT_CMD_STATUS,
		.doit = pv_doit_status,
	},
};

/**
 * pv_netlink_init - take requests
 *
 * Context: module load.
 * Return: 0 or a negative errno.
 */
int __init pv_netlink_init(void)
{
	return pv_family_init(pv_family_ops, ARRAY_SIZE(pv_family_ops));
}

/**
 * pv_netlink_uninit - undo pv_netlink_init()
 *
 * Context: module load or unload.
 */
void pv_netlink_uninit(void)
{
	pv_family_uninit();
}
