/* SPDX-License-Identifier: GPL-2.0 */
/* Stages: the tables that sockets are still sending. */
#ifndef _PV_STAGE_H
#define _PV_STAGE_H

#include <linux/types.h>

struct pv_charge;
struct pv_draft;
struct sock;

int pv_stages_init(void);
void pv_stages_uninit(void);

void pv_stage_look(struct sock *sk, u32 portid, struct pv_draft *draft);
int pv_stage_add(struct sock *sk, u32 portid, struct pv_draft *draft,
		 struct pv_charge *charge);
int pv_stage_take(struct sock *sk, u32 portid, struct pv_draft *draft,
		  struct pv_charge *charge);

#endif /* _PV_STAGE_H */
