/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processes: which thread group has which layers.
 *
 * Locks, outermost first:
 *
 * pv_process_mutex	serialises every request that changes who is attached,
 *			and with it arming and disarming the hooks.  Nothing of a
 *			user's is waited for under it, and who waits for it can
 *			be killed.
 * pv_process_lock	(raw spinlock) guards the hash, and in each process its
 *			layers, own table and spares; held for a few instructions.
 * RCU			readers of the hash and of a process's layers; those on
 *			every name's way do without preemption
 *			(rcu_read_lock_sched()), which costs least.
 */
#ifndef _PV_PROCESS_H
#define _PV_PROCESS_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/pathvirt.h>

#include "hook/attached.h"
#include "process/events.h"
#include "process/layers.h"
#include "process/notes.h"
#include "process/pin_list.h"

struct path;

/**
 * struct pv_process - an attached thread group
 * @hash: in pv_attached; unhashed when the group ends or is detached
 * @group: the key: current->signal of its threads; not dereferenced.  It stays
 *	the same over exec and cannot be reused before the group's exit, which
 *	unhashes us.
 * @pid: a reference, to name the process in messages
 * @layers: what its names pass; NULL while it is being attached and after it
 *	was detached
 * @own: which table of @layers was set for this very process, or NULL if all
 *	were inherited; @layers holds the reference
 * @pins: how many calls keep the layers they began with (pin.h)
 * @late: how many threads may be in calls that began too early (quiesce.h)
 * @wanted: a request is about to give it layers, or may have to give back those that
 *	it took: it stays hashed without, so that forks pass the hook
 * @notes: by which routes its directories were reached (route.c)
 * @spares: processes for children that are being forked by calls that began
 *	before this one was hashed, and so went past the hook (pv_process_fork())
 * @spare: of a spare, in its owner's @spares
 * @refs: one for the hash, one for each pin, one for each event that is queued
 * @parent: the id of the process whose layers it inherited, or 0
 * @inherited: that event's place
 * @executed: the event's place
 * @exited: the event's place
 * @rcu: for freeing after a grace period
 */
struct pv_process {
	struct hlist_node hash;
	const struct signal_struct *group;
	struct pid *pid;
	struct pv_layers __rcu *layers;
	struct pv_table *own;
	unsigned int pins;
	atomic_t late;
	bool wanted;
	struct pv_notes_slot notes;
	struct list_head spares;
	struct list_head spare;
	refcount_t refs;
	pid_t parent;
	struct pv_event inherited;
	struct pv_event executed;
	struct pv_event exited;
	struct rcu_head rcu;
};

extern struct mutex pv_process_mutex;

/**
 * pv_process_current - the running task's process
 *
 * Context: rcu_read_lock_sched() is held, and keeps the result.
 * Return: the process, or NULL if it is not attached.
 */
static __always_inline struct pv_process *pv_process_current(void)
{
	const struct signal_struct *group = current->signal;
	struct pv_process *process;

	hlist_for_each_entry_rcu(process, pv_attached_bucket(group), hash,
				 rcu_read_lock_sched_held())
		if (process->group == group)
			return process;
	return NULL;
}

struct pv_process *pv_process_get_current(void);
struct pv_process *pv_process_get_task(struct task_struct *task);
void pv_process_free(struct pv_process *process);

/**
 * pv_process_put - drop a reference
 * @process: the process, or NULL
 *
 * Context: any but NMI; does not sleep.
 */
static __always_inline void pv_process_put(struct pv_process *process)
{
	if (process && refcount_dec_and_test(&process->refs))
		pv_process_free(process);
}

/**
 * pv_process_layers - what the running task's names pass now
 * @process: its process
 *
 * Context: rcu_read_lock_sched() is held, and keeps the result.
 * Return: the layers, or NULL if there are none.
 */
static __always_inline const struct pv_layers *
pv_process_layers(struct pv_process *process)
{
	const struct pv_layers *layers = rcu_dereference_sched(process->layers);

	if (likely(!READ_ONCE(process->pins)))
		return layers;
	return pv_process_pinned(process, layers);
}

/**
 * pv_layers_current - what the running task's names pass now
 *
 * Context: rcu_read_lock_sched() is held, and keeps the result.
 * Return: the layers, or NULL if it is not attached.
 */
static __always_inline const struct pv_layers *pv_layers_current(void)
{
	struct pv_process *process = pv_process_current();

	return process ? pv_process_layers(process) : NULL;
}

struct pv_layers *pv_process_get_layers(struct pv_process *process,
					bool *own);
struct pv_layers *pv_layers_get_current(void);

struct pv_layers *pv_process_pin(struct pv_process *process);
void pv_process_unpin(struct pv_process *process);

struct pv_table *pv_process_own(struct task_struct *task);
bool pv_process_has(struct task_struct *task, const struct pv_table *table);

u32 pv_processes_count(void);
u32 pv_processes_generation(void);
int pv_processes_await(void);
void pv_processes_await_none(void);
void pv_processes_idle(void);
void pv_processes_doubt(bool doubted);
void pv_processes_init(void);
void pv_processes_flush(void);

/*
 * The rest is for attach.c, inherit.c and refresh.c, which change a process under
 * pv_process_lock.  Nobody else takes it.
 */

/*
 * Allocations under pv_process_mutex, charged to who asks: where his memory is
 * used up they fail, and do not make others wait until some is found.
 */
#define PV_PROCESS_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

/* Guards the hash, and in each process its layers, own table and spares. */
extern raw_spinlock_t pv_process_lock;

struct pv_process *pv_process_alloc(gfp_t gfp);
void pv_process_name(struct pv_process *process, struct task_struct *task);
struct pv_process *pv_process_find(const struct signal_struct *group);
void pv_spares_free(struct list_head *spares);
bool pv_process_known(const struct task_struct *task);
bool pv_process_hash(struct pv_process *process);
void pv_process_unhash(struct pv_process *process);
struct pv_layers *pv_process_publish(struct pv_process *process,
				     struct pv_layers *layers,
				     struct pv_table *own);
bool pv_process_retire(struct pv_process *process);
struct pv_layers *pv_process_state(struct pv_process *process,
				   struct pv_table **own);

void pv_process_tell(struct pv_process *process, struct pv_event *event,
		     enum pathvirt_event kind);

#endif /* _PV_PROCESS_H */
