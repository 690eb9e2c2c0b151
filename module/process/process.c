// SPDX-License-Identifier: GPL-2.0
/* Processes: attach, inherit, exec, exit, detach. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hashtable.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/pathvirt.h>

#include "hook/hooks.h"
#include "process/pin.h"
#include "process/process.h"
#include "process/quiesce.h"
#include "process/route.h"
#include "process/root.h"
#include "trace.h"
#include "process/tree.h"

struct hlist_head pv_processes[PV_PROCESS_HASH_SIZE];
DEFINE_MUTEX(pv_process_mutex);	/* both explained in process.h */
static DEFINE_RAW_SPINLOCK(pv_process_lock);

/* Hashed processes; the hooks are armed while there are any. */
static unsigned int pv_nr_processes;

/*
 * The module holds itself while a process is attached or a call is inside of a
 * handler; guarded by pv_process_lock.
 */
static bool pv_held;
bool pv_draining;
static void pv_release_later(struct work_struct *work);
static DECLARE_DELAYED_WORK(pv_release_work, pv_release_later);

/* Changes with every process that is hashed or unhashed. */
static u32 pv_generation;

/*
 * Hooking and unhooking the kernel makes every CPU stumble.  So the hooks stay
 * for a while when the last process has gone: whoever attaches and ends in a loop
 * does not have them put up and taken down each time.
 */
#define PV_IDLE_TIME	(5 * HZ)

/* When the last process went. */
static unsigned long pv_idle_since;
/* Do the hooks that are up not do what they should?  Under pv_process_mutex. */
static bool pv_hooks_doubted;
static void pv_idle_work_run(struct work_struct *work);
static DECLARE_DELAYED_WORK(pv_idle_work, pv_idle_work_run);

/*
 * Allocations under pv_process_mutex, charged to who asks: where his memory is
 * used up they fail, and do not make others wait until some is found.
 */
#define PV_PROCESS_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

/* Under rcu_read_lock() or pv_process_lock. */
static struct pv_process *pv_process_find(const struct signal_struct *group)
{
	struct pv_process *process;

	hlist_for_each_entry_rcu(process, pv_process_bucket(group), hash,
				 lockdep_is_held(&pv_process_lock))
		if (process->group == group)
			return process;
	return NULL;
}

static struct pv_process *pv_process_get_group(const struct signal_struct *group)
{
	struct pv_process *process;

	rcu_read_lock();
	process = pv_process_find(group);
	if (process && !refcount_inc_not_zero(&process->refs))
		process = NULL;
	rcu_read_unlock();
	return process;
}

/* Is it attached, as far as can be told without a lock? */
static bool pv_process_known(const struct task_struct *task)
{
	bool known;

	rcu_read_lock();
	known = pv_process_find(task->signal);
	rcu_read_unlock();
	return known;
}

/**
 * pv_process_get_current - the running task's process
 *
 * Return: a reference, or NULL if it is not attached (any more).
 */
struct pv_process *pv_process_get_current(void)
{
	return pv_process_get_group(current->signal);
}

/**
 * pv_process_get_task - the process that a task belongs to
 * @task: the task; the caller holds a reference
 *
 * Return: a reference, or NULL if it is not attached.
 */
struct pv_process *pv_process_get_task(struct task_struct *task)
{
	return pv_process_get_group(task->signal);
}

static void pv_spares_free(struct list_head *spares)
{
	struct pv_process *spare, *next;

	list_for_each_entry_safe(spare, next, spares, spare)
		kfree(spare);
}

/* A grace period later, and where memory can be given back. */
static void pv_process_free_rcu(struct rcu_head *rcu)
{
	struct pv_process *process = container_of(rcu, struct pv_process, rcu);

	pv_spares_free(&process->spares);
	put_pid(process->pid);
	kfree(process);
}

/**
 * pv_process_free - the last reference is gone
 * @process: the process; only pv_process_put() calls this
 */
void pv_process_free(struct pv_process *process)
{
	pv_layers_put(rcu_dereference_protected(process->layers, 1));
	pv_notes_put(rcu_dereference_protected(process->notes, 1));
	call_rcu(&process->rcu, pv_process_free_rcu);
}

/**
 * pv_layers_get_current - what the running task's names pass
 *
 * Context: any; RCU walk included.
 * Return: a reference, or NULL if there is nothing.
 */
struct pv_layers *pv_layers_get_current(void)
{
	struct pv_layers *layers = NULL;
	struct pv_process *process;

	rcu_read_lock_sched();
	process = pv_process_current();
	while (process) {
		layers = (struct pv_layers *)pv_process_layers(process);
		if (!layers || refcount_inc_not_zero(&layers->refs))
			break;
	}
	rcu_read_unlock_sched();
	return layers;
}

/*
 * The layers of a process: a reference, or NULL.  @own is set to which of them was
 * set for the process itself, or to NULL.
 */
static struct pv_layers *pv_process_state(struct pv_process *process,
					  struct pv_table **own)
{
	struct pv_layers *layers;

	raw_spin_lock(&pv_process_lock);
	layers = rcu_dereference_protected(process->layers,
					   lockdep_is_held(&pv_process_lock));
	pv_layers_get(layers);
	*own = process->own;
	raw_spin_unlock(&pv_process_lock);
	return layers;
}

/**
 * pv_process_get_layers - the layers of a process, for showing them
 * @process: the process
 * @own: set to whether the innermost layer is the process's own
 *
 * Return: a reference, or NULL if there are none.
 */
struct pv_layers *pv_process_get_layers(struct pv_process *process, bool *own)
{
	struct pv_table *table;
	struct pv_layers *layers = pv_process_state(process, &table);

	*own = table;
	return layers;
}

static struct pv_process *pv_process_alloc(gfp_t gfp)
{
	struct pv_process *process;

	process = kzalloc(sizeof(*process), gfp);
	if (!process)
		return NULL;
	refcount_set(&process->refs, 1);
	raw_spin_lock_init(&process->notes_lock);
	INIT_LIST_HEAD(&process->spares);
	INIT_LIST_HEAD(&process->spare);
	return process;
}

/* Let the module go if nothing needs it any more, or look again later. */
static void pv_release(void)
{
	lockdep_assert_held(&pv_process_lock);
	WRITE_ONCE(pv_draining, !pv_nr_processes && pv_held);
	if (!pv_draining)
		return;
	/*
	 * The last call looks again when it ends.  It may just have missed
	 * that it is asked to, so we do, too.
	 */
	if (pv_hooks_busy()) {
		schedule_delayed_work(&pv_release_work, HZ / 10);
		return;
	}
	WRITE_ONCE(pv_draining, false);
	pv_held = false;
	module_put(THIS_MODULE);
}

/**
 * pv_release_now - the last of the calls that were waited for may have ended
 *
 * Context: process context; does not sleep.
 */
void pv_release_now(void)
{
	raw_spin_lock(&pv_process_lock);
	pv_release();
	raw_spin_unlock(&pv_process_lock);
}

static void pv_release_later(struct work_struct *work)
{
	pv_release_now();
}

/* Say whose @process is; it is not known to anybody else yet. */
static void pv_process_name(struct pv_process *process,
			    struct task_struct *task)
{
	process->group = task->signal;
	process->pid = get_pid(task_tgid(task));
}

/* Fails if the module is about to go, which no attached process allows. */
static bool pv_process_hash(struct pv_process *process)
{
	lockdep_assert_held(&pv_process_lock);
	if (!pv_held && !try_module_get(THIS_MODULE))
		return false;
	pv_held = true;
	WRITE_ONCE(pv_draining, false);
	hlist_add_head_rcu(&process->hash, pv_process_bucket(process->group));
	pv_nr_processes++;
	pv_generation++;
	return true;
}

/* Nobody is attached any more: disarm the hooks, but not at once. */
static void pv_idle_begin(void)
{
	WRITE_ONCE(pv_idle_since, jiffies);
	schedule_delayed_work(&pv_idle_work, PV_IDLE_TIME);
}

/* The hash's reference passes to the caller. */
static void pv_process_unhash(struct pv_process *process)
{
	lockdep_assert_held(&pv_process_lock);
	hlist_del_init_rcu(&process->hash);
	pv_nr_processes--;
	pv_generation++;
	if (!pv_nr_processes)
		pv_idle_begin();
	pv_release();
}

/*
 * Give @process new layers, of which it takes the caller's reference.  Return
 * the old ones with their reference.
 */
static struct pv_layers *pv_process_publish(struct pv_process *process,
					    struct pv_layers *layers,
					    struct pv_table *own)
{
	lockdep_assert_held(&pv_process_lock);
	process->own = own;
	return rcu_replace_pointer(process->layers, layers,
				   lockdep_is_held(&pv_process_lock));
}

/*
 * Unhash a process that has no layers, unless a call is pinned: then its end
 * does it.  Return whether the hash's reference passed to the caller.
 */
static bool pv_process_retire(struct pv_process *process)
{
	lockdep_assert_held(&pv_process_lock);
	if (rcu_access_pointer(process->layers) || process->pins ||
	    process->wanted || hlist_unhashed(&process->hash))
		return false;
	pv_process_unhash(process);
	return true;
}

/**
 * pv_process_pin - a call begins that keeps its layers; for pin.c
 * @process: the process
 *
 * Return: a reference to the layers of now, or NULL.
 */
struct pv_layers *pv_process_pin(struct pv_process *process)
{
	struct pv_layers *layers;

	raw_spin_lock(&pv_process_lock);
	layers = rcu_dereference_protected(process->layers,
					   lockdep_is_held(&pv_process_lock));
	pv_layers_get(layers);
	WRITE_ONCE(process->pins, process->pins + 1);
	raw_spin_unlock(&pv_process_lock);
	return layers;
}

/**
 * pv_process_unpin - the end of what pv_process_pin() began
 * @process: the process
 */
void pv_process_unpin(struct pv_process *process)
{
	bool retired;

	raw_spin_lock(&pv_process_lock);
	WRITE_ONCE(process->pins, process->pins - 1);
	retired = pv_process_retire(process);
	raw_spin_unlock(&pv_process_lock);
	if (retired)
		pv_process_put(process);
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
	if (!moved || !pv_layers_has(old, moved))
		moved = push ? NULL : *own;
	if (moved && old->nr > 1) {
		if (*own == moved)
			*own = table;
		return pv_layers_replace(old, moved, table);
	}
	base = pv_root_of(task);
	if (IS_ERR(base))
		return ERR_CAST(base);
	layers = pv_layers_push(moved ? NULL : old, table, base);
	pv_root_put(base);
	if (!moved || *own == moved)
		*own = table;
	return layers;
}

/**
 * pv_process_lay_by - lay spares by for children that are being forked
 * @process: the process
 * @forks: how many threads may be in a fork that went past the hook, as the
 *	process was not hashed when it began
 *
 * Return: 0 or -ENOMEM.
 */
int pv_process_lay_by(struct pv_process *process, unsigned int forks)
{
	struct pv_process *spare;
	LIST_HEAD(spares);

	while (forks--) {
		spare = pv_process_alloc(PV_PROCESS_GFP);
		if (!spare) {
			pv_spares_free(&spares);
			return -ENOMEM;
		}
		list_add(&spare->spare, &spares);
	}
	raw_spin_lock(&pv_process_lock);
	list_splice(&spares, &process->spares);
	raw_spin_unlock(&pv_process_lock);
	return 0;
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

/*
 * One try of pv_process_set(), by what the process has now.  -EALREADY if it has
 * @table: a child in the tree that has inherited it meanwhile.
 */
static int pv_process_try_set(struct pv_process *process,
			      struct task_struct *task, struct pv_table *table,
			      const struct pv_table *moved, bool push,
			      struct pv_change *change)
{
	struct pv_layers *layers, *old;
	struct pv_table *own;
	int err = -EALREADY;

	old = pv_process_state(process, &own);
	if (pv_layers_has(old, table))
		goto out;
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
					 change);
	} while (err == -EAGAIN);
	if (err) {
		refcount_inc(&process->refs);
		pv_change_free(change);
		pv_process_dismiss(process);
		return err == -EALREADY ? 0 : err;
	}
	list_add(&change->node, changes);
	if (!(task->flags & PF_KTHREAD))	/* not the proof's worker */
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
	if (!old || (own_only && !own))
		goto out;
	if (own_only)
		layers = pv_layers_pop(old);
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
 * Return: 0, -ENOENT if it has none (with @own_only: no own one), -ESRCH if it
 * has ended, -ENOMEM.
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

/**
 * pv_process_see_from - let the layers of a process be seen from a root directory
 * @process: the process
 * @now: as with pv_layers_seen_from()
 * @moved: the same
 *
 * Context: may sleep.
 */
void pv_process_see_from(struct pv_process *process, const struct path *now,
			 bool moved)
{
	struct pv_layers *layers, *copy;
	struct pv_table *own;
	bool same = false;

	/* Who changes the layers at the same time makes us look again. */
	while (!same && (layers = pv_process_state(process, &own))) {
		copy = pv_layers_seen_from(layers, now, moved);
		if (!copy) {
			pv_layers_put(layers);
			break;
		}
		raw_spin_lock(&pv_process_lock);
		same = rcu_access_pointer(process->layers) == layers;
		if (same)
			pv_process_publish(process, copy, process->own);
		raw_spin_unlock(&pv_process_lock);
		pv_layers_put(layers);
		pv_layers_put(same ? layers : copy);
	}
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

		pv_event_tell(process, PATHVIRT_EVENT_DETACH);
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
		for (i = 0; i < ARRAY_SIZE(pv_processes); i++) {
			while (act(&pv_processes[i]))
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
		pv_event_tell(process, PATHVIRT_EVENT_DETACH);
	if (retired)
		pv_process_put(process);
}

/* The changes that are being undone, by what they gave; under pv_process_mutex. */
static DEFINE_HASHTABLE(pv_undoing, 8);

/* The change from which @process has its layers, or NULL. */
static struct pv_change *pv_change_find(const struct pv_process *process)
{
	const struct pv_layers *layers =
		rcu_dereference_protected(process->layers,
					  lockdep_is_held(&pv_process_lock));
	struct pv_change *change;

	if (!layers)
		return NULL;
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
		if (change->given)
			hash_add(pv_undoing, &change->hash,
				 (unsigned long)change->given);
		else
			pv_taken_undo(change);
	}
	pv_processes_each(pv_bucket_undo);
	list_for_each_entry(change, changes, node)
		hash_del(&change->hash);
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

/**
 * pv_process_own - the table that was set for a process itself
 * @task: any thread of it
 *
 * Context: pv_process_mutex is held.
 * Return: a reference, or NULL.
 */
struct pv_table *pv_process_own(struct task_struct *task)
{
	struct pv_process *process = pv_process_get_task(task);
	struct pv_table *own;

	lockdep_assert_held(&pv_process_mutex);
	if (!process)
		return NULL;
	raw_spin_lock(&pv_process_lock);
	own = process->own;
	if (own)
		pv_table_get(own);
	raw_spin_unlock(&pv_process_lock);
	pv_process_put(process);
	return own;
}

/**
 * pv_process_has - is a process attached, and with this table?
 * @task: any thread of it
 * @table: the table, or NULL for any
 *
 * Context: under rcu_read_lock().
 */
bool pv_process_has(struct task_struct *task, const struct pv_table *table)
{
	const struct pv_process *process = pv_process_find(task->signal);
	const struct pv_layers *layers;

	if (!process)
		return false;
	layers = rcu_dereference(process->layers);
	return table ? pv_layers_has(layers, table) : !!layers;
}

/**
 * pv_heir_prepare - get ready for a child of the running process
 * @heir: receives what pv_heir_adopt() takes, or NULL if the process is not
 *	attached.  Should it be meanwhile, pv_process_fork() sees to the child.
 *
 * What can fail about inheriting fails here, before the child exists.
 *
 * Return: 0 or -ENOMEM.
 */
int pv_heir_prepare(struct pv_process **heir)
{
	*heir = NULL;
	if (!pv_process_known(current))
		return 0;
	*heir = pv_process_alloc(GFP_KERNEL_ACCOUNT);
	return *heir ? 0 : -ENOMEM;
}

/**
 * pv_heir_adopt - let a child have the layers of the running process
 * @heir: from pv_heir_prepare(), not NULL; taken
 * @child: the new process, which has not run yet, or an ERR_PTR if it could not
 *	be made
 *
 * The parent's layers are read at this moment and under the lock that every
 * change of them takes, so the child of a process that is attached meanwhile
 * is attached too.
 */
void pv_heir_adopt(struct pv_process *heir, struct task_struct *child)
{
	struct pv_process *parent = NULL;
	struct pv_layers *layers = NULL;

	if (!IS_ERR(child))
		parent = pv_process_get_current();
	if (parent) {
		raw_spin_lock(&pv_process_lock);
		layers = rcu_dereference_protected(parent->layers,
						   lockdep_is_held(&pv_process_lock));
		/* The child may have been found and attached already. */
		if (layers && !pv_process_find(child->signal)) {
			pv_layers_get(layers);
			rcu_assign_pointer(heir->layers, layers);
			refcount_inc(&heir->refs);
			pv_process_name(heir, child);
			heir->parent = pid_nr(parent->pid);
			pv_process_hash(heir);
		} else {
			layers = NULL;
		}
		raw_spin_unlock(&pv_process_lock);
	}
	if (layers)
		pv_event_add(&heir->inherited, PATHVIRT_EVENT_INHERIT, heir);
	pv_process_put(parent);
	pv_process_put(heir);
}

/**
 * pv_process_fork - a child has been made and has not run yet
 * @parent: the running task
 * @child: the first thread of the new process, or a thread of @parent's
 *
 * For the fork that began before its process was attached: it went past the
 * hook, but its child must not get away.  What it needs was put by then.
 *
 * Context: tracepoint; does not sleep.
 */
void pv_process_fork(struct task_struct *parent, struct task_struct *child)
{
	struct pv_process *process, *heir = NULL;
	struct pv_layers *layers;

	if (same_thread_group(parent, child) ||
	    !pv_process_known(parent) || pv_process_known(child))
		return;
	raw_spin_lock(&pv_process_lock);
	process = pv_process_find(parent->signal);
	if (!process || pv_process_find(child->signal))
		goto out;
	layers = rcu_dereference_protected(process->layers,
					   lockdep_is_held(&pv_process_lock));
	if (!layers)
		goto out;
	heir = list_first_entry_or_null(&process->spares, struct pv_process,
					spare);
	if (!heir) {
		pr_warn_once("a child was made that inherits nothing\n");
		goto out;
	}
	list_del_init(&heir->spare);
	rcu_assign_pointer(heir->layers, pv_layers_get(layers));
	pv_process_name(heir, child);
	heir->parent = pid_nr(process->pid);
	refcount_inc(&heir->refs);
	pv_process_hash(heir);
out:
	raw_spin_unlock(&pv_process_lock);
	if (!heir)
		return;
	pv_event_add(&heir->inherited, PATHVIRT_EVENT_INHERIT, heir);
	pv_process_put(heir);
}

/**
 * pv_process_exec - a process has executed a new program
 * @task: the thread that did
 *
 * Context: tracepoint; does not sleep.
 */
void pv_process_exec(struct task_struct *task)
{
	struct pv_process *process = pv_process_get_task(task);

	if (!process)
		return;
	pv_event_add(&process->executed, PATHVIRT_EVENT_EXEC, process);
	pv_process_put(process);
}

/**
 * pv_process_exit - a thread ends
 * @task: the thread, still running
 *
 * With the last thread of its group the process is forgotten, before anyone can
 * learn that it has ended.
 *
 * Context: tracepoint; does not sleep.
 */
void pv_process_exit(struct task_struct *task)
{
	struct pv_layers *layers = NULL;
	struct pv_process *process;
	bool hashed = false;

	if (atomic_read(&task->signal->live))
		return;
	pv_tree_note_exit(task);

	/* Who hashes it after we looked finds that nobody lives. */
	process = pv_process_get_task(task);
	if (!process)
		return;
	raw_spin_lock(&pv_process_lock);
	if (!hlist_unhashed(&process->hash)) {
		hashed = true;
		layers = pv_process_publish(process, NULL, NULL);
		pv_process_unhash(process);
	}
	raw_spin_unlock(&pv_process_lock);
	if (hashed) {
		pv_event_add(&process->exited, PATHVIRT_EVENT_EXIT, process);
		pv_layers_put(layers);
		pv_process_put(process);
	}
	pv_process_put(process);
}

/* The hooks have not been needed for a while. */
static void pv_idle_work_run(struct work_struct *work)
{
	unsigned long due = READ_ONCE(pv_idle_since) + PV_IDLE_TIME;

	mutex_lock(&pv_process_mutex);
	/* While there are any, who goes last begins anew. */
	if (!READ_ONCE(pv_nr_processes)) {
		if (time_before(jiffies, due) && !pv_hooks_doubted)
			schedule_delayed_work(&pv_idle_work, due - jiffies);
		else
			pv_hooks_disarm();
	}
	mutex_unlock(&pv_process_mutex);
}

/**
 * pv_processes_idle - have the hooks disarmed if no process is attached
 *
 * For a request that has armed them in vain.
 *
 * Context: pv_process_mutex is held.
 */
void pv_processes_idle(void)
{
	lockdep_assert_held(&pv_process_mutex);
	if (!READ_ONCE(pv_nr_processes) && pv_hooks_armed())
		pv_idle_begin();
}

/**
 * pv_processes_doubt - do the hooks do what they should?
 * @doubted: they do not
 *
 * Another time they may be put up in another way, once they are down.  So they go at
 * their time even if somebody tries to attach again and again, each time in vain; and
 * not sooner, or he would have them put up and taken down each time.
 *
 * Context: pv_process_mutex is held.
 */
void pv_processes_doubt(bool doubted)
{
	lockdep_assert_held(&pv_process_mutex);
	pv_hooks_doubted = doubted;
}

/**
 * pv_processes_generation - has the set of attached processes changed?
 *
 * Return: a number that is another one if it has.
 */
u32 pv_processes_generation(void)
{
	return READ_ONCE(pv_generation);
}

/**
 * pv_processes_count - number of attached processes
 *
 * Return: the number.
 */
u32 pv_processes_count(void)
{
	return READ_ONCE(pv_nr_processes);
}

/**
 * pv_processes_uninit - on the way out, when no process is attached any more
 *
 * Context: module load or unload, behind pv_hooks_uninit(): nobody is in a
 * handler.
 */
void pv_processes_uninit(void)
{
	cancel_delayed_work_sync(&pv_release_work);
	cancel_delayed_work_sync(&pv_idle_work);
	WARN_ON_ONCE(pv_nr_processes);
	/* pv_process_free_rcu() */
	rcu_barrier();
}
