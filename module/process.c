// SPDX-License-Identifier: GPL-2.0
/* Processes: attach, inherit, exec, exit, detach. */
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/pathvirt.h>

#include "hooks.h"
#include "netlink.h"
#include "process.h"
#include "reached.h"
#include "settle.h"
#include "trace.h"
#include "tree.h"

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
 * Processes with events to tell; guarded by pv_process_lock.  Who tells holds
 * pv_event_mutex, and tells what is queued first, so that events are told in
 * the order in which they happened.
 */
static LIST_HEAD(pv_event_queue);
static DEFINE_MUTEX(pv_event_mutex);
static void pv_events_tell(struct work_struct *work);
static DECLARE_WORK(pv_event_work, pv_events_tell);

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

	list_for_each_entry_safe(spare, next, spares, queue)
		kfree(spare);
}

/**
 * pv_process_free - the last reference is gone
 * @process: the process; only pv_process_put() calls this
 */
void pv_process_free(struct pv_process *process)
{
	pv_spares_free(&process->spares);
	pv_layers_put(rcu_dereference_protected(process->layers, 1));
	put_pid(process->pid);
	kfree_rcu(process, rcu);
}

/**
 * pv_process_pinned - what the running task's names pass, if calls are pinned
 * @process: its process
 * @layers: what they pass if none of the calls is its own
 *
 * Context: as pv_process_layers(), which alone calls this.
 * Return: the layers or NULL.
 */
const struct pv_layers *pv_process_pinned(struct pv_process *process,
					  const struct pv_layers *layers)
{
	const struct pv_pin *pin;

	raw_spin_lock(&pv_process_lock);
	list_for_each_entry(pin, &process->pins, node) {
		if (pin->task == current) {
			layers = pin->layers;
			break;
		}
	}
	raw_spin_unlock(&pv_process_lock);
	return layers;
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

/**
 * pv_process_get_layers - the layers of a process, for showing them
 * @process: the process
 * @own: set to whether the innermost layer is the process's own
 *
 * Return: a reference, or NULL if there are none.
 */
struct pv_layers *pv_process_get_layers(struct pv_process *process, bool *own)
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

static struct pv_process *pv_event_next(unsigned long *events)
{
	struct pv_process *process;

	raw_spin_lock(&pv_process_lock);
	process = list_first_entry_or_null(&pv_event_queue, struct pv_process,
					   queue);
	if (process) {
		list_del_init(&process->queue);
		*events = process->events;
		process->events = 0;
	}
	raw_spin_unlock(&pv_process_lock);
	return process;
}

static void pv_events_drain(void)
{
	struct pv_process *process;
	unsigned long events;

	lockdep_assert_held(&pv_event_mutex);
	while ((process = pv_event_next(&events))) {
		if (events & BIT(PATHVIRT_EVENT_INHERIT))
			pv_netlink_event(process, PATHVIRT_EVENT_INHERIT, NULL);
		if (events & BIT(PATHVIRT_EVENT_EXEC))
			pv_netlink_event(process, PATHVIRT_EVENT_EXEC, NULL);
		if (events & BIT(PATHVIRT_EVENT_EXIT))
			pv_netlink_event(process, PATHVIRT_EVENT_EXIT, NULL);
		pv_process_put(process);
	}
}

/**
 * pv_process_tell - tell of an event, after those that came before it
 * @process: whom it happened to
 * @event: what happened
 * @parent: as with pv_netlink_event()
 *
 * Context: process context; may sleep.
 */
void pv_process_tell(struct pv_process *process, enum pathvirt_event event,
		     const struct pv_process *parent)
{
	if (!pv_netlink_heard())
		return;
	mutex_lock(&pv_event_mutex);
	pv_events_drain();
	pv_netlink_event(process, event, parent);
	mutex_unlock(&pv_event_mutex);
}

static struct pv_process *pv_process_alloc(void)
{
	struct pv_process *process;

	process = kzalloc(sizeof(*process), GFP_KERNEL_ACCOUNT);
	if (!process)
		return NULL;
	refcount_set(&process->refs, 1);
	INIT_LIST_HEAD(&process->pins);
	INIT_LIST_HEAD(&process->spares);
	INIT_LIST_HEAD(&process->queue);
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

/* The hash's reference passes to the caller. */
static void pv_process_unhash(struct pv_process *process)
{
	lockdep_assert_held(&pv_process_lock);
	hlist_del_init_rcu(&process->hash);
	pv_nr_processes--;
	pv_generation++;
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
	if (rcu_access_pointer(process->layers) ||
	    !list_empty(&process->pins) || hlist_unhashed(&process->hash))
		return false;
	pv_process_unhash(process);
	return true;
}

/**
 * pv_pin_begin - keep the layers of now until pv_pin_end()
 * @pin: on the caller's stack
 *
 * For calls that take more than one name: all of them see the same layers,
 * though others be installed in between.
 */
void pv_pin_begin(struct pv_pin *pin)
{
	pin->task = current;
	pin->layers = NULL;
	pin->process = pv_process_get_current();
	if (!pin->process)
		return;

	raw_spin_lock(&pv_process_lock);
	pin->layers = rcu_dereference_protected(pin->process->layers,
						lockdep_is_held(&pv_process_lock));
	pv_layers_get(pin->layers);
	list_add(&pin->node, &pin->process->pins);
	raw_spin_unlock(&pv_process_lock);
}

/**
 * pv_pin_end - end of what pv_pin_begin() began
 * @pin: the pin
 */
void pv_pin_end(struct pv_pin *pin)
{
	bool retired;

	if (!pin->process)
		return;

	raw_spin_lock(&pv_process_lock);
	list_del(&pin->node);
	retired = pv_process_retire(pin->process);
	raw_spin_unlock(&pv_process_lock);

	pv_layers_put(pin->layers);
	if (retired) {
		pv_process_put(pin->process);
		schedule_work(&pv_event_work);	/* may disarm the hooks */
	}
	pv_process_put(pin->process);
}

/* What becomes of @old when @table is set; see pv_process_set(). */
static struct pv_layers *pv_layers_set(const struct pv_layers *old,
				       struct pv_table **own,
				       struct pv_table *table,
				       const struct pv_table *moved, bool push)
{
	struct pv_layers *layers;

	if (moved && pv_layers_has(old, moved)) {
		if (*own == moved)
			*own = table;
		return pv_layers_replace(old, moved, table);
	}
	if (*own && !push)
		layers = pv_layers_replace(old, *own, table);
	else
		layers = pv_layers_push(old, table);
	*own = table;
	return layers;
}

/*
 * Each thread of @task may be in a fork that went past the hook, as the process
 * was not attached when it began; some may be made meanwhile.
 */
#define PV_SPARES_EXTRA		8

static int pv_spares_alloc(struct list_head *spares, struct task_struct *task)
{
	int left = get_nr_threads(task) + PV_SPARES_EXTRA;
	struct pv_process *spare;

	while (left--) {
		spare = pv_process_alloc();
		if (!spare) {
			pv_spares_free(spares);
			return -ENOMEM;
		}
		list_add(&spare->queue, spares);
	}
	return 0;
}

/*
 * Hash a new process for @task, or find the one that a fork has hashed since we
 * looked: @task may be a child that is being made.  The caller gets a reference.
 */
static struct pv_process *pv_process_new(struct task_struct *task,
					 struct list_head *spares)
{
	struct pv_process *process = pv_process_alloc(), *heir;
	bool hashed;

	if (!process)
		return ERR_PTR(-ENOMEM);
	pv_process_name(process, task);
	raw_spin_lock(&pv_process_lock);
	heir = pv_process_find(task->signal);
	if (heir)
		swap(heir, process);
	hashed = heir || pv_process_hash(process);
	if (hashed) {
		list_splice_init(spares, &process->spares);
		refcount_inc(&process->refs);
	}
	raw_spin_unlock(&pv_process_lock);
	pv_process_put(heir);
	if (hashed)
		return process;
	pv_process_put(process);
	return ERR_PTR(-ENODEV);
}

/* Unhash a process that got no layers; drops the caller's reference. */
static void pv_process_dismiss(struct pv_process *process)
{
	raw_spin_lock(&pv_process_lock);
	if (pv_process_retire(process))
		refcount_dec(&process->refs);
	raw_spin_unlock(&pv_process_lock);
	pv_process_put(process);
}

/*
 * Find or make the process of @task, hashed, with a reference for the caller.
 * From then on calls with several names are pinned, to no layers yet; those
 * that began before are waited for.
 */
static struct pv_process *pv_process_admit(struct task_struct *task)
{
	struct pv_process *process = pv_process_get_task(task);
	LIST_HEAD(spares);
	int err;

	lockdep_assert_held(&pv_process_mutex);
	if (process && rcu_access_pointer(process->layers))
		return process;

	err = pv_hooks_arm();
	if (!err)
		err = pv_spares_alloc(&spares, task);
	if (err) {
		pv_process_put(process);
		return ERR_PTR(err);
	}

	if (process) {		/* only a pin has kept it */
		raw_spin_lock(&pv_process_lock);
		list_splice_init(&spares, &process->spares);
		raw_spin_unlock(&pv_process_lock);
	} else {
		process = pv_process_new(task, &spares);
	}
	pv_spares_free(&spares);
	if (IS_ERR(process))
		return process;

	err = pv_settle(task);
	if (!err)
		return process;
	pv_process_dismiss(process);
	return ERR_PTR(err);
}

/*
 * Publish @layers, whose reference is taken, and note the change.  -ESRCH if
 * the group has ended: its exit may have come before it was hashed.
 */
static int pv_process_change(struct pv_process *process,
			     struct task_struct *task, struct pv_layers *layers,
			     struct pv_table *own, struct pv_change *change)
{
	bool retired, ended;

	change->process = process;
	raw_spin_lock(&pv_process_lock);
	change->own = process->own;
	change->given = pv_layers_get(layers);
	change->layers = pv_process_publish(process, layers, own);
	ended = !atomic_read(&task->signal->live);
	if (ended)
		layers = pv_process_publish(process, NULL, NULL);
	retired = pv_process_retire(process);
	raw_spin_unlock(&pv_process_lock);

	if (retired)
		pv_process_put(process);
	if (!ended)
		return 0;
	pv_layers_put(layers);
	return -ESRCH;
}

/* Drop what a change holds. */
static void pv_change_free(struct pv_change *change)
{
	pv_layers_put(change->layers);
	pv_layers_put(change->given);
	pv_process_put(change->process);
	kfree(change);
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
 * layers, -ENOMEM, or why the hooks cannot be armed.
 */
int pv_process_set(struct task_struct *task, struct pv_table *table,
		   const struct pv_table *moved, bool push,
		   struct list_head *changes)
{
	struct pv_layers *layers, *old;
	struct pv_process *process;
	struct pv_change *change;
	struct pv_table *own;
	int err;

	change = kzalloc(sizeof(*change), GFP_KERNEL);
	if (!change)
		return -ENOMEM;
	process = pv_process_admit(task);
	if (IS_ERR(process)) {
		kfree(change);
		return PTR_ERR(process);
	}

	own = process->own;	/* changed under pv_process_mutex only */
	old = rcu_dereference_protected(process->layers,
					lockdep_is_held(&pv_process_mutex));
	if (pv_layers_has(old, table)) {
		/* A child in the tree, which has inherited it meanwhile. */
		pv_process_put(process);
		kfree(change);
		return 0;
	}
	layers = pv_layers_set(old, &own, table, moved, push);
	if (IS_ERR(layers)) {
		pv_process_dismiss(process);
		kfree(change);
		return PTR_ERR(layers);
	}

	err = pv_process_change(process, task, layers, own, change);
	if (err)
		goto fail;
	list_add(&change->node, changes);
	if (!(task->flags & PF_KTHREAD))	/* not the proof's worker */
		trace_attach(task, table->nr_rules, layers->nr);
	return 0;

fail:
	pv_change_free(change);
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
	struct pv_layers *old, *layers = NULL;
	struct pv_change *change;
	int err;

	lockdep_assert_held(&pv_process_mutex);
	if (!process)
		return -ENOENT;
	change = kzalloc(sizeof(*change), GFP_KERNEL);
	if (!change) {
		pv_process_put(process);
		return -ENOMEM;
	}
	change->process = process;

	err = -ENOENT;
	old = rcu_dereference_protected(process->layers,
					lockdep_is_held(&pv_process_mutex));
	if (!old || (own_only && !process->own))
		goto fail;
	if (own_only) {
		layers = pv_layers_pop(old);
		err = PTR_ERR(layers);
		if (IS_ERR(layers))
			goto fail;
	}

	err = pv_process_change(process, task, layers, NULL, change);
	if (err)
		goto fail;
	list_add(&change->node, changes);
	return 0;

fail:
	pv_change_free(change);
	return err;
}

/**
 * pv_process_set_root - the running process is about to change its root directory
 * @root: what is known of the new one, or NULL; a reference is taken
 *
 * Context: may sleep.
 */
void pv_process_set_root(struct pv_root *root)
{
	struct pv_process *process = pv_process_get_current();
	struct pv_layers *layers;

	if (!process)
		return;
	mutex_lock(&pv_process_mutex);
	layers = rcu_dereference_protected(process->layers,
					   lockdep_is_held(&pv_process_mutex));
	if (layers) {
		layers = pv_layers_copy(layers, root);
		raw_spin_lock(&pv_process_lock);
		layers = pv_process_publish(process, layers, process->own);
		raw_spin_unlock(&pv_process_lock);
		pv_layers_put(layers);
	}
	mutex_unlock(&pv_process_mutex);
	pv_process_put(process);
}

/**
 * pv_process_clear_all - detach every process
 *
 * Context: pv_process_mutex is held; may sleep.
 */
void pv_process_clear_all(void)
{
	struct pv_process *process;
	struct pv_layers *layers;
	bool retired;
	int i;

	lockdep_assert_held(&pv_process_mutex);
	for (i = 0; i < ARRAY_SIZE(pv_processes); i++) {
again:
		raw_spin_lock(&pv_process_lock);
		hlist_for_each_entry(process, &pv_processes[i], hash) {
			if (!rcu_access_pointer(process->layers))
				continue;	/* only a pin keeps it */
			refcount_inc(&process->refs);
			layers = pv_process_publish(process, NULL, NULL);
			retired = pv_process_retire(process);
			raw_spin_unlock(&pv_process_lock);

			pv_process_tell(process, PATHVIRT_EVENT_DETACH, NULL);
			pv_layers_put(layers);
			if (retired)
				pv_process_put(process);
			pv_process_put(process);
			goto again;
		}
		raw_spin_unlock(&pv_process_lock);
	}
}

/* A process that was given @change's layers, or inherited them; hashed. */
static struct pv_process *pv_change_find(const struct pv_change *change)
{
	struct pv_process *process = change->process;
	int i;

	lockdep_assert_held(&pv_process_lock);
	if (!hlist_unhashed(&process->hash) &&
	    rcu_access_pointer(process->layers) == change->given)
		return process;
	for (i = 0; change->given && i < ARRAY_SIZE(pv_processes); i++)
		hlist_for_each_entry(process, &pv_processes[i], hash)
			if (rcu_access_pointer(process->layers) == change->given)
				return process;
	return NULL;
}

/* Hash a process again that was unhashed when its layers went. */
static void pv_process_readmit(struct pv_process *process)
{
	struct task_struct *task;

	lockdep_assert_held(&pv_process_lock);
	rcu_read_lock();
	task = pid_task(process->pid, PIDTYPE_TGID);
	/* An exit that comes later waits for the lock and finds it hashed. */
	if (task && task->signal == process->group &&
	    atomic_read(&task->signal->live) && pv_process_hash(process))
		refcount_inc(&process->refs);
	rcu_read_unlock();
}

/* Put one process back.  Return whether there may be more of them. */
static bool pv_change_undo(struct pv_change *change)
{
	struct pv_process *process;
	struct pv_layers *given;
	bool heir, retired;

	raw_spin_lock(&pv_process_lock);
	if (!change->given && hlist_unhashed(&change->process->hash))
		pv_process_readmit(change->process);
	process = pv_change_find(change);
	if (!process) {
		raw_spin_unlock(&pv_process_lock);
		return false;
	}
	heir = process != change->process;
	refcount_inc(&process->refs);
	given = pv_process_publish(process, pv_layers_get(change->layers),
				   heir ? NULL : change->own);
	retired = pv_process_retire(process);
	raw_spin_unlock(&pv_process_lock);

	if (heir && !change->layers)
		pv_process_tell(process, PATHVIRT_EVENT_DETACH, NULL);
	pv_layers_put(given);
	if (retired)
		pv_process_put(process);
	pv_process_put(process);
	return change->given;
}

/**
 * pv_changes_undo - put back what a request changed, last change first
 * @changes: the changes, empty afterwards
 *
 * What ended meanwhile has nothing to be put back; children that were made
 * meanwhile have what their parent had.
 *
 * Context: pv_process_mutex is held; may sleep.
 */
void pv_changes_undo(struct list_head *changes)
{
	struct pv_change *change, *next;

	lockdep_assert_held(&pv_process_mutex);
	list_for_each_entry_safe(change, next, changes, node) {
		while (pv_change_undo(change))
			;
		pv_change_free(change);
	}
	INIT_LIST_HEAD(changes);
}

/**
 * pv_changes_forget - let a request's changes stand
 * @changes: the changes, empty afterwards
 */
void pv_changes_forget(struct list_head *changes)
{
	struct pv_change *change, *next;

	list_for_each_entry_safe(change, next, changes, node)
		pv_change_free(change);
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
 *
 * What can fail about inheriting fails here, before the child exists.
 *
 * Return: what pv_heir_settle() takes, or NULL if memory is short.
 */
struct pv_process *pv_heir_prepare(void)
{
	return pv_process_alloc();
}

/**
 * pv_heir_settle - let a child have the layers of the running process
 * @heir: from pv_heir_prepare(); taken
 * @child: the new process, which has not run yet, or an ERR_PTR if it could not
 *	be made
 *
 * The parent's layers are read at this moment and under the lock that every
 * change of them takes, so the child of a process that is attached meanwhile
 * is attached too.
 */
void pv_heir_settle(struct pv_process *heir, struct task_struct *child)
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
			pv_process_hash(heir);
		} else {
			layers = NULL;
		}
		raw_spin_unlock(&pv_process_lock);
	}
	if (layers)
		pv_process_tell(heir, PATHVIRT_EVENT_INHERIT, parent);
	pv_process_put(parent);
	pv_process_put(heir);
}

/* Tell of @event later: the caller cannot sleep.  Takes no reference. */
static void pv_process_queue(struct pv_process *process,
			     enum pathvirt_event event)
{
	lockdep_assert_held(&pv_process_lock);
	process->events |= BIT(event);
	if (list_empty(&process->queue)) {
		refcount_inc(&process->refs);
		list_add_tail(&process->queue, &pv_event_queue);
	}
	schedule_work(&pv_event_work);
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
	struct pv_process *process, *heir;
	struct pv_layers *layers;

	if (same_thread_group(parent, child))
		return;
	raw_spin_lock(&pv_process_lock);
	process = pv_process_find(parent->signal);
	if (!process || pv_process_find(child->signal))
		goto out;
	layers = rcu_dereference_protected(process->layers,
					   lockdep_is_held(&pv_process_lock));
	heir = list_first_entry_or_null(&process->spares, struct pv_process,
					queue);
	if (!layers || WARN_ON_ONCE(!heir))
		goto out;
	list_del_init(&heir->queue);
	rcu_assign_pointer(heir->layers, pv_layers_get(layers));
	pv_process_name(heir, child);
	pv_process_hash(heir);
	pv_process_queue(heir, PATHVIRT_EVENT_INHERIT);
out:
	raw_spin_unlock(&pv_process_lock);
}

/**
 * pv_process_exec - a process has executed a new program
 * @task: the thread that did
 *
 * Context: tracepoint; does not sleep.
 */
void pv_process_exec(struct task_struct *task)
{
	struct pv_process *process;

	raw_spin_lock(&pv_process_lock);
	process = pv_process_find(task->signal);
	if (process)
		pv_process_queue(process, PATHVIRT_EVENT_EXEC);
	raw_spin_unlock(&pv_process_lock);
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
	struct pv_process *process;

	if (atomic_read(&task->signal->live))
		return;
	pv_tree_note_exit(task);

	raw_spin_lock(&pv_process_lock);
	process = pv_process_find(task->signal);
	if (process) {
		pv_process_queue(process, PATHVIRT_EVENT_EXIT);
		pv_process_unhash(process);
		/* The queue has a reference of its own. */
		refcount_dec(&process->refs);
	}
	raw_spin_unlock(&pv_process_lock);
}

/* The worker: sends what could not be sent on the spot, then cleans up. */
static void pv_events_tell(struct work_struct *work)
{
	mutex_lock(&pv_event_mutex);
	pv_events_drain();
	mutex_unlock(&pv_event_mutex);

	mutex_lock(&pv_process_mutex);
	pv_processes_idle();
	mutex_unlock(&pv_process_mutex);
}

/**
 * pv_processes_idle - disarm the hooks if no process is attached
 *
 * Context: pv_process_mutex is held; may sleep.
 */
void pv_processes_idle(void)
{
	lockdep_assert_held(&pv_process_mutex);
	if (READ_ONCE(pv_nr_processes))
		return;
	pv_hooks_disarm();
	pv_reached_clear();
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
 * pv_processes_flush - finish what ended processes left to be done
 *
 * Context: may sleep; pv_process_mutex is not held.
 */
void pv_processes_flush(void)
{
	schedule_work(&pv_event_work);
	flush_work(&pv_event_work);
}

/**
 * pv_processes_uninit - on the way out, when no process is attached any more
 */
void pv_processes_uninit(void)
{
	flush_work(&pv_event_work);
	cancel_delayed_work_sync(&pv_release_work);
	WARN_ON_ONCE(pv_nr_processes);
}
