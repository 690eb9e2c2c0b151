// SPDX-License-Identifier: GPL-2.0
/* Walks: those whose slot another task has got. */
#include <linux/init.h>
#include <linux/list.h>
#include <linux/spinlock.h>

#include "names/walk.h"

struct pv_walk_slot pv_walk_slots[1 << PV_WALK_SLOT_BITS];

/**
 * struct pv_walk_strays - the walks that found their slot taken
 * @lock: guards @walks; the innermost of all locks
 * @walks: newest first
 *
 * One for each slot, so that walks that take their time make nobody's else long.
 */
static struct pv_walk_strays {
	raw_spinlock_t lock;
	struct list_head walks;
} pv_walk_strays[1 << PV_WALK_SLOT_BITS];

static struct pv_walk_strays *pv_walk_strays_mine(void)
{
	return &pv_walk_strays[pv_walk_slot() - pv_walk_slots];
}

/**
 * pv_walks_init - make the lists
 *
 * Context: module load.
 */
void __init pv_walks_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pv_walk_strays); i++) {
		raw_spin_lock_init(&pv_walk_strays[i].lock);
		INIT_LIST_HEAD(&pv_walk_strays[i].walks);
	}
}

/**
 * pv_walk_stray_enter - pv_walk_enter() without a slot
 * @walk: the walk
 */
void pv_walk_stray_enter(struct pv_walk *walk)
{
	struct pv_walk_strays *strays = pv_walk_strays_mine();

	walk->task = current;
	raw_spin_lock(&strays->lock);
	list_add(&walk->node, &strays->walks);
	raw_spin_unlock(&strays->lock);
}

/**
 * pv_walk_stray_leave - pv_walk_leave() without a slot
 * @walk: the walk
 */
void pv_walk_stray_leave(struct pv_walk *walk)
{
	struct pv_walk_strays *strays = pv_walk_strays_mine();

	raw_spin_lock(&strays->lock);
	list_del(&walk->node);
	raw_spin_unlock(&strays->lock);
}

/**
 * pv_walk_stray - pv_walk_now() without a slot
 *
 * Return: the walk or NULL.
 */
struct pv_walk *pv_walk_stray(void)
{
	struct pv_walk_strays *strays = pv_walk_strays_mine();
	struct pv_walk *walk, *found = NULL;

	if (list_empty(&strays->walks))
		return NULL;
	raw_spin_lock(&strays->lock);
	list_for_each_entry(walk, &strays->walks, node) {
		if (walk->task == current) {
			found = walk;
			break;
		}
	}
	raw_spin_unlock(&strays->lock);
	return found;
}

DEFINE_PER_CPU(u64, pv_translated);

/**
 * pv_names_translated - how many names were translated
 *
 * Return: their number since the module was loaded.
 */
u64 pv_names_translated(void)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu(pv_translated, cpu);
	return sum;
}
