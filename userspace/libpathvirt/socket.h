/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PV_SOCKET_H
#define PV_SOCKET_H

#include "libpathvirt/handle.h"

/* A connected socket with extended acks, or NULL with the fault set. */
struct nl_sock *pv_socket_open(struct pv *pv);

/* Replace @pv->sock: what the kernel holds for the old one is dropped. */
int pv_socket_renew(struct pv *pv);

#endif /* PV_SOCKET_H */
