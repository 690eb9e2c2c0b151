/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_SYSCTL_H
#define NS_SYSCTL_H

#include <json-c/json.h>

/*
 * Settings of the network, which each network namespace has for itself: /proc/sys/net shows
 * those of the namespace of who looks.
 *
 * Both are called in the namespace.  What differs from a new one's is told apart from what
 * does not: a kernel that lacks the latter lacks nothing that anybody set.
 */

/*
 * Put into @net all that are here: "sysctls", which a new namespace has otherwise, and
 * "defaults".  We are in another namespace after that: a new one, to compare with.
 */
void ns_sysctl_save(struct json_object *net);

/* Set those of @net that differ here. */
void ns_sysctl_set(const struct json_object *net);

/* The same once more, with those that cannot be set in @report. */
void ns_sysctl_check(const struct json_object *net, struct json_object *report);

#endif /* NS_SYSCTL_H */
