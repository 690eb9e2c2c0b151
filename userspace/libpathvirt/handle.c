// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A connection to the module: opened, closed, and its sockets.
 */
#include <errno.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libpathvirt/family.h"
#include "libpathvirt/handle.h"

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

int pv_open(struct pv **result)
{
	struct pv *pv = calloc(1, sizeof(*pv));

	*result = pv;
	if (!pv)
		return -ENOMEM;
	pv->device = -1;
	pv->sock = pv_socket_open(pv);
	if (!pv->sock)
		return -errno;
	return pv_family_find(pv);
}

void pv_close(struct pv *pv)
{
	if (!pv)
		return;
	nl_socket_free(pv->events);
	nl_socket_free(pv->sock);
	if (pv->device >= 0)
		close(pv->device);
	pv_fault_clear(&pv->fault);
	free(pv);
}

const char *pv_error(const struct pv *pv)
{
	return pv ? pv_fault_text(&pv->fault) : "out of memory";
}
