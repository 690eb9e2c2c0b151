// SPDX-License-Identifier: GPL-2.0
/* Processes: finding one, and what keeps it. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/pathvirt.h>

#include "hook/hooks.h"
#include "hook/inflight.h"
#include "process/events.h"
#include "process/layers.h"
#include "process/notes.h"
#include "process/process.h"
#include "process/tables.h"

DEFINE_MUTEX(pv_process_mutex);	/* both explained in process.h */
DEFINE_RAW_SPINLOCK(pv_process_lock);

/* Hashed processes; the hooks are armed while there are any. */
static unsigned int pv_nr_processes;

/* They are to be armed without, too: somebody may become one.  Under pv_process_lock. */
static bool pv_processes_awaited;

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

/**
 * pv_process_find - the process of a thread group
 * @group: its signal_struct
 *
 * Context: under rcu_read_lock() or pv_process_lock, either of which keeps it.
 * Return: the process or NULL.
 */
struct pv_process *pv_process_find(const struct signal_struct *group)
{
	struct pv_process *process;

	hlist_for_each_entry_rcu(process, pv_attached_bucket(group), hash,
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
 * pv_process_known - is a process hashed?
 * @task: any thread of it
 *
 * Return: true if it is, as far as can be told without a lock.
 */
bool pv_process_known(const struct task_struct *task)
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

/**
 * pv_spares_free - free processes that nobody has become
 * @spares: the list; not made empty
 */
void pv_spares_free(struct list_head *spares)
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
	pv_notes_put(rcu_dereference_protected(process->notes.notes, 1));
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

/**
 * pv_process_state - the layers of a process
 * @process: the process
 * @own: set to which of them was set for the process itself, or to NULL
 *
 * Return: a reference, or NULL.
 */
struct pv_layers *pv_process_state(struct pv_process *process,
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

/**
 * pv_process_alloc - make a process that nobody knows yet
 * @gfp: how
 *
 * Return: a reference, or NULL.
 */
struct pv_process *pv_process_alloc(gfp_t gfp)
{
	struct pv_process *process;

	process = kzalloc(sizeof(*process), gfp);
	if (!process)
		return NULL;
	refcount_set(&process->refs, 1);
	raw_spin_lock_init(&process->notes.lock);
	INIT_LIST_HEAD(&process->spares);
	INIT_LIST_HEAD(&process->spare);
	return process;
}

/**
 * pv_process_name - say whose a process is
 * @process: nobody else knows it yet
 * @task: any thread of the group
 */
void pv_process_name(struct pv_process *process, struct task_struct *task)
{
	process->group = task->signal;
	process->pid = get_pid(task_tgid(task));
}

/**
 * pv_process_hash - let a process be found
 * @process: the process, named; the hash takes the caller's reference
 *
 * Context: pv_process_lock is held.
 * Return: false if the module is about to go, which no attached process allows.
 */
bool pv_process_hash(struct pv_process *process)
{
	lockdep_assert_held(&pv_process_lock);
	if (!pv_inflight_hold())
		return false;
	hlist_add_head_rcu(&process->hash, pv_attached_bucket(process->group));
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

/**
 * pv_process_unhash - let a process be found no longer
 * @process: the process; the hash's reference passes to the caller
 *
 * Context: pv_process_lock is held.
 */
void pv_process_unhash(struct pv_process *process)
{
	lockdep_assert_held(&pv_process_lock);
	hlist_del_init_rcu(&process->hash);
	pv_nr_processes--;
	pv_generation++;
	if (pv_nr_processes || pv_processes_awaited)
		return;
	pv_idle_begin();
	pv_inflight_release();
}

/**
 * pv_processes_await - keep the hooks armed, as somebody may become a process of ours
 *
 * Context: pv_process_mutex is held, the hooks are armed.
 * Return: 0, or -ENODEV if the module is about to go.
 */
int pv_processes_await(void)
{
	bool held;

	lockdep_assert_held(&pv_process_mutex);
	raw_spin_lock(&pv_process_lock);
	held = pv_inflight_hold();
	if (held)
		WRITE_ONCE(pv_processes_awaited, true);
	raw_spin_unlock(&pv_process_lock);
	return held ? 0 : -ENODEV;
}

/**
 * pv_processes_await_none - undo pv_processes_await()
 *
 * Context: pv_process_mutex is held.
 */
void pv_processes_await_none(void)
{
	lockdep_assert_held(&pv_process_mutex);
	raw_spin_lock(&pv_process_lock);
	WRITE_ONCE(pv_processes_awaited, false);
	if (!pv_nr_processes) {
		pv_idle_begin();
		pv_inflight_release();
	}
	raw_spin_unlock(&pv_process_lock);
}

/* Are the hooks needed?  Without a lock, either answer is right. */
static bool pv_processes_needed(void)
{
	return READ_ONCE(pv_nr_processes) || READ_ONCE(pv_processes_awaited);
}

/**
 * pv_process_publish - give a process new layers
 * @process: the process
 * @layers: the layers or NULL; it takes the caller's reference
 * @own: which of them was set for the process itself, or NULL
 *
 * Context: pv_process_lock is held.
 * Return: the old ones with their reference.
 */
struct pv_layers *pv_process_publish(struct pv_process *process,
				     struct pv_layers *layers,
				     struct pv_table *own)
{
	lockdep_assert_held(&pv_process_lock);
	process->own = own;
	return rcu_replace_pointer(process->layers, layers,
				   lockdep_is_held(&pv_process_lock));
}

/**
 * pv_process_retire - unhash a process that has no layers
 * @process: the process
 *
 * Unless a call is pinned: then its end does it.
 *
 * Context: pv_process_lock is held.
 * Return: true if the hash's reference passed to the caller.
 */
bool pv_process_retire(struct pv_process *process)
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
 * @table: the table, or NULL for any but those of its cgroups
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
	return table ? pv_layers_has(layers, table) :
		       layers && pv_layers_inner(layers);
}

/* The hooks have not been needed for a while. */
static void pv_idle_work_run(struct work_struct *work)
{
	unsigned long due = READ_ONCE(pv_idle_since) + PV_IDLE_TIME;

	mutex_lock(&pv_process_mutex);
	/* While there are any, who goes last begins anew. */
	if (!pv_processes_needed()) {
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
	if (!pv_processes_needed() && pv_hooks_armed())
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

/* The place of an event says which one it is. */
static struct pv_process *pv_process_of_event(const struct pv_event *event)
{
	switch (event->kind) {
	case PATHVIRT_EVENT_INHERIT:
		return container_of(event, struct pv_process, inherited);
	case PATHVIRT_EVENT_EXEC:
		return container_of(event, struct pv_process, executed);
	default:
		return container_of(event, struct pv_process, exited);
	}
}

static struct pid *pv_process_event_pid(const struct pv_event *event)
{
	return pv_process_of_event(event)->pid;
}

static pid_t pv_process_event_parent(const struct pv_event *event)
{
	if (event->kind != PATHVIRT_EVENT_INHERIT)
		return 0;
	return pv_process_of_event(event)->parent;
}

static void pv_process_event_put(struct pv_event *event)
{
	pv_process_put(pv_process_of_event(event));
}

static const struct pv_event_source pv_process_events = {
	.pid = pv_process_event_pid,
	.parent = pv_process_event_parent,
	.put = pv_process_event_put,
};

/**
 * pv_process_tell - something has happened to a process
 * @process: the process
 * @event: the place of it there
 * @kind: what has happened
 *
 * Context: any but NMI; does not sleep.
 */
void pv_process_tell(struct pv_process *process, struct pv_event *event,
		     enum pathvirt_event kind)
{
	if (!pv_events_heard())
		return;
	refcount_inc(&process->refs);
	if (!pv_event_add(event, kind))
		pv_process_put(process);
}

/**
 * pv_processes_init - say whose the events are that have a place in a process
 *
 * Context: module load.
 */
void __init pv_processes_init(void)
{
	pv_events_from(&pv_process_events);
}

/**
 * pv_processes_flush - on the way out, when no process is attached any more
 *
 * Context: module load or unload, behind pv_hooks_uninit(): nobody is in a
 * handler.
 */
void pv_processes_flush(void)
{
	cancel_delayed_work_sync(&pv_idle_work);
	WARN_ON_ONCE(pv_nr_processes);
	/* pv_process_free_rcu() */
	rcu_barrier();
}
