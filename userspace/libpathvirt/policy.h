/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PV_POLICY_H
#define PV_POLICY_H

#include <linux/pathvirt.h>
#include <netlink/attr.h>

struct nlmsghdr;

/*
 * Sort the attributes of a message, or of one PATHVIRT_A_RULE, into @tb, which
 * has PATHVIRT_A_MAX + 1 or PATHVIRT_RULE_A_MAX + 1 places.  Returns 0 or
 * -EBADMSG.
 */
int pv_policy_parse(struct nlmsghdr *header, struct nlattr **tb);
int pv_policy_parse_rule(struct nlattr *rule, struct nlattr **tb);

#endif /* PV_POLICY_H */
