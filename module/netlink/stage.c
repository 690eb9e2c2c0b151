// SPDX-License-Identifier: GPL-2.0
/*
 * Stages.
 *
 * A stage belongs to one socket and to the credentials that it was begun with.
 * Whose it is, is told by the socket's own address, which cannot be used again as
 * the stage holds a reference to it; the address that the socket had in netlink may
 * be another one's by the time that we hear of its end.  But by that address they are
 * found, as it is all that we hear then.
 *
 * Whatever takes long, parsing, allocating and freeing, is done outside of the
 * lock, by who asked or by a worker of the kernel's.
 */
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/netlink.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <linux/pathvirt.h>

#include "netlink/stage.h"
#include "process/access.h"
#include "rules/draft.h"
#include "user.h"

/* Where the socket is, or was. */
struct pv_stage_key {
	const struct net *net;
	u32 portid;
};

/**
 * struct pv_stage - the rules that one socket has staged
 * @node: in pv_stages
 * @key: the socket's network namespace, which is only compared, and its address there
 * @sk: the socket, a reference
 * @cred: who has begun to stage, a reference
 * @draft: the rules; guarded by pv_stages_lock
 * @charge: what they cost; guarded by it as well
 * @gone: in pv_stages_gone
 * @rcu: for freeing after a grace period
 */
struct pv_stage {
	struct rhlist_head node;
	struct pv_stage_key key;
	struct sock *sk;
	const struct cred *cred;
	struct pv_draft draft;
	struct pv_charge charge;
	struct llist_node gone;
	struct rcu_head rcu;
};

static const struct rhashtable_params pv_stages_params = {
	.head_offset = offsetof(struct pv_stage, node),
	.key_offset = offsetof(struct pv_stage, key),
	.key_len = offsetofend(struct pv_stage_key, portid),
	.automatic_shrinking = true,
};

/*
 * The lock is held for a few instructions.  Under one key there is one stage, and
 * those of sockets that had the same address and are being closed right now.
 */
static struct rhltable pv_stages;
static DEFINE_SPINLOCK(pv_stages_lock);

static void pv_stages_free(struct work_struct *work);
static LLIST_HEAD(pv_stages_gone);
static DECLARE_WORK(pv_stages_work, pv_stages_free);

static struct pv_stage_key pv_stage_key(const struct net *net, u32 portid)
{
	return (struct pv_stage_key){ .net = net, .portid = portid };
}

static struct pv_stage *pv_stage_find(struct sock *sk, u32 portid)
{
	struct pv_stage_key key = pv_stage_key(sock_net(sk), portid);
	struct rhlist_head *list, *node;
	struct pv_stage *stage;

	lockdep_assert_held(&pv_stages_lock);
	list = rhltable_lookup(&pv_stages, &key, pv_stages_params);
	rhl_for_each_entry_rcu(stage, node, list, node)
		if (stage->sk == sk)
			return stage;
	return NULL;
}

/* Take it out; it is the caller's then. */
static void pv_stage_remove(struct pv_stage *stage)
{
	lockdep_assert_held(&pv_stages_lock);
	rhltable_remove(&pv_stages, &stage->node, pv_stages_params);
}

static void pv_stage_free(struct pv_stage *stage)
{
	pv_draft_clear(&stage->draft);
	pv_charge_drop(&stage->charge);
	put_cred(stage->cred);
	sock_put(stage->sk);
	kfree_rcu(stage, rcu);
}

static void pv_stages_free(struct work_struct *work)
{
	struct pv_stage *stage, *next;

	llist_for_each_entry_safe(stage, next, llist_del_all(&pv_stages_gone),
				  gone)
		pv_stage_free(stage);
}

static struct pv_stage *pv_stage_alloc(struct sock *sk, u32 portid)
{
	struct pv_stage *stage = kzalloc(sizeof(*stage), GFP_KERNEL_ACCOUNT);

	if (!stage)
		return NULL;
	stage->key = pv_stage_key(sock_net(sk), portid);
	stage->sk = sk;
	sock_hold(sk);
	stage->cred = get_current_cred();
	pv_draft_init(&stage->draft);
	return stage;
}

/**
 * pv_stage_look - how much has a socket staged?
 * @sk: the socket
 * @portid: its address
 * @draft: a draft without rules; receives the numbers, not the rules
 */
void pv_stage_look(struct sock *sk, u32 portid, struct pv_draft *draft)
{
	const struct pv_stage *stage;

	rcu_read_lock();
	spin_lock(&pv_stages_lock);
	stage = pv_stage_find(sk, portid);
	if (stage) {
		draft->nr_rules = stage->draft.nr_rules;
		draft->bytes = stage->draft.bytes;
	}
	spin_unlock(&pv_stages_lock);
	rcu_read_unlock();
}

/* May the running task add @draft to a stage, and does it fit? */
static int pv_stage_check(const struct pv_stage *stage,
			  const struct pv_draft *draft)
{
	u32 nr_rules = stage->draft.nr_rules + draft->nr_rules;
	size_t bytes = stage->draft.bytes + draft->bytes;

	if (!pv_access_covers(stage->cred))
		return -EPERM;
	return nr_rules > PATHVIRT_MAX_RULES ||
	       bytes > PATHVIRT_MAX_TABLE_BYTES ? -E2BIG : 0;
}

/* Find the socket's stage; where it has none, it is *@new, which is NULL then. */
static int pv_stage_enter(struct pv_stage **new, struct pv_stage **stage)
{
	lockdep_assert_held(&pv_stages_lock);
	*stage = pv_stage_find((*new)->sk, (*new)->key.portid);
	if (*stage)
		return 0;
	if (rhltable_insert(&pv_stages, &(*new)->node, pv_stages_params))
		return -ENOMEM;
	*stage = *new;
	*new = NULL;
	return 0;
}

/**
 * pv_stage_add - stage rules
 * @sk: the socket that sends them; the sender keeps it open
 * @portid: its address
 * @draft: the rules, no more than fit one table; empty afterwards, unless they are
 *	refused
 * @charge: what they cost; likewise
 *
 * Context: may sleep.
 * Return: 0; -EPERM if others have begun to stage, -E2BIG if there is no room for so
 * many in one table, -ENOMEM.
 */
int pv_stage_add(struct sock *sk, u32 portid, struct pv_draft *draft,
		 struct pv_charge *charge)
{
	struct pv_stage *new = pv_stage_alloc(sk, portid), *stage;
	int err;

	if (!new)
		return -ENOMEM;
	rcu_read_lock();
	spin_lock(&pv_stages_lock);
	err = pv_stage_enter(&new, &stage);
	if (!err)
		err = pv_stage_check(stage, draft);
	if (!err) {
		pv_draft_splice(&stage->draft, draft);
		pv_charge_move(&stage->charge, charge);
	}
	spin_unlock(&pv_stages_lock);
	rcu_read_unlock();
	if (new)
		pv_stage_free(new);
	return err;
}

/**
 * pv_stage_take - take what a socket has staged
 * @sk: the socket that asks; the sender keeps it open
 * @portid: its address
 * @draft: an empty draft; receives the rules
 * @charge: all zero; receives what they cost
 *
 * Context: may sleep.
 * Return: 0, also if nothing is staged; -EPERM if others have staged it, which is
 * dropped then.
 */
int pv_stage_take(struct sock *sk, u32 portid, struct pv_draft *draft,
		  struct pv_charge *charge)
{
	struct pv_stage *stage;
	int err = 0;

	rcu_read_lock();
	spin_lock(&pv_stages_lock);
	stage = pv_stage_find(sk, portid);
	if (stage)
		pv_stage_remove(stage);
	spin_unlock(&pv_stages_lock);
	rcu_read_unlock();
	if (!stage)
		return 0;

	if (pv_access_covers(stage->cred)) {
		pv_draft_splice(draft, &stage->draft);
		pv_charge_move(charge, &stage->charge);
	} else {
		err = -EPERM;
	}
	pv_stage_free(stage);
	return err;
}

/* What closed sockets have staged that had the address @key; to the worker. */
static void pv_stages_drop(const struct pv_stage_key *key)
{
	struct rhlist_head *list, *node, *next;
	struct pv_stage *stage;

	spin_lock(&pv_stages_lock);
	list = rhltable_lookup(&pv_stages, key, pv_stages_params);
	for (node = list; node; node = next) {
		next = rcu_dereference(node->next);
		stage = container_of(node, struct pv_stage, node);
		if (!sock_flag(stage->sk, SOCK_DEAD))
			continue;
		pv_stage_remove(stage);
		if (llist_add(&stage->gone, &pv_stages_gone))
			schedule_work(&pv_stages_work);
	}
	spin_unlock(&pv_stages_lock);
}

/*
 * A socket was closed: what it staged is dropped.  This is called for every netlink
 * socket of the machine, and mostly it is none of ours.
 */
static int pv_stage_release(struct notifier_block *block, unsigned long event,
			    void *data)
{
	const struct netlink_notify *notify = data;
	struct pv_stage_key key = pv_stage_key(notify->net, notify->portid);

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	rcu_read_lock();
	if (rhltable_lookup(&pv_stages, &key, pv_stages_params))
		pv_stages_drop(&key);
	rcu_read_unlock();
	return NOTIFY_DONE;
}

static struct notifier_block pv_stage_notifier = {
	.notifier_call = pv_stage_release,
};

/**
 * pv_stages_init - get ready for sockets
 *
 * Context: module load.
 * Return: 0 or a negative errno.
 */
int __init pv_stages_init(void)
{
	int err = rhltable_init(&pv_stages, &pv_stages_params);

	if (err)
		return err;
	err = netlink_register_notifier(&pv_stage_notifier);
	if (err)
		rhltable_destroy(&pv_stages);
	return err;
}

static void pv_stage_free_last(void *ptr, void *arg)
{
	pv_stage_free(ptr);
}

/**
 * pv_stages_uninit - undo pv_stages_init()
 *
 * Context: module unload: nobody can stage any more; drops what is staged.
 */
void pv_stages_uninit(void)
{
	netlink_unregister_notifier(&pv_stage_notifier);
	flush_work(&pv_stages_work);
	rhltable_free_and_destroy(&pv_stages, pv_stage_free_last, NULL);
}
