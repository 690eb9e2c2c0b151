/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events: what happened to attached processes, on its way to those who listen.
 */
#ifndef _PV_EVENTS_H
#define _PV_EVENTS_H

#include <linux/atomic.h>
#include <linux/llist.h>
#include <linux/pathvirt.h>

struct pid;

/**
 * struct pv_event - one event
 * @node: in the queue
 * @queued: it is there
 * @kind: what happened
 */
struct pv_event {
	struct llist_node node;
	atomic_t queued;
	enum pathvirt_event kind;
};

/**
 * struct pv_event_source - to whom an event belongs that has a place of its own
 * @pid: whom it happened to; stays until @put
 * @parent: with %PATHVIRT_EVENT_INHERIT, the id of the process whose layers were
 *	inherited; or 0
 * @put: it has been told
 */
struct pv_event_source {
	struct pid *(*pid)(const struct pv_event *event);
	pid_t (*parent)(const struct pv_event *event);
	void (*put)(struct pv_event *event);
};

/**
 * struct pv_event_sink - who tells of events
 * @heard: does anybody listen?
 * @send: tell of one; may sleep
 * @lost: tell that one was lost; may sleep
 */
struct pv_event_sink {
	bool (*heard)(void);
	void (*send)(struct pid *pid, enum pathvirt_event kind, pid_t parent);
	void (*lost)(void);
};

bool pv_events_heard(void);
bool pv_event_add(struct pv_event *event, enum pathvirt_event kind);
void pv_event_tell(struct pid *pid, enum pathvirt_event kind);

void pv_events_from(const struct pv_event_source *source);
void pv_events_to(const struct pv_event_sink *sink);
void pv_events_flush(void);

#endif /* _PV_EVENTS_H */
