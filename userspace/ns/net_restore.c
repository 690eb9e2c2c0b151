// SPDX-License-Identifier: GPL-2.0
/*
 * Making a network namespace's links, addresses and routes again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup_json.h"
#include "base/command.h"
#include "base/message.h"
#include "ns/enter.h"
#include "ns/net_restore.h"
#include "ns/net_save.h"
#include "ns/report.h"
#include "ns/net_rules.h"
#include "ns/sysctl.h"

/*
 * struct wire - what is under way, in the namespace
 *
 * @ours: where the other ends of veths go that were outside; -1 if we may not
 * @free: the names of these, but for those that others have
 */
struct wire {
	const struct ns_net *net;
	int ours;
	struct json_object *free;
	struct nl_sock *sock;
	struct json_object *report;
};

static bool is(const struct ns_link *link, const char *type)
{
	return !strcmp(link->type, type);
}

static bool is_outside(const struct ns_link *link)
{
	return link->has_peer && link->peer.outside;
}

static const char *peer_name(const struct ns_link *link)
{
	return link->has_peer ? link->peer.name : "";
}

/* ---- Planning ---- */

static void plan_veth(const struct ns_plan *plan, const struct ns_link *link,
		      struct json_object *report)
{
	const char *name = link->name;

	if (!link->has_peer)
		ns_report_add(report, "net",
			      "the other end of veth %s was somewhere else: it is made beside it",
			      name);
	else if (is_outside(link) && !plan->privileged)
		ns_report_add(report, "net",
			      "the other end of veth %s, %s, was outside, where we may make none: it is made beside it",
			      name, peer_name(link));
	else if (is_outside(link) && if_nametoindex(peer_name(link)))
		ns_report_add(report, "net",
			      "the other end of veth %s cannot be called %s, as there is one: the kernel chooses a name",
			      name, peer_name(link));
}

void ns_net_plan(const struct ns_plan *plan, struct json_object *report)
{
	const struct ns_net *net = &plan->file->net;
	size_t i;

	for (i = 0; i < net->others.count; i++)
		ns_report_add(report, "net",
			      "%s were other ones than those of a new network namespace: they are not restored",
			      net->others.word[i]);
	for (i = 0; i < net->link_count; i++) {
		const struct ns_link *link = &net->links[i];

		if (is(link, "veth"))
			plan_veth(plan, link, report);
		else if (!is(link, "loopback") && !is(link, "dummy"))
			ns_report_add(report, "net",
				      "link %s (%s) is not made again: only lo, veth and dummy are",
				      link->name, link->type);
	}
}

/* ---- Links ---- */

static void failed(struct wire *wire, const char *what, const char *name,
		   int err)
{
	ns_report_add(wire->report, "net", "%s %s cannot be made: %s", what,
		      name, nl_geterror(err));
}

/* What the saved link says of the new one; its hardware address as it was. */
static void dress(struct rtnl_link *link, const struct ns_link *saved)
{
	struct nl_addr *address = NULL;

	rtnl_link_set_name(link, saved->name);
	if (saved->mtu)
		rtnl_link_set_mtu(link, saved->mtu);
	if (saved->address && !nl_addr_parse(saved->address, AF_LLC, &address))
		rtnl_link_set_addr(link, address);
	nl_addr_put(address);
}

static const struct ns_link *find_link(const struct wire *wire, const char *name)
{
	size_t i;

	for (i = 0; i < wire->net->link_count; i++)
		if (!strcmp(wire->net->links[i].name, name))
			return &wire->net->links[i];
	return NULL;
}

/* As it was, or with a name of the kernel's choice where it is taken. */
static int add_veth(struct wire *wire, const struct ns_link *saved,
		    const char *peer_is)
{
	struct rtnl_link *link = rtnl_link_veth_alloc(), *peer;
	const struct ns_link *twin = find_link(wire, peer_is);
	int err;

	if (!link)
		return -NLE_NOMEM;
	dress(link, saved);
	peer = rtnl_link_veth_get_peer(link);
	if (is_outside(saved) && wire->ours >= 0)
		rtnl_link_set_ns_fd(peer, wire->ours);
	else if (twin)
		dress(peer, twin);
	if (*peer_is)
		rtnl_link_set_name(peer, peer_is);
	err = rtnl_link_add(wire->sock, link, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_link_put(peer);
	rtnl_link_put(link);
	return err;
}

/* Where it is made beside it, another one may have its name. */
static const char *name_for_peer(const struct wire *wire,
				 const struct ns_link *saved)
{
	const char *name = peer_name(saved);

	return is_outside(saved) && wire->ours < 0 && find_link(wire, name) ?
	       "" : name;
}

static int make_veth(struct wire *wire, const struct ns_link *saved)
{
	int err = add_veth(wire, saved, name_for_peer(wire, saved));

	if (err == -NLE_EXIST && is_outside(saved))
		err = add_veth(wire, saved, "");
	return err;
}

static int make_dummy(struct wire *wire, const struct ns_link *saved)
{
	struct rtnl_link *link = rtnl_link_alloc();
	int err;

	if (!link)
		return -NLE_NOMEM;
	dress(link, saved);
	err = rtnl_link_set_type(link, "dummy") ?:
	      rtnl_link_add(wire->sock, link, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_link_put(link);
	return err;
}

/* Both ends of a veth are saved where both were inside: the second is there. */
static void make_link(struct wire *wire, const struct ns_link *saved)
{
	int err = 0;

	if (if_nametoindex(saved->name))
		return;
	if (is(saved, "veth"))
		err = make_veth(wire, saved);
	else if (is(saved, "dummy"))
		err = make_dummy(wire, saved);
	if (err)
		failed(wire, saved->type, saved->name, err);
}

/* What @fill says of the link @name by what was @saved. */
static int change(struct wire *wire, const char *name,
		  void (*fill)(struct rtnl_link *to, const struct ns_link *saved),
		  const struct ns_link *saved)
{
	struct rtnl_link *old = rtnl_link_alloc(), *to = rtnl_link_alloc();
	int err = -NLE_NOMEM;

	if (old && to) {
		rtnl_link_set_ifindex(old, if_nametoindex(name));
		fill(to, saved);
		err = rtnl_link_change(wire->sock, old, to, 0);
	}
	rtnl_link_put(to);
	rtnl_link_put(old);
	return err;
}

static void fill_up(struct rtnl_link *link, const struct ns_link *saved)
{
	(void)saved;
	rtnl_link_set_flags(link, IFF_UP);
}

static void set_up(struct wire *wire, const char *name)
{
	int err = change(wire, name, fill_up, NULL);

	if (err)
		ns_report_add(wire->report, "net",
			      "link %s cannot be set up: %s", name,
			      nl_geterror(err));
}

static void fill_flags(struct rtnl_link *link, const struct ns_link *saved)
{
	unsigned int flags = saved->flags;

	rtnl_link_set_flags(link, flags & NS_NET_LINK_FLAGS);
	rtnl_link_unset_flags(link, ~flags & NS_NET_LINK_FLAGS);
}

/* Files of an older pvadm do not tell them. */
static void set_flags(struct wire *wire, const struct ns_link *saved)
{
	int err;

	if (saved->flags < 0 || !if_nametoindex(saved->name))
		return;
	err = change(wire, saved->name, fill_flags, saved);
	if (err)
		ns_report_add(wire->report, "net",
			      "link %s cannot have the flags that it had: %s",
			      saved->name, nl_geterror(err));
}

/* It is there from the beginning, with the name and size that all have. */
static void fill_loopback(struct rtnl_link *link, const struct ns_link *saved)
{
	rtnl_link_set_name(link, saved->name);
	rtnl_link_set_mtu(link, saved->mtu);
}

static void dress_loopback(struct wire *wire, const struct ns_link *saved)
{
	int err = is(saved, "loopback") ?
		  change(wire, "lo", fill_loopback, saved) : 0;

	if (err)
		failed(wire, "link", saved->name, err);
}

/* ---- Addresses ---- */

/* @set gives the object the address @text, if there is one. */
#define SET_ADDRESS(set, object, text, family) ({			\
	CLEANUP(drop_address) struct nl_addr *value_ = NULL;		\
									\
	!(text) ? 0 : (nl_addr_parse(text, family, &value_) ?:		\
		       set(object, value_));				\
})

static void drop_address(struct nl_addr **address)
{
	nl_addr_put(*address);
}

static int set_addresses(struct rtnl_addr *address,
			 const struct ns_address *saved)
{
	return SET_ADDRESS(rtnl_addr_set_local, address, saved->local, AF_UNSPEC) ?:
	       SET_ADDRESS(rtnl_addr_set_peer, address, saved->peer, AF_UNSPEC) ?:
	       SET_ADDRESS(rtnl_addr_set_broadcast, address, saved->broadcast, AF_UNSPEC);
}

/* Those that one may choose. */
static unsigned int flags_of(const struct ns_address *saved)
{
	const unsigned int settable = IFA_F_NODAD | IFA_F_HOMEADDRESS |
				      IFA_F_MANAGETEMPADDR |
				      IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN;

	return saved->flags & settable;
}

static void set_lifetimes(struct rtnl_addr *address,
			  const struct ns_address *saved)
{
	if (saved->valid >= 0)
		rtnl_addr_set_valid_lifetime(address, saved->valid);
	if (saved->preferred >= 0)
		rtnl_addr_set_preferred_lifetime(address, saved->preferred);
}

/*
 * Nobody is here yet to have an address of IPv6, too: it is not looked for, so that the
 * command can use it at once.  Then it gets the flags that it had.
 */
static int add_with_flags(struct wire *wire, struct rtnl_addr *address,
			  const struct ns_address *saved)
{
	unsigned int flags = flags_of(saved);
	bool six = rtnl_addr_get_family(address) == AF_INET6;
	int err;

	rtnl_addr_set_flags(address, six ? flags | IFA_F_NODAD : flags);
	err = rtnl_addr_add(wire->sock, address, 0);
	if (err || !six || flags & IFA_F_NODAD)
		return err;
	rtnl_addr_unset_flags(address, IFA_F_NODAD);
	return rtnl_addr_add(wire->sock, address, NLM_F_REPLACE);
}

/* Those that the kernel makes itself are there already. */
static void add_address(struct wire *wire, const struct ns_address *saved)
{
	struct rtnl_addr *address;
	int err;

	/* What was not made was told. */
	if (!if_nametoindex(saved->link))
		return;
	address = rtnl_addr_alloc();
	err = address ? set_addresses(address, saved) : -NLE_NOMEM;
	if (!err) {
		rtnl_addr_set_ifindex(address, if_nametoindex(saved->link));
		rtnl_addr_set_scope(address, saved->scope);
		if (saved->label)
			rtnl_addr_set_label(address, saved->label);
		set_lifetimes(address, saved);
		err = add_with_flags(wire, address, saved);
	}
	rtnl_addr_put(address);
	if (err && err != -NLE_EXIST)
		failed(wire, "address", saved->local, err);
}

static bool is_saved(const struct wire *wire, const char *link,
		     struct rtnl_addr *address)
{
	const struct ns_address *all = wire->net->addresses;
	char text[NS_NET_ADDRESS_TEXT];
	size_t i;

	nl_addr2str(rtnl_addr_get_local(address), text, sizeof(text));
	for (i = 0; i < wire->net->address_count; i++)
		if (!strcmp(all[i].link, link) && !strcmp(all[i].local, text))
			return true;
	return false;
}

static void drop_unless_saved(struct wire *wire, struct rtnl_addr *address)
{
	char text[NS_NET_ADDRESS_TEXT], link[IF_NAMESIZE];
	int err;

	if (!if_indextoname(rtnl_addr_get_ifindex(address), link) ||
	    is_saved(wire, link, address))
		return;
	err = rtnl_addr_delete(wire->sock, address, 0);
	if (err && err != -NLE_NOADDR)
		ns_report_add(wire->report, "net",
			      "%s has the address %s, which it had not: %s",
			      link, nl_addr2str(rtnl_addr_get_local(address),
						text, sizeof(text)),
			      nl_geterror(err));
}

/* The kernel gives some to each link that is set up, also where they were removed. */
static void drop_others(struct wire *wire)
{
	struct nl_cache *all;
	struct nl_object *at;
	int err = rtnl_addr_alloc_cache(wire->sock, &all);

	if (err) {
		ns_report_add(wire->report, "net",
			      "links may have addresses that they had not: %s",
			      nl_geterror(err));
		return;
	}
	for (at = nl_cache_get_first(all); at; at = nl_cache_get_next(at))
		drop_unless_saved(wire, (void *)at);
	nl_cache_put(all);
}

/* ---- Routes ---- */

static int add_hop(struct rtnl_route *route, const struct ns_hop *saved)
{
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
	CLEANUP(drop_address) struct nl_addr *gateway = NULL;
	int err = hop ? 0 : -NLE_NOMEM;

	if (!err && saved->link)
		rtnl_route_nh_set_ifindex(hop, if_nametoindex(saved->link));
	if (!err && saved->gateway) {
		err = nl_addr_parse(saved->gateway, AF_UNSPEC, &gateway);
		if (!err)
			rtnl_route_nh_set_gateway(hop, gateway);
	}
	if (err) {
		if (hop)
			rtnl_route_nh_free(hop);
		return err;
	}
	rtnl_route_nh_set_weight(hop, saved->weight);
	rtnl_route_nh_set_flags(hop, saved->flags);
	rtnl_route_add_nexthop(route, hop);
	return 0;
}

/* "none" is the default route's. */
static int set_ends(struct rtnl_route *route, const struct ns_route *saved)
{
	return SET_ADDRESS(rtnl_route_set_dst, route, saved->destination, saved->family) ?:
	       SET_ADDRESS(rtnl_route_set_pref_src, route, saved->source, saved->family);
}

static int fill_route(struct rtnl_route *route, const struct ns_route *saved)
{
	int err = rtnl_route_set_family(route, saved->family) ?:
		  set_ends(route, saved);
	size_t i;

	rtnl_route_set_table(route, saved->table);
	rtnl_route_set_protocol(route, saved->protocol);
	rtnl_route_set_scope(route, saved->scope);
	rtnl_route_set_priority(route, saved->priority);
	rtnl_route_set_tos(route, saved->tos);
	/* Files of an older pvadm do not tell them. */
	for (i = 0; i < saved->metrics.count; i++)
		rtnl_route_set_metric(route, atoi(saved->metrics.pair[i].name),
				      strtoll(saved->metrics.pair[i].text, NULL, 10));
	if (!err)
		err = rtnl_route_set_type(route, saved->type);
	for (i = 0; !err && i < saved->hop_count; i++)
		err = add_hop(route, &saved->hops[i]);
	return err;
}

static void add_route(struct wire *wire, const struct ns_route *saved)
{
	struct rtnl_route *route = rtnl_route_alloc();
	int err = (route ? fill_route(route, saved) : -NLE_NOMEM) ?:
		  rtnl_route_add(wire->sock, route, NLM_F_CREATE);

	rtnl_route_put(route);
	if (err && err != -NLE_EXIST)
		failed(wire, "route", saved->destination, err);
}

/* ---- All of it ---- */

static void each_link(struct wire *wire,
		      void (*fn)(struct wire *wire, const struct ns_link *saved))
{
	size_t i;

	for (i = 0; i < wire->net->link_count; i++)
		fn(wire, &wire->net->links[i]);
}

/* What was not made was told. */
static void set_up_if_there(struct wire *wire, const struct ns_link *saved)
{
	if (saved->up && if_nametoindex(saved->name))
		set_up(wire, saved->name);
}

/* For ns_inside(). */
static int restore(void *data, struct json_object **result)
{
	struct wire *wire = data;
	size_t i;
	int err;

	wire->report = json_object_new_array();
	*result = wire->report;
	wire->sock = nl_socket_alloc();
	err = wire->sock ? nl_connect(wire->sock, NETLINK_ROUTE) : -NLE_NOMEM;
	if (err) {
		nl_socket_free(wire->sock);
		return message_failed("cannot make network links: %s",
				      nl_geterror(err));
	}
	each_link(wire, dress_loopback);
	each_link(wire, make_link);
	each_link(wire, set_flags);
	/* Some tell which addresses a link gets when it is set up. */
	ns_sysctl_set(wire->net);
	/* The kernel gives addresses of its own to links that are up. */
	each_link(wire, set_up_if_there);
	for (i = 0; i < wire->net->address_count; i++)
		add_address(wire, &wire->net->addresses[i]);
	drop_others(wire);
	for (i = 0; i < wire->net->route_count; i++)
		add_route(wire, &wire->net->routes[i]);
	nl_socket_free(wire->sock);
	return STATUS_DONE;
}

/* The other ends that were outside: up, and in the bridge in which they were. */
static void set_up_outside(struct wire *wire, const struct ns_link *saved)
{
	const char *name = peer_name(saved), *master = saved->peer.master;
	int err = 0;

	if (!ns_get_bool(wire->free, name) || !if_nametoindex(name))
		return;
	if (master)
		err = if_nametoindex(master) ?
		      rtnl_link_enslave_ifindex(wire->sock,
						if_nametoindex(master),
						if_nametoindex(name)) :
		      -NLE_NODEV;
	if (err)
		ns_report_add(wire->report, "net",
			      "%s cannot be put into %s: %s", name, master,
			      nl_geterror(err));
	if (saved->peer.up)
		set_up(wire, name);
}

static int restore_outside(struct wire *wire, struct json_object *report)
{
	int err;

	wire->report = report;
	wire->sock = nl_socket_alloc();
	err = wire->sock ? nl_connect(wire->sock, NETLINK_ROUTE) : -NLE_NOMEM;
	if (!err)
		each_link(wire, set_up_outside);
	nl_socket_free(wire->sock);
	if (err)
		return message_failed("cannot set up network links: %s",
				      nl_geterror(err));
	return STATUS_DONE;
}

static void note_free(struct wire *wire, const struct ns_link *saved)
{
	const char *name = peer_name(saved);

	if (is_outside(saved) && !if_nametoindex(name))
		ns_put_bool(wire->free, name, true);
}

/* For ns_inside(). */
static int restore_settings(void *data, struct json_object **result)
{
	*result = json_object_new_array();
	ns_net_rules_set(data, *result);
	ns_sysctl_check(data, *result);
	return STATUS_DONE;
}

/* As the owner of the namespace, to whom the kernel shows and of whom it takes ids. */
static int restore_as_owner(const struct ns_process *of,
			    const struct ns_net *net, struct json_object *report)
{
	struct ns_set set = ns_process_one(of, NS_NET);
	CLEANUP_JSON struct json_object *more = NULL;
	int status = ns_inside(&set, restore_settings, (void *)net, &more);

	if (status == STATUS_DONE)
		ns_report_append(report, more);
	return status;
}

int ns_net_restore(const struct ns_process *of, const struct ns_plan *plan,
		   struct json_object **report)
{
	struct wire wire = { .net = &plan->file->net, .ours = -1 };
	struct ns_set set = ns_process_one(of, NS_NET);
	int status;

	wire.free = json_object_new_object();
	each_link(&wire, note_free);
	if (plan->privileged) {
		/* Privilege here is needed, too, and is there already. */
		set.fd[NS_USER] = -1;
		if (!plan->rehearsal)
			wire.ours = open("/proc/self/ns/net",
					 O_RDONLY | O_CLOEXEC);
	}
	status = ns_inside(&set, restore, &wire, report) ?:
		 restore_as_owner(of, wire.net, *report);
	if (status == STATUS_DONE && wire.ours >= 0)
		status = restore_outside(&wire, *report);
	if (wire.ours >= 0)
		close(wire.ours);
	json_object_put(wire.free);
	return status;
}
