// SPDX-License-Identifier: GPL-2.0
/*
 * Users.
 *
 * Who is a user here is a number of the initial user namespace.  A user namespace
 * is a way to have many of them; so what they take is charged a second time, to
 * whoever has made the outermost one that they are in.  Where that is root, it is a
 * container, and the namespace itself stands for its maker: what one container
 * takes is not missed by another.
 *
 * Uncharging is done when memory is given back, which for tables is after a grace
 * period; so whoever is over the limit waits for that before he is refused.
 */
#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/user_namespace.h>

#include "user.h"

static unsigned int user_memory = 256;
module_param(user_memory, uint, 0644);
MODULE_PARM_DESC(user_memory,
		 "MiB that the tables of one user may take; CAP_SYS_RESOURCE is exempt (default 256)");

/**
 * struct pv_user_key - who it is
 * @uid: the user, as the initial user namespace counts
 * @ns: 0, or the number of a user namespace that root has made, which stands for
 *	all who are in it; @uid is 0 then
 */
struct pv_user_key {
	u32 uid;
	u32 ns;
};

/**
 * struct pv_user - a user
 * @node: in pv_users
 * @key: who it is
 * @refs: one for each charge; the last one takes it out of pv_users
 * @bytes: what is charged
 * @rcu: for freeing after a grace period
 */
struct pv_user {
	struct rhash_head node;
	struct pv_user_key key;
	refcount_t refs;
	atomic_long_t bytes;
	struct rcu_head rcu;
};

static const struct rhashtable_params pv_users_params = {
	.head_offset = offsetof(struct pv_user, node),
	.key_offset = offsetof(struct pv_user, key),
	.key_len = sizeof(struct pv_user_key),
	.automatic_shrinking = true,
};

/* The lock makes finding one and dropping the last reference exclude each other. */
static struct rhashtable pv_users;
static DEFINE_SPINLOCK(pv_users_lock);

/* A reference, to @new where there was none. */
static struct pv_user *pv_user_enter(struct pv_user *new)
{
	struct pv_user *user;
	int err = 0;

	spin_lock_bh(&pv_users_lock);
	user = rhashtable_lookup_fast(&pv_users, &new->key, pv_users_params);
	if (user)
		refcount_inc(&user->refs);
	else
		err = rhashtable_insert_fast(&pv_users, &new->node,
					     pv_users_params);
	spin_unlock_bh(&pv_users_lock);
	if (user)
		return user;
	return err ? NULL : new;
}

static struct pv_user *pv_user_get(u32 uid, u32 ns)
{
	struct pv_user *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	struct pv_user *user;

	if (!new)
		return NULL;
	new->key.uid = uid;
	new->key.ns = ns;
	refcount_set(&new->refs, 1);
	user = pv_user_enter(new);
	if (user != new)
		kfree(new);
	return user;
}

static void pv_user_put(struct pv_user *user)
{
	bool last;

	/* Most are not the last one, and need no lock. */
	if (refcount_dec_not_one(&user->refs))
		return;
	spin_lock_bh(&pv_users_lock);
	last = refcount_dec_and_test(&user->refs);
	if (last)
		rhashtable_remove_fast(&pv_users, &user->node,
				       pv_users_params);
	spin_unlock_bh(&pv_users_lock);
	if (last)
		kfree_rcu(user, rcu);
}

/* The running task's outermost user namespace but the initial one, or NULL. */
static const struct user_namespace *pv_user_outermost(void)
{
	const struct user_namespace *ns = current_user_ns();

	if (ns == &init_user_ns)
		return NULL;
	while (ns->parent != &init_user_ns)
		ns = ns->parent;
	return ns;
}

static int pv_charge_begin(struct pv_charge *charge)
{
	const struct user_namespace *ns = pv_user_outermost();
	kuid_t uid = current_euid();

	charge->bytes = 0;
	charge->payer[1] = NULL;
	charge->payer[0] = pv_user_get(__kuid_val(uid), 0);
	if (!charge->payer[0])
		return -ENOMEM;
	if (!ns || uid_eq(uid, ns->owner))
		return 0;
	if (uid_eq(ns->owner, GLOBAL_ROOT_UID))
		charge->payer[1] = pv_user_get(0, ns->ns.inum);
	else
		charge->payer[1] = pv_user_get(__kuid_val(ns->owner), 0);
	return charge->payer[1] ? 0 : -ENOMEM;
}

static void pv_charge_bytes(const struct pv_charge *charge, long bytes)
{
	int i;

	for (i = 0; i < PV_PAYERS; i++)
		if (charge->payer[i])
			atomic_long_add(bytes, &charge->payer[i]->bytes);
}

/* Is one of those who pay over the limit? */
static bool pv_charge_over(const struct pv_charge *charge)
{
	long limit = (long)READ_ONCE(user_memory) << 20;
	int i;

	for (i = 0; i < PV_PAYERS; i++)
		if (charge->payer[i] &&
		    atomic_long_read(&charge->payer[i]->bytes) > limit)
			return true;
	return false;
}

/**
 * pv_charge_add - charge the running task for more
 * @charge: all zero, or what this task, or another one with its credentials, was
 *	charged before
 * @bytes: how much more
 *
 * It is the effective user who pays, and the owner of the outermost user namespace.
 *
 * Context: may sleep, also for a grace period of RCU.
 * Return: 0, -EDQUOT if it is more than one user may have, -ENOMEM; then @charge is
 * as it was, and to be dropped all the same.
 */
int pv_charge_add(struct pv_charge *charge, size_t bytes)
{
	if (!charge->payer[0]) {
		int err = pv_charge_begin(charge);

		if (err)
			return err;
	}
	pv_charge_bytes(charge, bytes);
	if (pv_charge_over(charge) &&
	    !ns_capable_noaudit(&init_user_ns, CAP_SYS_RESOURCE)) {
		/* Is it only that something is not given back yet? */
		rcu_barrier();
		if (pv_charge_over(charge)) {
			pv_charge_bytes(charge, -(long)bytes);
			return -EDQUOT;
		}
	}
	charge->bytes += bytes;
	return 0;
}

/**
 * pv_charge_move - add one charge to another
 * @to: what grows; nothing, or of the same users as @from
 * @from: all zero afterwards
 */
void pv_charge_move(struct pv_charge *to, struct pv_charge *from)
{
	int i;

	if (!to->payer[0]) {
		*to = *from;
	} else {
		to->bytes += from->bytes;
		for (i = 0; i < PV_PAYERS; i++)
			if (from->payer[i])
				pv_user_put(from->payer[i]);
	}
	*from = (struct pv_charge){ };
}

/**
 * pv_charge_drop - the thing is gone that was charged for
 * @charge: all zero afterwards
 *
 * Context: any in which softirqs may be disabled, or are running.
 */
void pv_charge_drop(struct pv_charge *charge)
{
	int i;

	pv_charge_bytes(charge, -(long)charge->bytes);
	for (i = 0; i < PV_PAYERS; i++)
		if (charge->payer[i])
			pv_user_put(charge->payer[i]);
	*charge = (struct pv_charge){ };
}

/**
 * pv_users_init - get ready to count
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int __init pv_users_init(void)
{
	return rhashtable_init(&pv_users, &pv_users_params);
}

/**
 * pv_users_uninit - undo pv_users_init()
 *
 * Context: module unload, when nothing is charged any more but what waits for the
 * end of a grace period.
 */
void pv_users_uninit(void)
{
	rcu_barrier();
	rhashtable_destroy(&pv_users);
}
