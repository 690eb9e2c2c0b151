/* SPDX-License-Identifier: GPL-2.0 */
/* Place: what a rule leads to. */
#ifndef _PV_PLACE_H
#define _PV_PLACE_H

#include <linux/dcache.h>
#include <linux/llist.h>
#include <linux/path.h>
#include <linux/rcupdate.h>
#include <linux/task_work.h>
#include <linux/types.h>

#include "user.h"

struct pv_standins;

/**
 * struct pv_places - the NEWs of a table
 * @work: for being let go where that may sleep
 * @node: the same
 * @rcu: for freeing after a grace period
 * @nr: number of @new
 * @charge: for what @new keeps in memory, see pv_places_charge()
 * @standins: for directories above an ORIGINAL that were not there, or NULL (standin.h)
 * @root: the root directory that they were looked up from; a reference
 * @new: of each rule where its NEW is, a reference; without mnt if the rule is an
 *	exception
 *
 * A walk under RCU may begin at one without a reference: it is not freed before a grace
 * period has passed, and the walk sees that it is no more.
 */
struct pv_places {
	union {
		struct callback_head work;
		struct llist_node node;
		struct rcu_head rcu;
	};
	u32 nr;
	struct pv_charge charge;
	struct pv_standins *standins;
	struct path root;
	struct path new[];
};

/**
 * pv_places_new - where a walk may begin for a rule
 * @places: of a table, not NULL
 * @rule: the rule's index
 *
 * Context: rcu_read_lock_sched() or a reference to the table is held, and keeps the result.
 * Return: NULL if something has been mounted on NEW since, which the process is to see as
 * it would if it came there by a name.
 */
static __always_inline const struct path *
pv_places_new(const struct pv_places *places, u32 rule)
{
	const struct path *place = &places->new[rule];

	return likely(place->mnt && !d_mountpoint(place->dentry)) ? place : NULL;
}

#endif /* _PV_PLACE_H */
