/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_NET_RULES_H
#define NS_NET_RULES_H

#include <json-c/json.h>

#include "ns/file.h"

/*
 * The policy rules of routing (see ip-rule(8)), which say whose routes are in which table.
 * Each is what the kernel tells of it, in hex: what it takes as well, whatever else it will
 * know of rules one day. Links have their names in it.
 */

/* Put those of our network namespace into the array @rules.  Returns 0 or -errno. */
int ns_net_rules_read(struct json_object *rules);

/*
 * Put @here into @net, as "rules", if they are others than a @new namespace has, which may
 * be NULL.
 */
void ns_net_rules_save(struct json_object *net, struct json_object *here,
		       struct json_object *new);

/*
 * Make those of our network namespace what @net says.  What cannot be is put into @report.
 * A range of users is only taken from who is in the user namespace that owns it.
 */
void ns_net_rules_set(const struct ns_net *net, struct json_object *report);

#endif /* NS_NET_RULES_H */
