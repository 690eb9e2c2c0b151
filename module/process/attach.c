// SPDX-License-Identifier: GPL-2.0
/*
 * Attach: giving processes layers and taking them away.
 *
 * What a request does to each process is noted, so that all of it can be undone if
 * it fails for one of them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/jiffies.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/pathvirt.h>

#include "hook/hooks.h"
#include "process/attach.h"
#include "process/events.h"
#include "process/layers.h"
#include "process/process.h"
#include "process/quiesce.h"
#include "process/refresh.h"
#include "process/root.h"
#include "process/view.h"
#include "trace.h"

/*
 * Which of the layers @old of a process, with @own, is replaced when a table is set; NULL if
 * it is added.  @own becomes what is its own then.
 */
static const struct pv_table *pv_layers_replaced(const struct pv_layers *old,
						 struct pv_table **own,
						 struct pv_table *table,
						 const struct pv_table *moved,
						 bool push)
{
	if (!moved || !pv_layers_has(old, moved))
		moved = push ? NULL : *own;
	if (!moved || *own == moved)
		*own = table;
	return moved;
}

/*
 * The stack that the process before in a tree was given, for one that had the same as that
 * had; or NULL.  A reference.
 */
static struct pv_layers *pv_layers_set_again(const struct pv_layers *old,
					     const struct pv_table *own,
					     struct task_struct *task,
					     const struct pv_table *table,
					     struct list_head *changes)
{
	const struct pv_change *last;

	last = list_first_entry_or_null(changes, struct pv_change, node);
	if (!last || !last->given || last->layers != old || last->own != own ||
	    !pv_layers_has(last->given, table) ||
	    !pv_layers_held(last->given, task))
		return NULL;
	return pv_layers_get(last->given);
}

/* What becomes of @old when @table is set; see pv_process_set(). */
static struct pv_layers *pv_layers_set(const struct pv_layers *old,
				       struct pv_table **own,
				       struct task_struct *task,
				       struct pv_table *table,
				       const struct pv_table *moved, bool push)
{
	struct pv_layers *layers;
	struct pv_root *base;

	/* It is spelled from, and confined to, the root that the process has now. */
	if (old && !pv_layers_held(old, task))
		return ERR_PTR(-EXDEV);
	moved = pv_layers_replaced(old, own, table, moved, push);
	if (moved && old->nr > 1)
		return pv_layers_replace(old, moved, table);
	base = pv_root_of(task);
	if (IS_ERR(base))
		return ERR_CAST(base);
	layers = pv_layers_push(moved ? NULL : old, table, base);
	pv_root_put(base);
	return layers;
}

/*
 * Hash a new process for @task, or find the one that there is: that of a pin, or
 * one that a fork has hashed since we looked (@task may be a child that is being
 * made).  It stays while it is wanted.  The caller gets a reference.
 */
static struct pv_process *pv_process_want(struct task_struct *task)
{
	struct pv_process *process, *fresh = pv_process_alloc(PV_PROCESS_GFP);

	if (!fresh)
		return ERR_PTR(-ENOMEM);
	pv_process_name(fresh, task);
	raw_spin_lock(&pv_process_lock);
	process = pv_process_find(task->signal);
	if (!process && pv_process_hash(fresh))
		process = fresh;
	if (process) {
		process->wanted = true;
		refcount_inc(&process->refs);
	}
	raw_spin_unlock(&pv_process_lock);
	if (process != fresh)
		pv_process_put(fresh);
	return process ?: ERR_PTR(-ENODEV);
}

/* Unhash a process that got no layers; drops the caller's reference. */
static void pv_process_dismiss(struct pv_process *process)
{
	bool retired;

	raw_spin_lock(&pv_process_lock);
	process->wanted = false;
	retired = pv_process_retire(process);
	raw_spin_unlock(&pv_process_lock);
	if (retired)
		pv_process_put(process);
	pv_process_put(process);
}

/*
 * Find or make the process of @task, hashed, with a reference for the caller.
 * From then on calls with several names are pinned, to no layers yet; those
 * that began before go on without.
 */
static struct pv_process *pv_process_admit(struct task_struct *task)
{
	struct pv_process *process = pv_process_get_task(task);
	int err;

	lockdep_assert_held(&pv_process_mutex);
	if (process && rcu_access_pointer(process->layers))
		return process;
	pv_process_put(process);

	err = pv_hooks_arm();
	if (err)
		return ERR_PTR(err);
	process = pv_process_want(task);
	if (IS_ERR(process) || rcu_access_pointer(process->layers))
		return process;
	err = pv_quiesce(process, task);
	if (!err)
		return process;
	pv_process_dismiss(process);
	return ERR_PTR(err);
}

/*
 * Publish @layers in place of @old, and note the change; the reference to @layers
 * is taken if there was no error.  -EAGAIN if @old are no longer what the process
 * has, as it has changed its root.  -ESRCH if the group has ended: its exit may
 * have come before it was hashed.
 */
static int pv_process_change(struct pv_process *process,
			     struct task_struct *task,
			     const struct pv_layers *old,
			     struct pv_layers *layers, struct pv_table *own,
			     struct pv_change *change)
{
	bool retired, ended;
	int err = 0;

	raw_spin_lock(&pv_process_lock);
	if (rcu_access_pointer(process->layers) != old) {
		raw_spin_unlock(&pv_process_lock);
		return -EAGAIN;
	}
	/* Its exit looks for it when nobody lives; see pv_process_exit(). */
	smp_mb();
	ended = !atomic_read(&task->signal->live);
	if (ended) {
		err = -ESRCH;
		layers = NULL;
		own = NULL;
	}
	/* Until the request is over what it took may have to be given back. */
	process->wanted = !layers && !ended;
	change->own = process->own;
	change->given = pv_layers_get(layers);
	change->layers = pv_process_publish(process, layers, own);
	retired = pv_process_retire(process);
	raw_spin_unlock(&pv_process_lock);

	if (retired)
		pv_process_put(process);
	return err;
}

/* Drop what a change holds. */
static void pv_change_free(struct pv_change *change)
{
	pv_layers_put(change->layers);
	pv_layers_put(change->given);
	pv_process_put(change->process);
	kfree(change);
}

/* Nothing came of it: what is to be returned, for @err. */
static int pv_change_abandon(struct pv_change *change, int err)
{
	struct pv_process *process = change->process;

	refcount_inc(&process->refs);
	pv_change_free(change);
	pv_process_dismiss(process);
	return err == -EALREADY ? 0 : err;
}

/*
 * One try of pv_process_set(), by what the process has now.  -EALREADY if it has
 * @table: a child in the tree that has inherited it meanwhile.
 */
static int pv_process_try_set(struct pv_process *process,
			      struct task_struct *task, struct pv_table *table,
			      const struct pv_table *moved, bool push,
			      struct list_head *changes,
			      struct pv_change *change)
{
	struct pv_layers *layers, *old;
	struct pv_table *own;
	int err = -EALREADY;

	old = pv_process_state(process, &own);
	if (pv_layers_has(old, table))
		goto out;
	layers = pv_layers_set_again(old, own, task, table, changes);
	if (layers)
		pv_layers_replaced(old, &own, table, moved, push);
	else
		layers = pv_layers_set(old, &own, task, table, moved, push);
	err = PTR_ERR_OR_ZERO(layers);
	if (err)
		goto out;
	err = pv_process_change(process, task, old, layers, own, change);
	if (err)
		pv_layers_put(layers);
out:
	pv_layers_put(old);
	return err;
}

/**
 * pv_process_set - give a process a layer
 * @task: any thread of it; the caller holds a reference
 * @table: the table; a reference is taken
 * @moved: if not NULL and among the process's layers, that very layer is
 *	replaced (a layer moves for a whole tree).  Otherwise the process's own
 *	layer is replaced, or one is added on the inner side.
 * @push: add one in any case
 * @changes: receives what was done
 *
 * Context: pv_process_mutex is held; may sleep.
 * Return: 0, -ESRCH if the process has ended, -E2BIG if it has too many
 * layers, -EXDEV if its threads have changed their root directories to different
 * ones, -ENOMEM, or why the hooks cannot be armed.
 */
int pv_process_set(struct task_struct *task, struct pv_table *table,
		   const struct pv_table *moved, bool push,
		   struct list_head *changes)
{
	struct pv_process *process;
	struct pv_change *change;
	int err;

	change = kzalloc(sizeof(*change), PV_PROCESS_GFP);
	if (!change)
		return -ENOMEM;
	process = pv_process_admit(task);
	if (IS_ERR(process)) {
		kfree(change);
		return PTR_ERR(process);
	}
	change->process = process;

	pv_task_refresh_root(task);
	do {
		err = pv_process_try_set(process, task, table, moved, push,
					 changes, change);
	} while (err == -EAGAIN);
	if (err)
		return pv_change_abandon(change, err);
	list_add(&change->node, changes);
	if (!(task->flags & PF_KTHREAD))	/* not the self-test's worker */
		trace_attach(task, table->nr_rules, change->given->nr);
	return 0;
}

/* One try of pv_process_clear(), by what the process has now. */
static int pv_process_try_clear(struct pv_process *process,
				struct task_struct *task, bool own_only,
				struct pv_change *change)
{
	struct pv_layers *old, *layers = NULL;
	struct pv_table *own;
	int err = -ENOENT;

	old = pv_process_state(process, &own);
	if (!old || !pv_layers_inner(old) || (own_only && !own))
		goto out;
	/* What it has from its cgroups stays as long as it is in them. */
	layers = own_only ? pv_layers_pop(old) : pv_layers_keep(old);
	err = PTR_ERR_OR_ZERO(layers);
	if (err)
		goto out;
	err = pv_process_change(process, task, old, layers, NULL, change);
	if (err)
		pv_layers_put(layers);
out:
	pv_layers_put(old);
	return err;
}

/**
 * pv_process_clear - take a process's layers away
 * @task: any thread of it; the caller holds a reference
 * @own_only: take its own layer only, not those that it inherited
 * @changes: receives what was done
 *
 * Context: pv_process_mutex is held; may sleep.
 * Return: 0, -ENOENT if it has none but those of its cgroups (with @own_only: no own one),
 * -ESRCH if it has ended, -ENOMEM.
 */
int pv_process_clear(struct task_struct *task, bool own_only,
		     struct list_head *changes)
{
	struct pv_process *process = pv_process_get_task(task);
	struct pv_change *change;
	int err;

	lockdep_assert_held(&pv_process_mutex);
	if (!process)
		return -ENOENT;
	change = kzalloc(sizeof(*change), PV_PROCESS_GFP);
	if (!change) {
		pv_process_put(process);
		return -ENOMEM;
	}
	change->process = process;
	do {
		err = pv_process_try_clear(process, task, own_only, change);
	} while (err == -EAGAIN);
	if (err)
		pv_change_free(change);
	else
		list_add(&change->node, changes);
	return err;
}

/* One try of pv_process_join(), by what the process has now.  -EALREADY if it has them. */
static int pv_process_try_join(struct pv_process *process,
			       struct task_struct *task,
			       struct pv_table *const *tables, u32 nr,
			       struct pv_change *change)
{
	struct pv_layers *layers, *old;
	struct pv_root *base = NULL;
	struct pv_table *own;
	int err = -EALREADY;

	old = pv_process_state(process, &own);
	if (pv_layers_end_in(old, tables, nr))
		goto out;
	if (!old)
		base = pv_root_of(task);
	err = PTR_ERR_OR_ZERO(base);
	if (err)
		goto out;
	layers = pv_layers_join(old, base, tables, nr);
	pv_root_put(base);
	err = pv_process_change(process, task, old, layers, own, change);
	if (err)
		pv_layers_put(layers);
out:
	pv_layers_put(old);
	return err;
}

/* Tell that a process has joined cgroups with tables, or left them. */
static void pv_change_tell(const struct pv_change *change)
{
	if (change->given && !change->layers)
		pv_event_tell(change->process->pid, PATHVIRT_EVENT_ATTACH);
	else if (!change->given)
		pv_event_tell(change->process->pid, PATHVIRT_EVENT_DETACH);
}

/**
 * pv_process_join - give a process the layers of its cgroups, in place of those that it has
 * @task: any thread of it; the caller holds a reference
 * @tables: the tables, the innermost first
 * @nr: how many; there may be none
 * @changes: receives what was done, which cannot be undone
 *
 * Context: pv_process_mutex is held; may sleep.
 * Return: 0, -ESRCH if it has ended, -ENOMEM, or why the hooks cannot be armed.  It does not
 * fail for a process that has layers.
 */
int pv_process_join(struct task_struct *task, struct pv_table *const *tables,
		    u32 nr, struct list_head *changes)
{
	struct pv_process *process;
	struct pv_change *change;
	int err;

	lockdep_assert_held(&pv_process_mutex);
	/* Who leaves a cgroup loses its layer, be memory as short as it may. */
	change = kzalloc(sizeof(*change), GFP_KERNEL | __GFP_NOFAIL);
	process = nr ? pv_process_admit(task) : pv_process_get_task(task);
	if (IS_ERR_OR_NULL(process)) {
		kfree(change);
		return PTR_ERR_OR_ZERO(process);
	}
	change->process = process;

	pv_task_refresh_root(task);
	do {
		err = pv_process_try_join(process, task, tables, nr, change);
	} while (err == -EAGAIN);
	if (err)
		return pv_change_abandon(change, err);
	list_add(&change->node, changes);
	pv_change_tell(change);
	return 0;
}

/* Detach one of a bucket.  Return whether there was one. */
static bool pv_bucket_clear(struct hlist_head *bucket)
{
	struct pv_process *process;
	struct pv_layers *layers;
	bool retired;

	if (hlist_empty(bucket))
		return false;
	raw_spin_lock(&pv_process_lock);
	hlist_for_each_entry(process, bucket, hash) {
		if (!rcu_access_pointer(process->layers))
			continue;	/* only a pin keeps it */
		refcount_inc(&process->refs);
		layers = pv_process_publish(process, NULL, NULL);
		retired = pv_process_retire(process);
		raw_spin_unlock(&pv_process_lock);

		pv_event_tell(process->pid, PATHVIRT_EVENT_DETACH);
		pv_layers_put(layers);
		if (retired)
			pv_process_put(process);
		pv_process_put(process);
		return true;
	}
	raw_spin_unlock(&pv_process_lock);
	return false;
}

/*
 * Do something to all processes, by one of a bucket at a time, until a whole round
 * finds none to do it to: while we look, they have children.
 */
static void pv_processes_each(bool (*act)(struct hlist_head *bucket))
{
	bool found;
	int i;

	do {
		found = false;
		for (i = 0; i < ARRAY_SIZE(pv_attached); i++) {
			while (act(&pv_attached[i]))
				found = true;
			cond_resched();
		}
	} while (found);
}

/**
 * pv_process_clear_all - detach every process
 *
 * Context: pv_process_mutex is held; may sleep.
 */
void pv_process_clear_all(void)
{
	lockdep_assert_held(&pv_process_mutex);
	pv_processes_each(pv_bucket_clear);
}

/*
 * What @process is to have instead of what @change gave; a reference.  If it has
 * another root directory by now, that stays so.
 */
static struct pv_layers *pv_change_before(const struct pv_change *change,
					  const struct pv_layers *now)
{
	if (!change->layers || !now || now == change->given)
		return pv_layers_get(change->layers);
	return pv_layers_seen_from(change->layers, pv_layers_home(now), false) ?:
	       pv_layers_get(change->layers);
}

/*
 * Give @process what it, or the one that it inherited from, had before @change.
 * If it changes its root directory just now, we have to come again.
 */
static void pv_change_take_back(struct pv_change *change,
				struct pv_process *process)
{
	bool heir = process != change->process;
	struct pv_layers *layers, *now;
	bool same, retired = false;
	struct pv_table *own;

	now = pv_process_state(process, &own);
	layers = pv_change_before(change, now);
	raw_spin_lock(&pv_process_lock);
	same = rcu_access_pointer(process->layers) == now;
	if (same) {
		pv_process_publish(process, layers, heir ? NULL : change->own);
		retired = pv_process_retire(process);
	}
	raw_spin_unlock(&pv_process_lock);

	pv_layers_put(now);
	pv_layers_put(same ? now : layers);
	if (same && heir && !layers)
		pv_event_tell(process->pid, PATHVIRT_EVENT_DETACH);
	if (retired)
		pv_process_put(process);
}

/* The changes that are being undone, by what they gave; under pv_process_mutex. */
static DEFINE_HASHTABLE(pv_undoing, 8);
/* The same, by whom they gave it to. */
static DEFINE_HASHTABLE(pv_undoing_of, 8);

/* The change from which @process has its layers, or NULL: its own one, if there is one. */
static struct pv_change *pv_change_find(const struct pv_process *process)
{
	const struct pv_layers *layers =
		rcu_dereference_protected(process->layers,
					  lockdep_is_held(&pv_process_lock));
	struct pv_change *change;

	if (!layers)
		return NULL;
	hash_for_each_possible(pv_undoing_of, change, by_process,
			       (unsigned long)process)
		if (change->process == process && change->given == layers->line)
			return change;
	hash_for_each_possible(pv_undoing, change, hash,
			       (unsigned long)layers->line)
		if (change->given == layers->line)
			return change;
	return NULL;
}

/*
 * Put one of a bucket back that has what was given: it was given to it, or it has
 * inherited it.  Return whether there was one.
 */
static bool pv_bucket_undo(struct hlist_head *bucket)
{
	struct pv_process *process;
	struct pv_change *change;

	if (hlist_empty(bucket))
		return false;
	raw_spin_lock(&pv_process_lock);
	hlist_for_each_entry(process, bucket, hash) {
		change = pv_change_find(process);
		if (!change)
			continue;
		refcount_inc(&process->refs);
		raw_spin_unlock(&pv_process_lock);
		pv_change_take_back(change, process);
		pv_process_put(process);
		return true;
	}
	raw_spin_unlock(&pv_process_lock);
	return false;
}

/* Give back what was taken away; it has stayed hashed, as it is wanted. */
static void pv_taken_undo(struct pv_change *change)
{
	struct pv_process *process = change->process;
	bool back;

	raw_spin_lock(&pv_process_lock);
	back = !hlist_unhashed(&process->hash) &&
	       !rcu_access_pointer(process->layers);
	raw_spin_unlock(&pv_process_lock);
	if (back)
		pv_change_take_back(change, process);
}

/**
 * pv_changes_undo - put back what a request changed
 * @changes: the changes, empty afterwards
 *
 * What ended meanwhile has nothing to be put back; children that were made
 * meanwhile have what their parent had.
 *
 * Context: pv_process_mutex is held; may sleep.
 */
void pv_changes_undo(struct list_head *changes)
{
	struct pv_change *change;

	lockdep_assert_held(&pv_process_mutex);
	if (list_empty(changes))
		return;
	list_for_each_entry(change, changes, node) {
		if (!change->given) {
			pv_taken_undo(change);
			continue;
		}
		hash_add(pv_undoing, &change->hash,
			 (unsigned long)change->given);
		hash_add(pv_undoing_of, &change->by_process,
			 (unsigned long)change->process);
	}
	pv_processes_each(pv_bucket_undo);
	list_for_each_entry(change, changes, node) {
		hash_del(&change->hash);
		hash_del(&change->by_process);
	}
	pv_changes_forget(changes);
}

/*
 * How long the calls that a request has met may keep who asked waiting, all of
 * them together.
 */
#define PV_CHANGES_TIMEOUT	(2 * HZ)

/**
 * pv_changes_wait - wait until all threads go by what a request has changed
 * @changes: the changes
 *
 * A thread that is in a call still after a while is left alone: its next call
 * goes by the change.
 *
 * Context: may sleep, no lock is held; ends on a fatal signal.
 */
void pv_changes_wait(const struct list_head *changes)
{
	const struct pv_change *change;
	long left = PV_CHANGES_TIMEOUT;

	list_for_each_entry(change, changes, node) {
		left = pv_quiesce_wait(change->process, left);
		if (left <= 0)
			break;
	}
}

/**
 * pv_changes_forget - let a request's changes stand
 * @changes: the changes, empty afterwards
 *
 * Context: pv_process_mutex is held if anything was taken away.
 */
void pv_changes_forget(struct list_head *changes)
{
	struct pv_change *change, *next;

	list_for_each_entry_safe(change, next, changes, node) {
		/* What was taken away need not be given back any more. */
		if (!change->given) {
			refcount_inc(&change->process->refs);
			pv_process_dismiss(change->process);
		}
		pv_change_free(change);
	}
	INIT_LIST_HEAD(changes);
}
