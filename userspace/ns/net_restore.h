/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_NET_RESTORE_H
#define NS_NET_RESTORE_H

#include "ns/plan.h"
#include "ns/process.h"

/* What of a file's links, addresses and routes cannot be equal. */
void ns_net_plan(const struct ns_plan *plan, struct json_object *report);

/*
 * Make them in the new network namespace of @of, and report what could not be made.
 * Returns the exit status.
 */
int ns_net_restore(const struct ns_process *of, const struct ns_plan *plan,
		   struct json_object **report);

#endif /* NS_NET_RESTORE_H */
