// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The sockets of a connection.
 */
#include <errno.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <string.h>

#include "libpathvirt/socket.h"

/* More than the kernel puts into one message of a dump (32 KiB). */
#define RECEIVE_BUFFER	(64 * 1024)

static void set_options(struct nl_sock *sock)
{
	int fd = nl_socket_get_fd(sock), on = 1;

	/* Without these, messages of failure are shorter; no more is lost. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	nl_socket_set_msg_buf_size(sock, RECEIVE_BUFFER);
}

struct nl_sock *pv_socket_open(struct pv *pv)
{
	struct nl_sock *sock = nl_socket_alloc();
	int err;

	if (!sock) {
		pv_fault_set(&pv->fault, -ENOMEM, "out of memory");
		errno = ENOMEM;
		return NULL;
	}
	errno = 0;
	err = genl_connect(sock);
	if (err) {
		err = errno ? errno : EIO;
		pv_fault_set(&pv->fault, -err,
			     "cannot open a netlink socket: %s",
			     strerror(err));
		nl_socket_free(sock);
		errno = err;
		return NULL;
	}
	set_options(sock);
	return sock;
}

int pv_socket_renew(struct pv *pv)
{
	struct nl_sock *sock = pv_socket_open(pv);

	if (!sock)
		return -errno;
	nl_socket_free(pv->sock);
	pv->sock = sock;
	return 0;
}
