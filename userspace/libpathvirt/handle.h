/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PV_HANDLE_H
#define PV_HANDLE_H

#include <stdint.h>

#include "libpathvirt/fault.h"
#include "libpathvirt/libpathvirt.h"

struct nl_sock;

/*
 * struct pv - a connection to the module
 *
 * @sock: requests and their answers
 * @events: the socket that has joined the multicast group; NULL until
 *	pv_monitor_start().  Apart from @sock, so that no event comes between a
 *	request and its answer.
 * @family: the netlink message type, from the controller
 * @group: the multicast group's number, from the controller
 * @device: a descriptor of the device; -1 until the first pv_relink()
 * @fault: what went wrong in the last call that failed
 */
struct pv {
	struct nl_sock *sock;
	struct nl_sock *events;
	int family;
	uint32_t group;
	int device;
	struct pv_fault fault;
};

#endif /* PV_HANDLE_H */
