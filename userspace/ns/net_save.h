/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_NET_SAVE_H
#define NS_NET_SAVE_H

#include <json-c/json.h>
#include <net/if.h>
#include <stdint.h>

#include "ns/set.h"

/* Long enough for an IPv6 address with a prefix length. */
#define NS_NET_ADDRESS_TEXT	64

/* Of an address that does not end. */
#define NS_NET_FOREVER		UINT32_MAX

/* What one may choose of a link, but for its being up. */
#define NS_NET_LINK_FLAGS	(IFF_DEBUG | IFF_NOTRAILERS | IFF_NOARP | \
				 IFF_PROMISC | IFF_ALLMULTI | IFF_MULTICAST)

/*
 * The links, addresses and routes of the network namespace in @set, which is not
 * ours: a veth whose other end is in ours is told as such.  Returns the exit
 * status.
 */
int ns_net_save(const struct ns_set *set, struct json_object **net);

#endif /* NS_NET_SAVE_H */
