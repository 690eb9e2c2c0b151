/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events: what happened to attached processes, on its way to those who listen.
 */
#ifndef _PV_EVENTS_H
#define _PV_EVENTS_H

#include <linux/atomic.h>
#include <linux/llist.h>
#include <linux/pathvirt.h>

struct pv_process;

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

void pv_event_add(struct pv_event *event, enum pathvirt_event kind,
		  struct pv_process *process);
void pv_event_tell(struct pv_process *process, enum pathvirt_event kind);

void pv_events_uninit(void);

#endif /* _PV_EVENTS_H */
