/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_ENTER_H
#define NS_ENTER_H

#include <json-c/json.h>

#include "ns/set.h"

/*
 * Go into all of @set that is open, and close it.  A PID namespace is for the
 * children made from then on.
 *
 * Who has privilege over the others but not over their owner goes there first;
 * who gets it by entering the user namespace enters that first.  Returns the exit
 * status; if it is not STATUS_DONE it has said why.
 */
int ns_enter(struct ns_set *set);

/*
 * A fork failed with @err after we went into a PID namespace: say why.  Returns the
 * exit status.
 */
int ns_enter_no_child(int err);

/*
 * What is done in other namespaces.  Returns the exit status, having said why if
 * that is not STATUS_DONE; may give back @result.
 */
typedef int (*ns_inside_fn)(void *data, struct json_object **result);

/*
 * Call @fn in a process of its own that has gone into @set, which stays open
 * here.  @result may be NULL.
 */
int ns_inside(const struct ns_set *set, ns_inside_fn fn, void *data,
	      struct json_object **result);

#endif /* NS_ENTER_H */
