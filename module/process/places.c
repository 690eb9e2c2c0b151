// SPDX-License-Identifier: GPL-2.0
/*
 * Places.
 *
 * A place is held as an open directory is, so nothing is unmounted below it.  Therefore it
 * is let go before the system call ends that drops it, not some time later: the next one
 * may be umount().
 */
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/workqueue.h>

#include "process/places.h"
#include "process/standin.h"
#include "rules/rule.h"

/* Those that are dropped where no task can let them go on its way out. */
static LLIST_HEAD(pv_places_dropped);
static void pv_places_drop_all(struct work_struct *work);
static DECLARE_WORK(pv_places_work, pv_places_drop_all);

/**
 * pv_places_size - what places take
 * @nr_rules: of how many rules
 *
 * Return: the bytes that are to be charged for.
 */
size_t pv_places_size(u32 nr_rules)
{
	return offsetof(struct pv_places, new) +
	       (size_t)nr_rules * sizeof(struct path);
}

/* What the large filesystems take for an inode and the name it was found by. */
#define PV_PLACE_COST	1536

/**
 * pv_places_charge - charge the running task for the last place that was found
 * @places: places; who sets the table has found one more
 *
 * What a table holds stays in memory as if it were open; but nobody may have as many
 * files open as a table may have rules.  One that several rules in a row lead to counts
 * once.
 *
 * Context: may sleep.
 * Return: 0, or as pv_charge_add().
 */
int pv_places_charge(struct pv_places *places)
{
	u32 last = places->nr - 1;

	if (!places->new[last].mnt ||
	    (last && path_equal(&places->new[last], &places->new[last - 1])))
		return 0;
	return pv_charge_add(&places->charge, PV_PLACE_COST);
}

static void pv_places_free_rcu(struct rcu_head *rcu)
{
	kvfree(container_of(rcu, struct pv_places, rcu));
}

/* Let go of them all; may sleep. */
static void pv_places_drop(struct pv_places *places)
{
	u32 i;

	for (i = 0; i < places->nr; i++) {
		if (places->new[i].mnt)
			path_put(&places->new[i]);
		cond_resched();
	}
	path_put(&places->root);
	pv_standins_drop(places->standins);
	pv_charge_drop(&places->charge);
	call_rcu(&places->rcu, pv_places_free_rcu);
}

static void pv_places_drop_all(struct work_struct *work)
{
	struct llist_node *dropped = llist_del_all(&pv_places_dropped);
	struct pv_places *places, *next;

	llist_for_each_entry_safe(places, next, dropped, node)
		pv_places_drop(places);
}

static void pv_places_drop_work(struct callback_head *work)
{
	pv_places_drop(container_of(work, struct pv_places, work));
	/* pv_hooks_uninit() waits for our last few instructions. */
	module_put(THIS_MODULE);
}

/* Let the running task do it before it is back in user space, or has ended. */
static bool pv_places_drop_soon(struct pv_places *places)
{
	if (!in_task() || current->flags & PF_KTHREAD ||
	    !try_module_get(THIS_MODULE))
		return false;
	init_task_work(&places->work, pv_places_drop_work);
	if (!task_work_add(current, &places->work, TWA_RESUME))
		return true;
	module_put(THIS_MODULE);
	return false;
}

/**
 * pv_places_let_go - places are needed no longer
 * @places: the places or NULL; who walks under RCU may begin there still
 *
 * Context: any in which a spinlock may be taken.
 */
void pv_places_let_go(struct pv_places *places)
{
	if (!places)
		return;
	/* It is about to be freed. */
	pv_standins_speak_of(places->standins, NULL);
	if (pv_places_drop_soon(places))
		return;
	llist_add(&places->node, &pv_places_dropped);
	schedule_work(&pv_places_work);
}

/**
 * pv_places_forget - a table can do without its places
 * @table: a table that nobody else knows yet
 *
 * Context: as pv_places_let_go().
 */
void pv_places_forget(struct pv_table *table)
{
	pv_places_let_go(table->places);
	table->places = NULL;
}

/**
 * pv_places_flush - wait until nothing is held any more
 *
 * Context: module load or unload; there are no tables any more.
 */
void pv_places_flush(void)
{
	flush_work(&pv_places_work);
	/* pv_places_free_rcu() */
	rcu_barrier();
}

/**
 * pv_places_move - give a table the places of another one
 * @to: the same rules, whose NEWs are called otherwise
 * @from: a table that nobody uses
 */
void pv_places_move(struct pv_table *to, struct pv_table *from)
{
	to->places = from->places;
	to->quick = to->places && !to->overlap;
	from->places = NULL;
	from->quick = false;
}
