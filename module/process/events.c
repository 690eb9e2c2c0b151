// SPDX-License-Identifier: GPL-2.0
/*
 * Events.
 *
 * They are queued where they happen, without a lock, and told by a worker in the
 * order in which they happened.  If nobody listens nothing is queued.
 *
 * What happens where nothing can be allocated has its place in the process; so a
 * second exec before the first was told is not told.
 */
#include <linux/atomic.h>
#include <linux/llist.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "process/events.h"
#include "netlink/netlink.h"
#include "process/process.h"

/*
 * More than this many are not kept: a listener finds out by the overrun that its
 * socket reports, as when it is itself too slow.
 */
#define PV_EVENTS_MAX	8192

/**
 * struct pv_event_record - an event with no place in the process
 * @event: the event
 * @process: whom it happened to; the queue's reference
 */
struct pv_event_record {
	struct pv_event event;
	struct pv_process *process;
};

static LLIST_HEAD(pv_events);
static atomic_t pv_events_queued = ATOMIC_INIT(0);
static atomic_t pv_events_lost = ATOMIC_INIT(0);
static void pv_events_work_run(struct work_struct *work);
static DECLARE_WORK(pv_events_work, pv_events_work_run);

/* Is there room for one more?  If not, it is lost. */
static bool pv_events_enter(void)
{
	if (atomic_inc_return(&pv_events_queued) <= PV_EVENTS_MAX)
		return true;
	atomic_dec(&pv_events_queued);
	atomic_set(&pv_events_lost, 1);
	schedule_work(&pv_events_work);
	return false;
}

static void pv_events_append(struct pv_event *event, enum pathvirt_event kind,
			     struct pv_process *process)
{
	event->kind = kind;
	refcount_inc(&process->refs);
	if (llist_add(&event->node, &pv_events))
		schedule_work(&pv_events_work);
}

/**
 * pv_event_add - tell of an event
 * @event: its place in @process
 * @kind: what happened
 * @process: whom it happened to
 *
 * Context: any but NMI; does not sleep.
 */
void pv_event_add(struct pv_event *event, enum pathvirt_event kind,
		  struct pv_process *process)
{
	if (!pv_netlink_heard() || atomic_xchg(&event->queued, 1))
		return;
	if (pv_events_enter())
		pv_events_append(event, kind, process);
	else
		atomic_set(&event->queued, 0);
}

/**
 * pv_event_tell - tell of an event that has no place in the process
 * @process: whom it happened to
 * @kind: what happened
 *
 * Context: may sleep.
 */
void pv_event_tell(struct pv_process *process, enum pathvirt_event kind)
{
	struct pv_event_record *record;

	if (!pv_netlink_heard() || !pv_events_enter())
		return;
	record = kzalloc(sizeof(*record),
			 GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN);
	if (!record) {
		atomic_dec(&pv_events_queued);
		atomic_set(&pv_events_lost, 1);
		schedule_work(&pv_events_work);
		return;
	}
	record->process = process;
	pv_events_append(&record->event, kind, process);
}

/* Send one, and drop what the queue held for it. */
static void pv_event_send(struct pv_event *event)
{
	enum pathvirt_event kind = event->kind;
	struct pv_event_record *record = NULL;
	struct pv_process *process;

	switch (kind) {
	case PATHVIRT_EVENT_INHERIT:
		process = container_of(event, struct pv_process, inherited);
		break;
	case PATHVIRT_EVENT_EXEC:
		process = container_of(event, struct pv_process, executed);
		break;
	case PATHVIRT_EVENT_EXIT:
		process = container_of(event, struct pv_process, exited);
		break;
	default:
		record = container_of(event, struct pv_event_record, event);
		process = record->process;
	}
	atomic_set_release(&event->queued, 0);
	pv_netlink_event(process, kind, kind == PATHVIRT_EVENT_INHERIT ?
			 process->parent : 0);
	kfree(record);
	pv_process_put(process);
}

static void pv_events_work_run(struct work_struct *work)
{
	struct llist_node *first = llist_del_all(&pv_events);
	struct pv_event *event, *next;

	first = llist_reverse_order(first);
	llist_for_each_entry_safe(event, next, first, node) {
		pv_event_send(event);
		atomic_dec(&pv_events_queued);
		cond_resched();
	}
	if (atomic_xchg(&pv_events_lost, 0))
		pv_netlink_lost();
}

/**
 * pv_events_uninit - drop what has not been told
 *
 * Context: module unload; no process is attached and nobody listens.
 */
void pv_events_uninit(void)
{
	flush_work(&pv_events_work);
}
