/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_SYSCTL_H
#define NS_SYSCTL_H

#include <json-c/json.h>

#include "ns/file.h"

/*
 * Settings of the network, which each network namespace has for itself: /proc/sys/net shows
 * those of the namespace of who looks.
 *
 * What differs from a new one's is told apart from what does not: a kernel that lacks the
 * latter lacks nothing that anybody set.
 */

/*
 * Those of our namespace that can be read, in @values: {path below /proc/sys: value}.  Those
 * that nobody can set are noted in @fixed, if that is not NULL.  Returns 0 or -errno.
 */
int ns_sysctl_read(struct json_object *values, struct json_object *fixed);

/*
 * Put them into @net: "sysctls", which a @new namespace has otherwise, and "defaults".
 * Without a new one, everything counts as set by somebody.
 */
void ns_sysctl_save(struct json_object *net, const struct json_object *here,
		    const struct json_object *fixed,
		    const struct json_object *new);

/* Set those of @net that differ here. */
void ns_sysctl_set(const struct ns_net *net);

/* The same once more, with those that cannot be set in @report. */
void ns_sysctl_check(const struct ns_net *net, struct json_object *report);

#endif /* NS_SYSCTL_H */
