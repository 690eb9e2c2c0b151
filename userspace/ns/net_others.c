// SPDX-License-Identifier: GPL-2.0
/*
 * What else a network namespace has.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/procfs.h"
#include "ns/file.h"
#include "ns/net_others.h"

/* Each begins with what it is about, which is all that is asked. */
union request {
	struct rtgenmsg any;
	struct ndmsg neighbour;
	struct tcmsg traffic;
	struct nfgenmsg filter;
};

/* Others the kernel finds out again. */
static bool is_permanent(const struct nlmsghdr *message)
{
	const struct ndmsg *neighbour = nlmsg_data(message);

	return neighbour->ndm_state & NUD_PERMANENT;
}

/* What the kernel gives to each link has no number. */
static bool is_chosen(const struct nlmsghdr *message)
{
	const struct tcmsg *traffic = nlmsg_data(message);

	return traffic->tcm_handle;
}

static bool is_any(const struct nlmsghdr *message)
{
	(void)message;
	return true;
}

/*
 * struct kind - what may be there
 *
 * @counts: is it one that somebody made?
 */
static const struct kind {
	const char *name;
	int protocol;
	int type;
	bool (*counts)(const struct nlmsghdr *message);
} kinds[] = {
	{ "permanent neighbours", NETLINK_ROUTE, RTM_GETNEIGH, is_permanent },
	{ "traffic control", NETLINK_ROUTE, RTM_GETQDISC, is_chosen },
	{ "packet filters", NETLINK_NETFILTER,
	  NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, is_any },
	{ "IPsec policies", NETLINK_XFRM, XFRM_MSG_GETPOLICY, is_any },
	{ "IPsec states", NETLINK_XFRM, XFRM_MSG_GETSA, is_any },
};

/* struct search - for one kind, of which @count were found */
struct search {
	const struct kind *kind;
	int count;
};

static int take_message(struct nl_msg *message, void *arg)
{
	struct search *search = arg;

	search->count += search->kind->counts(nlmsg_hdr(message));
	return NL_OK;
}

/* A kernel that does not know them has none.  Returns their number or -ENOMEM. */
static int count(const struct kind *kind)
{
	struct search search = { .kind = kind };
	struct nl_sock *sock = nl_socket_alloc();
	union request request = { 0 };
	int err;

	if (!sock)
		return -ENOMEM;
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take_message,
			    &search);
	err = nl_connect(sock, kind->protocol) ?:
	      nl_send_simple(sock, kind->type, NLM_F_DUMP, &request,
			     sizeof(request));
	if (err >= 0)
		err = nl_recvmsgs_default(sock);
	nl_socket_free(sock);
	return err == -NLE_NOMEM ? -ENOMEM : search.count;
}

/* The older packet filters, which have tables as soon as somebody has looked for them. */
static int count_old(const char *path)
{
	CLEANUP_FREE char *text = procfs_read(path);
	int any = text ? *text != '\0' : 0;

	if (!text && error_is_shortage(errno))
		any = -errno;
	return any;
}

static int put_count(struct json_object *counts, const char *name, int number)
{
	if (number >= 0)
		ns_put_number(counts, name, number);
	return number < 0 ? number : 0;
}

int ns_net_others_read(struct json_object *counts)
{
	size_t i;
	int err = 0;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !err; i++)
		err = put_count(counts, kinds[i].name, count(&kinds[i]));
	if (!err)
		err = put_count(counts, "packet filters (iptables)",
				count_old("/proc/self/net/ip_tables_names"));
	if (!err)
		err = put_count(counts, "packet filters (ip6tables)",
				count_old("/proc/self/net/ip6_tables_names"));
	return err;
}

void ns_net_others_save(struct json_object *net, const struct json_object *here,
			const struct json_object *new)
{
	struct json_object *others = json_object_new_array();

	json_object_object_foreach(here, name, value)
		if (json_object_get_int64(value) != ns_get_number(new, name))
			json_object_array_add(others,
					      json_object_new_string(name));
	json_object_object_add(net, "others", others);
}
