// SPDX-License-Identifier: GPL-2.0
/*
 * Trees.
 *
 * The tree is walked until a whole walk finds nothing left to do.  That is
 * enough for descendants who fork meanwhile: a child that was made before its
 * parent was changed is found by a later walk, one made after inherits.  But
 * when a descendant exits, its children get another parent, and a walk that
 * goes by parents would miss them.  So all that was found to belong to the tree is
 * noted, with the exit of a descendant its children are noted as well, and who is
 * noted or comes from there belongs to the tree.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "hook/hooks.h"
#include "process/access.h"
#include "process/attach.h"
#include "process/layers.h"
#include "process/process.h"
#include "process/tables.h"
#include "process/tree.h"

/*
 * How many members there is room for: all the processes that there are and then
 * some.  The walk makes more when half of it is taken.
 */
#define PV_TREE_ROOM(processes)	(2 * (processes) + 256)

/* How many processes are changed between two looks at all of them. */
#define PV_TREE_BATCH		512

/**
 * struct pv_tree - the tree that is being walked
 * @root: its root
 * @members: thread groups that belong to it and are alive: each makes way with its
 *	own exit, so that none of them can be another one that has got the same
 *	address.  A hash with open addressing, NULL where there is none.
 * @nr: number of @members
 * @bits: what fits is 1 << @bits
 * @overflow: more came than fit
 */
struct pv_tree {
	struct task_struct *root;
	const struct signal_struct **members;
	unsigned int nr;
	unsigned int bits;
	bool overflow;
};

/*
 * There is one at a time, under pv_process_mutex.  pv_tree_lock guards the
 * pointer and the tree's members against those who exit.
 */
static struct pv_tree *pv_tree_now;
static DEFINE_RAW_SPINLOCK(pv_tree_lock);

static unsigned int pv_tree_mask(const struct pv_tree *tree)
{
	return (1U << tree->bits) - 1;
}

/* Where a member is, or would be put; there is always a free place. */
static unsigned int pv_tree_place(const struct pv_tree *tree,
				  const struct signal_struct *group)
{
	unsigned int i = hash_ptr(group, tree->bits);

	while (tree->members[i] && tree->members[i] != group)
		i = (i + 1) & pv_tree_mask(tree);
	return i;
}

static bool pv_tree_noted(const struct pv_tree *tree,
			  const struct signal_struct *group)
{
	return tree->members[pv_tree_place(tree, group)];
}

/* Under rcu_read_lock() and pv_tree_lock: is @task below the root? */
static bool pv_tree_has(const struct pv_tree *tree, struct task_struct *task)
{
	lockdep_assert_held(&pv_tree_lock);
	while (!is_global_init(task)) {
		if (same_thread_group(task, tree->root) ||
		    pv_tree_noted(tree, task->signal))
			return true;
		task = rcu_dereference(task->real_parent);
		if (!task || !task->pid)
			break;
	}
	return false;
}

/* Note a member; one that has ended will not come to make way. */
static void pv_tree_note(struct pv_tree *tree, const struct signal_struct *group)
{
	unsigned int i = pv_tree_place(tree, group);

	lockdep_assert_held(&pv_tree_lock);
	if (tree->members[i] || !atomic_read(&group->live))
		return;
	if (tree->nr + 1 > pv_tree_mask(tree)) {
		tree->overflow = true;
		return;
	}
	tree->members[i] = group;
	tree->nr++;
}

static void pv_tree_forget(struct pv_tree *tree,
			   const struct signal_struct *group)
{
	unsigned int i = pv_tree_place(tree, group), mask = pv_tree_mask(tree);
	const struct signal_struct *next;

	lockdep_assert_held(&pv_tree_lock);
	if (!tree->members[i])
		return;
	tree->members[i] = NULL;
	tree->nr--;
	/* Those behind it may have been put there because of it. */
	for (i = (i + 1) & mask; tree->members[i]; i = (i + 1) & mask) {
		next = tree->members[i];
		tree->members[i] = NULL;
		tree->members[pv_tree_place(tree, next)] = next;
	}
}

/* Does it belong to the tree that is being walked? */
static bool pv_tree_note_ending(struct task_struct *task)
{
	bool member;

	raw_spin_lock(&pv_tree_lock);
	member = pv_tree_now && pv_tree_has(pv_tree_now, task);
	raw_spin_unlock(&pv_tree_lock);
	return member;
}

static void pv_tree_note_orphan(struct task_struct *child)
{
	raw_spin_lock(&pv_tree_lock);
	if (pv_tree_now)
		pv_tree_note(pv_tree_now, child->signal);
	raw_spin_unlock(&pv_tree_lock);
}

static void pv_tree_note_ended(struct task_struct *task)
{
	raw_spin_lock(&pv_tree_lock);
	if (pv_tree_now)
		pv_tree_forget(pv_tree_now, task->signal);
	raw_spin_unlock(&pv_tree_lock);
}

/*
 * Will @child get another parent now that @task ends?  So it will if its parent, a child of
 * @task, has begun to end as well: nobody notes that one, which is then found nowhere below
 * the tree, with its own exit still to come.
 */
static bool pv_tree_is_orphan(struct task_struct *child, struct task_struct *task)
{
	struct task_struct *parent = rcu_dereference(child->real_parent);

	while (!same_thread_group(parent, task)) {
		if (!parent->pid || is_global_init(parent) ||
		    atomic_read(&parent->signal->live))
			return false;
		parent = rcu_dereference(parent->real_parent);
	}
	return true;
}

/**
 * pv_tree_note_exit - the last thread of a process ends
 * @task: the thread; its children have not been given another parent yet
 *
 * Context: tracepoint; does not sleep.
 */
void pv_tree_note_exit(struct task_struct *task)
{
	struct task_struct *child;

	if (likely(!READ_ONCE(pv_tree_now)))
		return;
	rcu_read_lock();
	if (pv_tree_note_ending(task)) {
		for_each_process(child)
			if (pv_tree_is_orphan(child, task))
				pv_tree_note_orphan(child);
		pv_tree_note_ended(task);
	}
	rcu_read_unlock();
}

static unsigned int pv_tree_room(void)
{
	unsigned int processes = 0;
	struct task_struct *task;

	rcu_read_lock();
	for_each_process(task)
		processes++;
	rcu_read_unlock();
	return PV_TREE_ROOM(processes);
}

/* Make room for that many, more than there is.  Exits go on meanwhile. */
static int pv_tree_grow(struct pv_tree *tree, unsigned int room)
{
	unsigned int i, old_room = tree->members ? 1U << tree->bits : 0;
	const struct signal_struct **members, **old;

	room = roundup_pow_of_two(room);
	members = kvcalloc(room, sizeof(*members),
			   GFP_KERNEL_ACCOUNT);
	if (!members)
		return -ENOMEM;
	raw_spin_lock(&pv_tree_lock);
	old = tree->members;
	tree->members = members;
	tree->bits = ilog2(room);
	for (i = 0; i < old_room; i++)
		if (old[i])
			members[pv_tree_place(tree, old[i])] = old[i];
	raw_spin_unlock(&pv_tree_lock);
	kvfree(old);
	return 0;
}

static int pv_tree_begin(struct pv_tree *tree, struct task_struct *root)
{
	int err;

	*tree = (struct pv_tree){ .root = root };
	err = pv_tree_grow(tree, pv_tree_room());
	if (err)
		return err;
	raw_spin_lock(&pv_tree_lock);
	WRITE_ONCE(pv_tree_now, tree);
	raw_spin_unlock(&pv_tree_lock);
	return 0;
}

static void pv_tree_end(struct pv_tree *tree)
{
	raw_spin_lock(&pv_tree_lock);
	WRITE_ONCE(pv_tree_now, NULL);
	raw_spin_unlock(&pv_tree_lock);
	kvfree(tree->members);
}

/* Does it belong to the tree?  Then it is noted. */
static bool pv_tree_member(struct pv_tree *tree, struct task_struct *task)
{
	bool member;

	raw_spin_lock(&pv_tree_lock);
	member = pv_tree_has(tree, task);
	if (member)
		pv_tree_note(tree, task->signal);
	raw_spin_unlock(&pv_tree_lock);
	return member;
}

/*
 * Processes of the tree that have no @table, or that have any if @table is NULL,
 * the oldest first, as many as a batch has room for.  Return how many; the caller
 * gets a reference to each.
 */
static unsigned int pv_tree_look(struct pv_tree *tree,
				 const struct pv_table *table,
				 struct task_struct **batch)
{
	struct task_struct *task;
	unsigned int nr = 0;

	rcu_read_lock();
	for_each_process(task) {
		if (task->flags & PF_KTHREAD ||
		    !atomic_read(&task->signal->live))
			continue;
		if (!pv_tree_member(tree, task) ||
		    pv_process_has(task, table) == !!table)
			continue;
		get_task_struct(task);
		batch[nr++] = task;
		if (nr == PV_TREE_BATCH)
			break;
	}
	rcu_read_unlock();
	return nr;
}

static int pv_tree_change(struct task_struct *task, struct pv_table *table,
			  const struct pv_table *moved,
			  struct list_head *changes, const char **why)
{
	int err = pv_access_change(task, why);

	if (err)
		return err;
	if (!table && !pv_access_privileged(task)) {
		*why = "detaching a tree needs CAP_SYS_ADMIN in the user namespace of each process";
		return -EPERM;
	}
	if (table)
		err = pv_process_set(task, table, moved, false, changes);
	else
		err = pv_process_clear(task, false, changes);
	/* It ended, or was detached by its own end: nothing to do any more. */
	return err == -ESRCH || err == -ENOENT ? 0 : err;
}

/* Change a batch, the youngest first: it is least likely to have children yet. */
static int pv_tree_change_batch(struct task_struct **batch, unsigned int nr,
				struct pv_table *table,
				const struct pv_table *moved,
				struct list_head *changes, const char **why)
{
	int err = 0;

	while (nr--) {
		if (!err)
			err = pv_tree_change(batch[nr], table, moved, changes,
					     why);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		put_task_struct(batch[nr]);
		cond_resched();
	}
	return err;
}

static int pv_tree_walk(struct pv_tree *tree, struct pv_table *table,
			const struct pv_table *moved,
			struct list_head *changes, const char **why)
{
	struct task_struct **batch;
	unsigned int nr;
	int err = 0;

	batch = kmalloc_array(PV_TREE_BATCH, sizeof(*batch),
			      GFP_KERNEL_ACCOUNT);
	if (!batch)
		return -ENOMEM;
	while (!err && (nr = pv_tree_look(tree, table, batch))) {
		err = pv_tree_change_batch(batch, nr, table, moved, changes,
					   why);
		if (!err && READ_ONCE(tree->nr) > pv_tree_mask(tree) / 2)
			err = pv_tree_grow(tree, 2 << tree->bits);
	}
	kfree(batch);
	if (!err && tree->overflow) {
		*why = "too many descendants lost their parents meanwhile; try again";
		err = -EAGAIN;
	}
	return err;
}

static int pv_tree_all(struct task_struct *root, struct pv_table *table,
		       struct list_head *changes, const char **why)
{
	struct pv_table *moved = table ? pv_process_own(root) : NULL;
	struct pv_tree tree;
	int err;

	lockdep_assert_held(&pv_process_mutex);
	/* Exits must be seen from the start on. */
	err = pv_hooks_arm();
	if (!err)
		err = pv_tree_begin(&tree, root);
	if (!err) {
		err = pv_tree_change(root, table, moved, changes, why);
		if (!err)
			err = pv_tree_walk(&tree, table, moved, changes, why);
		pv_tree_end(&tree);
	}
	if (moved)
		pv_table_put(moved);
	return err;
}

/**
 * pv_tree_set - give a process and all its descendants a layer
 * @root: any thread of the process; the caller holds a reference
 * @table: the table.  Where a descendant has inherited the layer that @root's
 *	own one was, it is that layer that is replaced.
 * @changes: receives what was done; to be undone by the caller on error
 * @why: receives in words what is wrong, if something is
 *
 * Context: pv_process_mutex is held, so that no other tree is walked; may sleep.
 * Return: 0, or the first error; descendants that ended meanwhile are none.
 */
int pv_tree_set(struct task_struct *root, struct pv_table *table,
		struct list_head *changes, const char **why)
{
	return pv_tree_all(root, table, changes, why);
}

/**
 * pv_tree_clear - take the layers of a process and all its descendants away
 * @root: any thread of the process; the caller holds a reference
 * @changes: as with pv_tree_set()
 * @why: as with pv_tree_set()
 *
 * Context: as with pv_tree_set().
 * Return: as with pv_tree_set().
 */
int pv_tree_clear(struct task_struct *root, struct list_head *changes,
		  const char **why)
{
	return pv_tree_all(root, NULL, changes, why);
}
