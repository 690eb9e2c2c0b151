// SPDX-License-Identifier: GPL-2.0
/*
 * What a network namespace holds: links, addresses and routes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/command.h"
#include "base/error.h"
#include "base/message.h"
#include "ns/enter.h"
#include "ns/file.h"
#include "ns/net_others.h"
#include "ns/net_rules.h"
#include "ns/net_save.h"
#include "ns/sysctl.h"

/*
 * struct net - all of a network namespace, as the kernel told it
 */
struct net {
	struct nl_sock *sock;
	struct nl_cache *links;
	struct nl_cache *addresses;
	struct nl_cache *routes;
};

static void net_close(struct net *net)
{
	nl_cache_put(net->routes);
	nl_cache_put(net->addresses);
	nl_cache_put(net->links);
	nl_socket_free(net->sock);
	*net = (struct net){ 0 };
}

/*
 * The kernel has answered by the time that a request was sent, so nobody waits for it; but
 * libnl does where it could not be sent.
 */
static int net_open(struct net *net)
{
	const struct timeval patience = { .tv_sec = 5 };
	int err;

	*net = (struct net){ .sock = nl_socket_alloc() };
	if (!net->sock)
		return -NLE_NOMEM;
	err = nl_connect(net->sock, NETLINK_ROUTE);
	if (!err && setsockopt(nl_socket_get_fd(net->sock), SOL_SOCKET,
			       SO_RCVTIMEO, &patience, sizeof(patience)))
		err = -nl_syserr2nlerr(errno);
	return err ?:
	       rtnl_link_alloc_cache(net->sock, AF_UNSPEC, &net->links) ?:
	       rtnl_addr_alloc_cache(net->sock, &net->addresses) ?:
	       rtnl_route_alloc_cache(net->sock, AF_UNSPEC, 0, &net->routes);
}

static void put_address(struct json_object *object, const char *name,
			struct nl_addr *address)
{
	char text[NS_NET_ADDRESS_TEXT];

	if (address)
		ns_put_string(object, name,
			      nl_addr2str(address, text, sizeof(text)));
}

/* ---- Links ---- */

static const char *name_of(const struct net *net, int index, char *name)
{
	struct rtnl_link *link = index ? rtnl_link_get(net->links, index) :
				 NULL;

	name[0] = '\0';
	if (link)
		snprintf(name, IFNAMSIZ, "%s", rtnl_link_get_name(link));
	rtnl_link_put(link);
	return name;
}

static void put_master(struct json_object *object, const struct net *net,
		       struct rtnl_link *link)
{
	char name[IFNAMSIZ];

	if (*name_of(net, rtnl_link_get_master(link), name))
		ns_put_string(object, "master", name);
}

static bool is_veth(struct rtnl_link *link)
{
	const char *type = rtnl_link_get_type(link);

	return type && !strcmp(type, "veth");
}

static void put_peer(struct json_object *object, const struct net *net,
		     struct rtnl_link *peer, bool outside)
{
	struct json_object *value = json_object_new_object();

	ns_put_string(value, "name", rtnl_link_get_name(peer));
	ns_put_bool(value, "outside", outside);
	ns_put_bool(value, "up", rtnl_link_get_flags(peer) & IFF_UP);
	put_master(value, net, peer);
	json_object_object_add(object, "peer", value);
}

static struct json_object *link_json(const struct net *net,
				     struct rtnl_link *link)
{
	struct json_object *object = json_object_new_object();
	const char *type = rtnl_link_get_type(link);

	ns_put_number(object, "index", rtnl_link_get_ifindex(link));
	ns_put_string(object, "name", rtnl_link_get_name(link));
	if (rtnl_link_get_flags(link) & IFF_LOOPBACK)
		type = "loopback";
	ns_put_string(object, "type", type ? type : "device");
	ns_put_bool(object, "up", rtnl_link_get_flags(link) & IFF_UP);
	ns_put_number(object, "flags", rtnl_link_get_flags(link) &
				       NS_NET_LINK_FLAGS);
	ns_put_number(object, "mtu", rtnl_link_get_mtu(link));
	put_address(object, "address", rtnl_link_get_addr(link));
	put_master(object, net, link);
	/* Of a veth, the number of its other end, wherever that is. */
	ns_put_number(object, "other", rtnl_link_get_link(link));
	return object;
}

/* ---- Addresses ---- */

/* In seconds from now; most have none. */
static void put_lifetime(struct json_object *object, const char *name,
			 uint32_t seconds)
{
	if (seconds != NS_NET_FOREVER)
		ns_put_number(object, name, seconds);
}

static struct json_object *address_json(const struct net *net,
					struct rtnl_addr *address)
{
	struct json_object *object = json_object_new_object();
	const char *label = rtnl_addr_get_label(address);
	char name[IFNAMSIZ];

	ns_put_string(object, "link",
		      name_of(net, rtnl_addr_get_ifindex(address), name));
	put_address(object, "local", rtnl_addr_get_local(address));
	put_address(object, "peer", rtnl_addr_get_peer(address));
	put_address(object, "broadcast", rtnl_addr_get_broadcast(address));
	if (label)
		ns_put_string(object, "label", label);
	ns_put_number(object, "scope", rtnl_addr_get_scope(address));
	ns_put_number(object, "flags", rtnl_addr_get_flags(address));
	put_lifetime(object, "valid", rtnl_addr_get_valid_lifetime(address));
	put_lifetime(object, "preferred",
		     rtnl_addr_get_preferred_lifetime(address));
	return object;
}

/* ---- Routes ---- */

static struct json_object *hop_json(const struct net *net,
				    struct rtnl_nexthop *hop)
{
	struct json_object *object = json_object_new_object();
	char name[IFNAMSIZ];

	if (*name_of(net, rtnl_route_nh_get_ifindex(hop), name))
		ns_put_string(object, "link", name);
	put_address(object, "gateway", rtnl_route_nh_get_gateway(hop));
	ns_put_number(object, "weight", rtnl_route_nh_get_weight(hop));
	ns_put_number(object, "flags", rtnl_route_nh_get_flags(hop) &
				       RTNH_F_ONLINK);
	return object;
}

/* By their numbers; the name of a congestion control is none. */
static struct json_object *metrics_json(struct rtnl_route *route)
{
	struct json_object *object = json_object_new_object();
	char name[12];
	uint32_t value;
	int i;

	for (i = 1; i <= RTAX_MAX; i++) {
		if (i == RTAX_CC_ALGO || rtnl_route_get_metric(route, i, &value))
			continue;
		snprintf(name, sizeof(name), "%d", i);
		ns_put_number(object, name, value);
	}
	return object;
}

static struct json_object *route_json(const struct net *net,
				      struct rtnl_route *route)
{
	struct json_object *object = json_object_new_object();
	struct json_object *hops = json_object_new_array();
	int i;

	ns_put_number(object, "family", rtnl_route_get_family(route));
	put_address(object, "destination", rtnl_route_get_dst(route));
	put_address(object, "source", rtnl_route_get_pref_src(route));
	ns_put_number(object, "table", rtnl_route_get_table(route));
	ns_put_number(object, "protocol", rtnl_route_get_protocol(route));
	ns_put_number(object, "scope", rtnl_route_get_scope(route));
	ns_put_number(object, "type", rtnl_route_get_type(route));
	ns_put_number(object, "priority", rtnl_route_get_priority(route));
	ns_put_number(object, "tos", rtnl_route_get_tos(route));
	json_object_object_add(object, "metrics", metrics_json(route));
	for (i = 0; i < rtnl_route_get_nnexthops(route); i++)
		json_object_array_add(hops, hop_json(net,
						     rtnl_route_nexthop_n(route, i)));
	json_object_object_add(object, "hops", hops);
	return object;
}

/* The kernel makes these itself, with the addresses. */
static bool is_automatic(struct rtnl_route *route)
{
	return rtnl_route_get_table(route) == RT_TABLE_LOCAL ||
	       rtnl_route_get_protocol(route) == RTPROT_KERNEL;
}

/* ---- All of it ---- */

static struct json_object *net_json(const struct net *net)
{
	struct json_object *object = json_object_new_object();
	struct json_object *links = json_object_new_array();
	struct json_object *addresses = json_object_new_array();
	struct json_object *routes = json_object_new_array();
	struct nl_object *at;

	for (at = nl_cache_get_first(net->links); at; at = nl_cache_get_next(at))
		json_object_array_add(links, link_json(net, (void *)at));
	for (at = nl_cache_get_first(net->addresses); at;
	     at = nl_cache_get_next(at))
		json_object_array_add(addresses, address_json(net, (void *)at));
	for (at = nl_cache_get_first(net->routes); at;
	     at = nl_cache_get_next(at))
		if (!is_automatic((void *)at))
			json_object_array_add(routes,
					      route_json(net, (void *)at));
	json_object_object_add(object, "links", links);
	json_object_object_add(object, "addresses", addresses);
	json_object_object_add(object, "routes", routes);
	return object;
}

/* struct settings - what a namespace has beside links, addresses and routes */
struct settings {
	struct json_object *sysctls, *fixed, *others, *rules;
};

static int read_settings(struct settings *settings)
{
	*settings = (struct settings){
		.sysctls = json_object_new_object(),
		.fixed = json_object_new_object(),
		.others = json_object_new_object(),
		.rules = json_object_new_array(),
	};
	return ns_sysctl_read(settings->sysctls, settings->fixed) ?:
	       ns_net_others_read(settings->others) ?:
	       ns_net_rules_read(settings->rules);
}

static void free_settings(struct settings *settings)
{
	json_object_put(settings->sysctls);
	json_object_put(settings->fixed);
	json_object_put(settings->others);
	json_object_put(settings->rules);
}

/* Beside those of a new one, in which we are after that; if there can be none, of nothing. */
static int save_settings(struct json_object *object)
{
	struct settings here, new = { 0 };
	int err = read_settings(&here);

	if (!err && !unshare(CLONE_NEWNET))
		err = read_settings(&new);
	else if (!err && error_is_shortage(errno))
		err = -errno;
	ns_sysctl_save(object, here.sysctls, here.fixed, new.sysctls);
	ns_net_others_save(object, here.others, new.others);
	ns_net_rules_save(object, here.rules, new.rules);
	free_settings(&new);
	free_settings(&here);
	if (err)
		return message_failed("cannot read the settings of the network: %s",
				      strerror(-err));
	return STATUS_DONE;
}

static int save(void *data, struct json_object **result)
{
	struct net net;
	int err = net_open(&net);

	(void)data;
	if (!err)
		*result = net_json(&net);
	net_close(&net);
	if (err)
		return message_failed("cannot read the network links: %s",
				      nl_geterror(err));
	return save_settings(*result);
}

/* The veth @index in @links whose other end is @other. */
static struct rtnl_link *find_peer(struct nl_cache *links, int index,
				   int other)
{
	struct rtnl_link *link = rtnl_link_get(links, index);

	if (link && is_veth(link) && rtnl_link_get_link(link) == other)
		return link;
	rtnl_link_put(link);
	return NULL;
}

static struct json_object *find_inside(struct json_object *links, int index,
				       int other)
{
	size_t i;

	for (i = 0; i < json_object_array_length(links); i++) {
		struct json_object *link = json_object_array_get_idx(links, i);

		if (ns_get_number(link, "index") == index &&
		    ns_get_number(link, "other") == other)
			return link;
	}
	return NULL;
}

/* Numbers are each namespace's own, so both ends must name each other. */
static void find_other_end(const struct net *ours, struct json_object *links,
			   struct json_object *link)
{
	int index = ns_get_number(link, "index");
	int other = ns_get_number(link, "other");
	struct json_object *inside = find_inside(links, other, index);
	struct rtnl_link *peer = find_peer(ours->links, other, index);

	if (inside) {
		struct json_object *value = json_object_new_object();

		ns_put_string(value, "name", ns_get_string(inside, "name"));
		ns_put_bool(value, "outside", false);
		ns_put_bool(value, "up", ns_get_bool(inside, "up"));
		json_object_object_add(link, "peer", value);
	} else if (peer) {
		put_peer(link, ours, peer, true);
	}
	rtnl_link_put(peer);
}

static int find_other_ends(struct json_object *links)
{
	struct net ours;
	int err = net_open(&ours);
	size_t i;

	for (i = 0; !err && i < json_object_array_length(links); i++) {
		struct json_object *link = json_object_array_get_idx(links, i);

		if (!strcmp(ns_get_string(link, "type"), "veth"))
			find_other_end(&ours, links, link);
	}
	net_close(&ours);
	if (err)
		return message_failed("cannot read our own network links: %s",
				      nl_geterror(err));
	return STATUS_DONE;
}

int ns_net_save(const struct ns_set *set, struct json_object **net)
{
	int status = ns_inside(set, save, NULL, net);

	return status == STATUS_DONE ? find_other_ends(ns_get(*net, "links")) :
	       status;
}
