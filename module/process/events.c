// SPDX-License-Identifier: GPL-2.0
/*
 * Events.
 *
 * They are queued where they happen, without a lock, and told by a worker in the
 * order in which they happened.  If nobody listens nothing is queued.
 *
 * What happens where nothing can be allocated has its place in the process; so a
 * second exec before the first was told is not told.  Neither whose place that is nor
 * who tells of it is known here: both say so when the module is loaded.
 */
#include <linux/atomic.h>
#include <linux/llist.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "process/events.h"

/*
 * More than this many are not kept: a listener finds out by the overrun that its
 * socket reports, as when it is itself too slow.
 */
#define PV_EVENTS_MAX	8192

/**
 * struct pv_event_record - an event with no place in the process
 * @event: the event
 * @pid: whom it happened to; a reference
 */
struct pv_event_record {
	struct pv_event event;
	struct pid *pid;
};

/* Set before anybody is attached. */
static const struct pv_event_source *pv_event_source __read_mostly;
/* NULL while nobody can listen. */
static const struct pv_event_sink *pv_event_sink __read_mostly;

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

static void pv_events_append(struct pv_event *event, enum pathvirt_event kind)
{
	event->kind = kind;
	if (llist_add(&event->node, &pv_events))
		schedule_work(&pv_events_work);
}

/**
 * pv_events_heard - does anybody listen?
 *
 * Context: any.
 * Return: true if somebody does.
 */
bool pv_events_heard(void)
{
	const struct pv_event_sink *sink = READ_ONCE(pv_event_sink);

	return sink && sink->heard();
}

/**
 * pv_event_add - tell of an event
 * @event: its place, which belongs to the source
 * @kind: what happened
 *
 * Context: any but NMI; does not sleep.
 * Return: true if the queue has it now, and gives it back to the source when it is told.
 */
bool pv_event_add(struct pv_event *event, enum pathvirt_event kind)
{
	if (!pv_events_heard() || atomic_xchg(&event->queued, 1))
		return false;
	if (!pv_events_enter()) {
		atomic_set(&event->queued, 0);
		return false;
	}
	pv_events_append(event, kind);
	return true;
}

/**
 * pv_event_tell - tell of an event that has no place of its own
 * @pid: whom it happened to
 * @kind: what happened
 *
 * Context: may sleep.
 */
void pv_event_tell(struct pid *pid, enum pathvirt_event kind)
{
	struct pv_event_record *record;

	if (!pv_events_heard() || !pv_events_enter())
		return;
	record = kzalloc(sizeof(*record),
			 GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN);
	if (!record) {
		atomic_dec(&pv_events_queued);
		atomic_set(&pv_events_lost, 1);
		schedule_work(&pv_events_work);
		return;
	}
	record->pid = get_pid(pid);
	pv_events_append(&record->event, kind);
}

/* Has it a place of its own? */
static bool pv_event_is_placed(const struct pv_event *event)
{
	return event->kind == PATHVIRT_EVENT_INHERIT ||
	       event->kind == PATHVIRT_EVENT_EXEC ||
	       event->kind == PATHVIRT_EVENT_EXIT;
}

/* Send one, which is the source's. */
static void pv_event_send_placed(const struct pv_event_sink *sink,
				 struct pv_event *event)
{
	enum pathvirt_event kind = event->kind;

	/* From here on it may be told of once more; what @put drops holds the place. */
	atomic_set_release(&event->queued, 0);
	if (sink)
		sink->send(pv_event_source->pid(event), kind,
			   pv_event_source->parent(event));
	pv_event_source->put(event);
}

static void pv_event_send_record(const struct pv_event_sink *sink,
				 struct pv_event *event)
{
	struct pv_event_record *record =
		container_of(event, struct pv_event_record, event);

	if (sink)
		sink->send(record->pid, event->kind, 0);
	put_pid(record->pid);
	kfree(record);
}

static void pv_events_work_run(struct work_struct *work)
{
	struct llist_node *first = llist_del_all(&pv_events);
	const struct pv_event_sink *sink = READ_ONCE(pv_event_sink);
	struct pv_event *event, *next;

	first = llist_reverse_order(first);
	llist_for_each_entry_safe(event, next, first, node) {
		if (pv_event_is_placed(event))
			pv_event_send_placed(sink, event);
		else
			pv_event_send_record(sink, event);
		atomic_dec(&pv_events_queued);
		cond_resched();
	}
	if (atomic_xchg(&pv_events_lost, 0) && sink)
		sink->lost();
}

/**
 * pv_events_from - say whose the events are that have a place of their own
 * @source: whose
 *
 * Context: module load.
 */
void __init pv_events_from(const struct pv_event_source *source)
{
	pv_event_source = source;
}

/**
 * pv_events_to - say who tells of events
 * @sink: who, or NULL: nobody any more
 *
 * Context: module load or unload.
 */
void pv_events_to(const struct pv_event_sink *sink)
{
	WRITE_ONCE(pv_event_sink, sink);
}

/**
 * pv_events_flush - drop what has not been told
 *
 * Context: module unload; no process is attached and nobody listens.
 */
void pv_events_flush(void)
{
	flush_work(&pv_events_work);
}
