/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Users: how much memory of the kernel each of them holds by his tables.
 *
 * Memory cgroups bound what a user takes where he is in one that has a limit; this
 * bounds it everywhere.  Whoever makes user namespaces can be many users, so their
 * maker pays for what is charged there as well: see pv_charge_add().
 */
#ifndef _PV_USER_H
#define _PV_USER_H

#include <linux/types.h>

struct pv_user;

/* Who asks, and who has made his user namespace. */
#define PV_PAYERS	2

/**
 * struct pv_charge - what is charged for one thing
 * @payer: the users, a reference to each; NULL for none
 * @bytes: what each of them pays
 *
 * All zero, it is no charge.  Whoever has one may pass it on by copying it.
 */
struct pv_charge {
	struct pv_user *payer[PV_PAYERS];
	size_t bytes;
};

int pv_users_init(void);
void pv_users_uninit(void);

int pv_charge_add(struct pv_charge *charge, size_t bytes);
void pv_charge_move(struct pv_charge *to, struct pv_charge *from);
void pv_charge_drop(struct pv_charge *charge);

#endif /* _PV_USER_H */
