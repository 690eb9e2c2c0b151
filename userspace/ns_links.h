/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_LINKS_H
#define NS_LINKS_H

#include <json-c/json.h>

#include "ns_set.h"

/*
 * The links, addresses and routes of the network namespace in @set, which is not
 * ours: a veth whose other end is in ours is told as such.  Returns the exit
 * status.
 */
int ns_links_save(const struct ns_set *set, struct json_object **net);

#endif /* NS_LINKS_H */
