/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_NET_SAVE_H
#define NS_NET_SAVE_H

#include <json-c/json.h>

#include "ns/set.h"

/*
 * The links, addresses and routes of the network namespace in @set, which is not
 * ours: a veth whose other end is in ours is told as such.  Returns the exit
 * status.
 */
int ns_net_save(const struct ns_set *set, struct json_object **net);

#endif /* NS_NET_SAVE_H */
