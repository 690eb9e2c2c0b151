// SPDX-License-Identifier: GPL-2.0
/* Walks: those whose slot another task has got. */
#include <linux/list.h>
#include <linux/spinlock.h>

#include "walk.h"

struct pv_walk_slot pv_walk_slots[1 << PV_WALK_SLOT_BITS];

/* Newest first; the lock guards the list, never taken for long. */
static LIST_HEAD(pv_walk_strays);
static DEFINE_RAW_SPINLOCK(pv_walk_lock);

/**
 * pv_walk_stray_enter - pv_walk_enter() without a slot
 * @walk: the walk
 */
void pv_walk_stray_enter(struct pv_walk *walk)
{
	walk->task = current;
	raw_spin_lock(&pv_walk_lock);
	list_add(&walk->node, &pv_walk_strays);
	raw_spin_unlock(&pv_walk_lock);
}

/**
 * pv_walk_stray_leave - pv_walk_leave() without a slot
 * @walk: the walk
 */
void pv_walk_stray_leave(struct pv_walk *walk)
{
	raw_spin_lock(&pv_walk_lock);
	list_del(&walk->node);
	raw_spin_unlock(&pv_walk_lock);
}

/**
 * pv_walk_stray - pv_walk_now() without a slot
 *
 * Return: the walk or NULL.
 */
struct pv_walk *pv_walk_stray(void)
{
	struct pv_walk *walk, *found = NULL;

	if (list_empty(&pv_walk_strays))
		return NULL;
	raw_spin_lock(&pv_walk_lock);
	list_for_each_entry(walk, &pv_walk_strays, node) {
		if (walk->task == current) {
			found = walk;
			break;
		}
	}
	raw_spin_unlock(&pv_walk_lock);
	return found;
}
