// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A connection to the module: opened, and closed.
 */
#include <errno.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <unistd.h>

#include "libpathvirt/family.h"
#include "libpathvirt/socket.h"

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
