// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Is the module there, and does it speak our version?
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/pathvirt.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <string.h>

#include "libpathvirt/family.h"
#include "libpathvirt/request.h"

/*
 * struct family - what the controller says
 *
 * The numbers are 0 where it does not say.
 */
struct family {
	uint32_t id;
	uint32_t version;
	uint32_t group;
};

static struct nla_policy family_policy[CTRL_ATTR_MAX + 1] = {
	[CTRL_ATTR_FAMILY_ID]	 = { .type = NLA_U16 },
	[CTRL_ATTR_VERSION]	 = { .type = NLA_U32 },
	[CTRL_ATTR_MCAST_GROUPS] = { .type = NLA_NESTED },
};

static struct nla_policy group_policy[CTRL_ATTR_MCAST_GRP_MAX + 1] = {
	[CTRL_ATTR_MCAST_GRP_NAME] = { .type = NLA_STRING },
	[CTRL_ATTR_MCAST_GRP_ID]   = { .type = NLA_U32 },
};

static uint32_t find_group(struct nlattr *groups)
{
	struct nlattr *group, *tb[CTRL_ATTR_MCAST_GRP_MAX + 1];
	int left;

	nla_for_each_nested(group, groups, left) {
		if (nla_parse_nested(tb, CTRL_ATTR_MCAST_GRP_MAX, group,
				     group_policy) < 0)
			continue;
		if (tb[CTRL_ATTR_MCAST_GRP_NAME] &&
		    tb[CTRL_ATTR_MCAST_GRP_ID] &&
		    !nla_strcmp(tb[CTRL_ATTR_MCAST_GRP_NAME],
				PATHVIRT_MCGRP_EVENTS))
			return nla_get_u32(tb[CTRL_ATTR_MCAST_GRP_ID]);
	}
	return 0;
}

static int read_family(struct nlmsghdr *header, void *arg)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct family *family = arg;

	if (genlmsg_parse(header, 0, tb, CTRL_ATTR_MAX, family_policy) < 0 ||
	    !tb[CTRL_ATTR_FAMILY_ID])
		return -EBADMSG;
	family->id = nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	if (tb[CTRL_ATTR_VERSION])
		family->version = nla_get_u32(tb[CTRL_ATTR_VERSION]);
	if (tb[CTRL_ATTR_MCAST_GROUPS])
		family->group = find_group(tb[CTRL_ATTR_MCAST_GROUPS]);
	return 0;
}

static struct nl_msg *family_request(struct pv *pv)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, GENL_ID_CTRL, 0,
			       0, CTRL_CMD_GETFAMILY, 1) &&
	    !nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, PATHVIRT_FAMILY_NAME))
		return msg;
	nlmsg_free(msg);
	pv_fault_set(&pv->fault, -ENOMEM, "out of memory");
	return NULL;
}

int pv_family_find(struct pv *pv)
{
	struct nl_msg *msg = family_request(pv);
	struct family family = { 0 };
	int err;

	if (!msg)
		return -ENOMEM;
	err = pv_request_run(pv, msg, read_family, &family);
	if (err == -ENOENT)
		return pv_fault_set(&pv->fault, -ENOPKG,
				    "the kernel module pathvirt is not loaded, and the kernel could not load it: \"modprobe pathvirt\" tells why");
	if (err)
		return err;
	if (family.version != PATHVIRT_FAMILY_VERSION)
		return pv_fault_set(&pv->fault, -EPROTONOSUPPORT,
				    "the loaded kernel module pathvirt speaks version %u of the protocol, this program version %u: install both from one release",
				    family.version, PATHVIRT_FAMILY_VERSION);
	pv->family = family.id;
	pv->group = family.group;
	return 0;
}
