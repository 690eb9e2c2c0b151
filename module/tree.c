// SPDX-License-Identifier: GPL-2.0
/*
 * Trees.
 *
 * The tree is walked until a whole walk finds nothing left to do.  That is
 * enough for descendants who fork meanwhile: a child that was made before its
 * parent was changed is found by a later walk, one made after inherits.  But
 * when a descendant exits, its children get another parent, and a walk that
 * goes by parents would miss them.  So while a tree is being walked, the exit
 * of a descendant puts its children on a list of adopted ones, and who is on
 * that list or comes from there belongs to the tree as well.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "access.h"
#include "hooks.h"
#include "process.h"
#include "tree.h"

/*
 * How many orphans there is room for: those of all the processes that there
 * are and then some.  The walk makes more when half of it is taken.
 */
#define PV_TREE_ROOM(processes)	(2 * (processes) + 256)

/**
 * struct pv_tree - the tree that is being walked
 * @root: its root
 * @adopted: thread groups that lost their parent meanwhile and are alive: with
 *	its own exit each makes way for its children, so that none of them can
 *	be another one that has got the same address
 * @nr: number of @adopted
 * @room: what fits
 * @overflow: more came than fit
 */
struct pv_tree {
	struct task_struct *root;
	const struct signal_struct **adopted;
	unsigned int nr;
	unsigned int room;
	bool overflow;
};

/*
 * There is one at a time, under pv_process_mutex.  pv_tree_lock guards the
 * pointer and the tree's list against those who exit.
 */
static struct pv_tree *pv_tree_now;
static DEFINE_RAW_SPINLOCK(pv_tree_lock);

static bool pv_tree_adopted(const struct pv_tree *tree,
			    const struct signal_struct *group)
{
	unsigned int i;

	for (i = 0; i < tree->nr; i++)
		if (tree->adopted[i] == group)
			return true;
	return false;
}

/* Under rcu_read_lock() and pv_tree_lock: is @task below the root? */
static bool pv_tree_has(const struct pv_tree *tree, struct task_struct *task)
{
	lockdep_assert_held(&pv_tree_lock);
	while (!is_global_init(task)) {
		if (same_thread_group(task, tree->root) ||
		    pv_tree_adopted(tree, task->signal))
			return true;
		task = rcu_dereference(task->real_parent);
		if (!task || !task->pid)
			break;
	}
	return false;
}

static void pv_tree_adopt(struct pv_tree *tree,
			  const struct signal_struct *group)
{
	lockdep_assert_held(&pv_tree_lock);
	if (pv_tree_adopted(tree, group))
		return;
	if (tree->nr == tree->room)
		tree->overflow = true;
	else
		tree->adopted[tree->nr++] = group;
}

static void pv_tree_forget(struct pv_tree *tree,
			   const struct signal_struct *group)
{
	unsigned int i;

	lockdep_assert_held(&pv_tree_lock);
	for (i = 0; i < tree->nr; i++) {
		if (tree->adopted[i] == group) {
			tree->adopted[i] = tree->adopted[--tree->nr];
			return;
		}
	}
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
	raw_spin_lock(&pv_tree_lock);
	if (pv_tree_now && pv_tree_has(pv_tree_now, task)) {
		for_each_process(child) {
			struct task_struct *parent =
				rcu_dereference(child->real_parent);

			if (same_thread_group(parent, task) &&
			    !same_thread_group(child, task))
				pv_tree_adopt(pv_tree_now, child->signal);
		}
		pv_tree_forget(pv_tree_now, task->signal);
	}
	raw_spin_unlock(&pv_tree_lock);
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

/* Make @room, more than there is.  Adopting goes on meanwhile. */
static int pv_tree_grow(struct pv_tree *tree, unsigned int room)
{
	const struct signal_struct **adopted, **old;

	adopted = kvcalloc(room, sizeof(*adopted), GFP_KERNEL);
	if (!adopted)
		return -ENOMEM;
	raw_spin_lock(&pv_tree_lock);
	old = tree->adopted;
	if (tree->nr)
		memcpy(adopted, old, tree->nr * sizeof(*adopted));
	tree->adopted = adopted;
	tree->room = room;
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
	kvfree(tree->adopted);
}

/*
 * The youngest process of the tree that has no @table, or that has any if
 * @table is NULL: the one that is least likely to have children yet.  Return a
 * reference or NULL.
 */
static struct task_struct *pv_tree_next(struct pv_tree *tree,
					const struct pv_table *table)
{
	struct task_struct *task, *found = NULL;

	rcu_read_lock();
	for_each_process(task) {
		if (task->flags & PF_KTHREAD ||
		    !atomic_read(&task->signal->live))
			continue;
		if (pv_process_has(task, table) == !!table)
			continue;
		raw_spin_lock(&pv_tree_lock);
		if (pv_tree_has(tree, task))
			found = task;
		raw_spin_unlock(&pv_tree_lock);
	}
	if (found)
		get_task_struct(found);
	rcu_read_unlock();
	return found;
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

static int pv_tree_walk(struct pv_tree *tree, struct pv_table *table,
			const struct pv_table *moved,
			struct list_head *changes, const char **why)
{
	struct task_struct *task;
	int err = 0;

	while (!err && (task = pv_tree_next(tree, table))) {
		err = pv_tree_change(task, table, moved, changes, why);
		put_task_struct(task);
		if (!err && READ_ONCE(tree->nr) > tree->room / 2)
			err = pv_tree_grow(tree, 2 * tree->room);
		if (fatal_signal_pending(current))
			err = -EINTR;
	}
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
