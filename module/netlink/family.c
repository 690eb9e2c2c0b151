// SPDX-License-Identifier: GPL-2.0
/* Family: the generic-netlink family "pathvirt" itself, and its group of events. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/pid.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <linux/pathvirt.h>

#include "compat.h"
#include "netlink/family.h"
#include "process/events.h"

enum { PV_GROUP_EVENTS };

static const struct genl_multicast_group pv_family_groups[] = {
	/*
	 * The kernel asks for it in the user namespace of the network namespace;
	 * that of the initial one is the initial one, and nowhere else is told.
	 */
	[PV_GROUP_EVENTS] = {
		.name = PATHVIRT_MCGRP_EVENTS,
		.flags = GENL_MCAST_CAP_SYS_ADMIN,
	},
};

struct genl_family pv_family __ro_after_init = {
	.name = PATHVIRT_FAMILY_NAME,
	.version = PATHVIRT_FAMILY_VERSION,
	.module = THIS_MODULE,
	.netnsok = true,
	.parallel_ops = true,
	.mcgrps = pv_family_groups,
	.n_mcgrps = ARRAY_SIZE(pv_family_groups),
};

/* Whoever asks for the family by its name has the module loaded. */
MODULE_ALIAS_GENL_FAMILY(PATHVIRT_FAMILY_NAME);

/* Does anybody listen to the group "events"? */
static bool pv_netlink_heard(void)
{
	return genl_has_listeners(&pv_family, &init_net, PV_GROUP_EVENTS);
}

/* A listener finds out by the overrun that its socket reports. */
static void pv_netlink_lost(void)
{
	if (pv_netlink_heard())
		genl_set_err(&pv_family, &init_net, 0, PV_GROUP_EVENTS,
			     -ENOBUFS);
}

/*
 * Tell the group "events".  A listener that cannot be told for lack of memory finds
 * out by the overrun that its socket reports.
 */
static void pv_netlink_send(struct pid *pid, enum pathvirt_event event, pid_t parent)
{
	struct sk_buff *skb;
	void *header;

	if (!pv_netlink_heard())
		return;
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		goto lost;
	header = genlmsg_put(skb, 0, 0, &pv_family, 0, PATHVIRT_CMD_EVENT);
	if (!header ||
	    nla_put_u32(skb, PATHVIRT_A_EVENT, event) ||
	    nla_put_u32(skb, PATHVIRT_A_PID, pid_nr(pid)) ||
	    (parent && nla_put_u32(skb, PATHVIRT_A_PARENT, parent))) {
		nlmsg_free(skb);
		goto lost;
	}
	genlmsg_end(skb, header);
	genlmsg_multicast(&pv_family, skb, 0, PV_GROUP_EVENTS, GFP_KERNEL);
	return;
lost:
	pv_netlink_lost();
}

static const struct pv_event_sink pv_netlink_sink = {
	.heard = pv_netlink_heard,
	.send = pv_netlink_send,
	.lost = pv_netlink_lost,
};

/**
 * pv_family_init - open for business
 * @ops: what each request does; stays
 * @nr: how many these are
 *
 * Context: module load.
 * Return: 0 or a negative errno.
 */
int __init pv_family_init(const struct genl_ops *ops, unsigned int nr)
{
	int err;

	pv_family.ops = ops;
	pv_family.n_ops = nr;
	err = genl_register_family(&pv_family);
	if (err) {
		pr_err("cannot load: the netlink family cannot be registered (%d)\n",
		       err);
		return err;
	}
	pv_events_to(&pv_netlink_sink);
	return 0;
}

/**
 * pv_family_uninit - undo pv_family_init()
 *
 * Context: module load or unload.
 */
void pv_family_uninit(void)
{
	pv_events_to(NULL);
	genl_unregister_family(&pv_family);
}
