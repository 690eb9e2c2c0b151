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
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "access.h"
#include "hooks.h"
#include "process.h"
#include "tree.h"

/* How many orphans there is room for at first. */
#define PV_TREE_ADOPTED		256

/**
 * struct pv_tree - the tree that is being walked
 * @root: its root
 * @adopted: processes that lost their parent meanwhile, by thread group
 * @pids: a reference to each of them, so that @adopted is not reused
 * @nr: number of @adopted
 * @room: what fits
 * @overflow: more came than fit
 */
struct pv_tree {
	struct task_struct *root;
	const struct signal_struct **adopted;
	struct pid **pids;
	unsigned int nr;
	unsigned int room;
	bool overflow;
};

/*
 * There is one at a time, under pv_process_mutex.  pv_tree_lock guards the
 * pointer and the tree's lists against those who exit.
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

static void pv_tree_adopt(struct pv_tree *tree, struct task_struct *child)
{
	lockdep_assert_held(&pv_tree_lock);
	if (tree->nr == tree->room) {
		tree->overflow = true;
		return;
	}
	tree->adopted[tree->nr] = child->signal;
	tree->pids[tree->nr] = get_pid(task_tgid(child));
	tree->nr++;
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
				pv_tree_adopt(pv_tree_now, child);
		}
	}
	raw_spin_unlock(&pv_tree_lock);
	rcu_read_unlock();
}

static void pv_tree_free(struct pv_tree *tree)
{
	unsigned int i;

	for (i = 0; i < tree->nr; i++)
		put_pid(tree->pids[i]);
	kfree(tree->pids);
	kfree(tree->adopted);
}

static int pv_tree_begin(struct pv_tree *tree, struct task_struct *root,
			 unsigned int room)
{
	*tree = (struct pv_tree){ .root = root, .room = room };
	tree->adopted = kcalloc(room, sizeof(*tree->adopted), GFP_KERNEL);
	tree->pids = kcalloc(room, sizeof(*tree->pids), GFP_KERNEL);
	if (!tree->adopted || !tree->pids) {
		pv_tree_free(tree);
		return -ENOMEM;
	}
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
	pv_tree_free(tree);
}

/*
 * The next process of the tree that has no @table (set) or that has any
 * (clear: @table is NULL).  Return a reference or NULL.
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
		if (found) {
			get_task_struct(found);
			break;
		}
	}
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
		if (fatal_signal_pending(current))
			err = -EINTR;
	}
	return err;
}

static int pv_tree_all(struct task_struct *root, struct pv_table *table,
		       struct list_head *changes, const char **why)
{
	struct pv_table *moved = table ? pv_process_own(root) : NULL;
	unsigned int room = PV_TREE_ADOPTED;
	struct pv_tree tree;
	int err;

	lockdep_assert_held(&pv_process_mutex);
	/* Exits must be seen from the start on. */
	err = pv_hooks_arm();
	if (err)
		goto out;
	do {
		err = pv_tree_begin(&tree, root, room);
		if (err)
			break;
		err = pv_tree_change(root, table, moved, changes, why);
		if (!err)
			err = pv_tree_walk(&tree, table, moved, changes, why);
		pv_tree_end(&tree);
		if (!err && tree.overflow) {
			/* Some were lost: put all back and make more room. */
			pv_changes_undo(changes);
			room *= 8;
			err = -EAGAIN;
		}
	} while (err == -EAGAIN);
out:
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
