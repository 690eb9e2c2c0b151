/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Walks: what is known of a walk from the name to its end.
 *
 * The handlers of the functions that walk a name keep it on their stack.  Those
 * that are called from inside of the walk find it by the task.
 */
#ifndef _PV_WALK_H
#define _PV_WALK_H

#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/path.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "process/layers.h"

struct audit_context;
struct filename;
struct pv_root;

/* How a walk is broken off at a link; nobody but us sees it. */
#define PV_LINK_MET	(-EBADTYPE)

/* Results up to this size need no allocation. */
#define PV_BRIEF_SIZE	128

/**
 * struct pv_walk - one walk on its way
 * @name: the name that is walked
 * @virtual: what it says, or NULL if the walk goes by it
 * @long_real: the string that is walked instead if it needed an allocation
 * @audit: what records where the walk leads, while it is not to hear of it; or
 *	NULL
 * @from: where @long_real is walked from, as its root directory, or without mnt
 *	where the name is; a reference
 * @root: the root directory that the process had changed to when the name was
 *	resolved, or NULL; a reference
 * @tries: how often it was resolved again
 * @hit: the rule that the name met first
 * @entered: it can be found by its task
 * @native: symbolic links on the way are the kernel's own business
 * @reverse: no walk at all: the task is being told about paths
 * @met: the walk was broken off at a symbolic link: it has to be resolved
 * @strict: no symbolic link that has a target is followed
 * @guarded: none that the process could have made: it is a walk from the outer
 *	root of @root
 * @jumps: the walk ends in a link of procfs
 * @linked: a symbolic link was followed
 * @route: how the process calls where it leads, unless @linked; see layers.h
 * @link_fd: the link that is told, by pv_route_link_fd()
 * @outer: the walk in which this one goes on, for one that is in a slot
 * @node: among the strays of its slot, for one that is not
 * @task: whose walk it is, for one that is not in a slot
 * @brief_real: the string that is walked instead if it did not
 */
struct pv_walk {
	struct filename *name;
	const char *virtual;
	char *long_real;
	struct audit_context *audit;
	struct path from;
	struct pv_root *root;
	unsigned int tries;
	struct pv_hit hit;
	bool entered;
	bool native;
	bool reverse;
	bool met;
	bool strict;
	bool guarded;
	bool jumps;
	bool linked;
	pv_route_t route;
	int link_fd;
	struct pv_walk *outer;
	struct list_head node;
	const struct task_struct *task;
	char brief_real[PV_BRIEF_SIZE + PV_COPY_SLACK];
};

/**
 * struct pv_walk_slot - the walks of one task
 * @task: whose, or NULL; who puts itself in place of NULL owns the slot
 * @walk: its innermost walk; only the owner reads and writes it
 */
struct pv_walk_slot {
	const struct task_struct *task;
	struct pv_walk *walk;
};

#define PV_WALK_SLOT_BITS	10

extern struct pv_walk_slot pv_walk_slots[1 << PV_WALK_SLOT_BITS];

static __always_inline struct pv_walk_slot *pv_walk_slot(void)
{
	return &pv_walk_slots[hash_ptr(current, PV_WALK_SLOT_BITS)];
}

void pv_walks_init(void);
void pv_walk_stray_enter(struct pv_walk *walk);
void pv_walk_stray_leave(struct pv_walk *walk);
struct pv_walk *pv_walk_stray(void);

/**
 * pv_walk_enter - let the walk be found from inside of it
 * @walk: the walk; its @native and @reverse are set
 *
 * Context: process context.
 */
static __always_inline void pv_walk_enter(struct pv_walk *walk)
{
	struct pv_walk_slot *slot = pv_walk_slot();
	const struct task_struct *none = NULL;

	walk->entered = true;
	walk->met = false;
	walk->strict = false;
	walk->guarded = false;
	walk->task = NULL;
	if (likely(try_cmpxchg(&slot->task, &none, current))) {
		walk->outer = NULL;
		slot->walk = walk;
	} else if (none == current) {
		walk->outer = slot->walk;
		slot->walk = walk;
	} else {
		pv_walk_stray_enter(walk);
	}
}

/**
 * pv_walk_leave - undo pv_walk_enter()
 * @walk: the walk
 */
static __always_inline void pv_walk_leave(struct pv_walk *walk)
{
	struct pv_walk_slot *slot = pv_walk_slot();

	if (unlikely(walk->task)) {
		pv_walk_stray_leave(walk);
		return;
	}
	slot->walk = walk->outer;
	if (unlikely(walk->outer))
		return;
	/* Pairs with the cmpxchg of who takes the slot next and sets @walk. */
	smp_store_release(&slot->task, NULL);
}

/**
 * pv_walk_now - the running task's innermost walk
 *
 * Return: the walk, or NULL if it began before its process was attached.
 */
static __always_inline struct pv_walk *pv_walk_now(void)
{
	struct pv_walk_slot *slot = pv_walk_slot();

	if (likely(READ_ONCE(slot->task) == current))
		return slot->walk;
	return pv_walk_stray();
}

/* Names that were translated; the sum over all CPUs counts. */
DECLARE_PER_CPU(u64, pv_translated);

static __always_inline void pv_name_translated(void)
{
	this_cpu_inc(pv_translated);
}

u64 pv_names_translated(void);

#endif /* _PV_WALK_H */
