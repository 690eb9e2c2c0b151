// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Events, as they come.
 */
#include <errno.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <poll.h>
#include <string.h>

#include "libpathvirt/policy.h"
#include "libpathvirt/request.h"
#include "libpathvirt/socket.h"

/* Some thousand events: what a build forks while we do not look. */
#define EVENT_BUFFER	(1024 * 1024)

/* struct delivery - who gets the events, and whether it has had enough */
struct delivery {
	pv_event_fn each;
	void *arg;
	int result;
};

_Static_assert((int)PV_EVENT_ATTACH == PATHVIRT_EVENT_ATTACH &&
	       (int)PV_EVENT_EXIT == PATHVIRT_EVENT_EXIT, "events differ");

static void deliver(struct delivery *delivery, const struct pv_event *event)
{
	if (!delivery->result)
		delivery->result = delivery->each(event, delivery->arg);
}

static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlattr *tb[PATHVIRT_A_MAX + 1];
	struct pv_event event = { 0 };

	if (pv_policy_parse(nlmsg_hdr(msg), tb) || !tb[PATHVIRT_A_EVENT] ||
	    !tb[PATHVIRT_A_PID])
		return NL_SKIP;
	event.type = nla_get_u32(tb[PATHVIRT_A_EVENT]);
	event.pid = nla_get_u32(tb[PATHVIRT_A_PID]);
	if (tb[PATHVIRT_A_PARENT])
		event.parent = nla_get_u32(tb[PATHVIRT_A_PARENT]);
	deliver(arg, &event);
	return NL_OK;
}

/* Events answer no request, so their numbers are in no sequence. */
static int accept_any(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

int pv_monitor_start(struct pv *pv)
{
	struct nl_sock *sock;
	int err;

	if (pv->events)
		return nl_socket_get_fd(pv->events);
	sock = pv_socket_open(pv);
	if (!sock)
		return -errno;

	nl_socket_set_nonblocking(sock);
	nl_socket_set_buffer_size(sock, EVENT_BUFFER, 0);
	errno = 0;
	if (nl_socket_add_membership(sock, pv->group)) {
		err = errno ? errno : EIO;
		nl_socket_free(sock);
		if (err == EPERM)
			return pv_fault_set(&pv->fault, -err,
					    "events tell of all processes, so they need CAP_SYS_ADMIN in the initial user namespace");
		return pv_fault_set(&pv->fault, -err,
				    "cannot join the group of events: %s",
				    strerror(err));
	}
	pv->events = sock;
	return nl_socket_get_fd(sock);
}

/* One datagram.  Only errno tells an overrun apart. */
static int read_some(struct pv *pv, struct nl_cb *cb,
		     struct delivery *delivery)
{
	const struct pv_event lost = { .type = PV_EVENT_LOST };
	int err;

	errno = 0;
	err = nl_recvmsgs(pv->events, cb);
	if (err < 0 && errno == ENOBUFS) {
		deliver(delivery, &lost);
		return 0;
	}
	return err;
}

int pv_monitor_read(struct pv *pv, pv_event_fn each, void *arg)
{
	struct delivery delivery = { .each = each, .arg = arg };
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int err = 0;

	if (!cb)
		return pv_fault_set(&pv->fault, -ENOMEM, "out of memory");
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_event, &delivery);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, accept_any, NULL);
	while (err >= 0 && !delivery.result)
		err = read_some(pv, cb, &delivery);
	nl_cb_put(cb);

	if (delivery.result)
		return delivery.result;
	if (err == -NLE_AGAIN)
		return 0;
	return pv_fault_set(&pv->fault, -EIO, "netlink: %s", nl_geterror(err));
}

int pv_monitor(struct pv *pv, pv_event_fn each, void *arg)
{
	struct pollfd events = { .events = POLLIN };
	int err;

	events.fd = pv_monitor_start(pv);
	if (events.fd < 0)
		return events.fd;
	do {
		if (poll(&events, 1, -1) < 0)
			return pv_fault_set(&pv->fault, -errno, "%s",
					    strerror(errno));
		err = pv_monitor_read(pv, each, arg);
	} while (!err);
	return err;
}
