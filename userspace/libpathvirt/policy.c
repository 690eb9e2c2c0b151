// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the attributes that the kernel sends must look like.
 */
#include <errno.h>
#include <netlink/genl/genl.h>

#include "libpathvirt/policy.h"
#include "libpathvirt/policy_tables.h"

int pv_policy_parse(struct nlmsghdr *header, struct nlattr **tb)
{
	return genlmsg_parse(header, 0, tb, PATHVIRT_A_MAX, message_policy) ?
	       -EBADMSG : 0;
}

int pv_policy_parse_rule(struct nlattr *rule, struct nlattr **tb)
{
	return nla_parse_nested(tb, PATHVIRT_RULE_A_MAX, rule, rule_policy) ?
	       -EBADMSG : 0;
}
