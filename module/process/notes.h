/* SPDX-License-Identifier: GPL-2.0 */
/* Notes: by which route directories were reached, where it was not the first one. */
#ifndef _PV_NOTES_H
#define _PV_NOTES_H

#include <linux/atomic.h>
#include <linux/path.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "process/layers.h"

struct dentry;
struct pv_notes;

/**
 * struct pv_notes_slot - the notes of a process
 * @notes: the notes, or NULL; read under RCU
 * @lock: who replaces @notes holds it
 */
struct pv_notes_slot {
	struct pv_notes __rcu *notes;
	raw_spinlock_t lock;
};

/**
 * struct pv_note - a note
 * @at: the address that it goes by, or NULL if there is none
 * @path: what was there; no reference, and never followed
 * @route: how it is called, see layers.h
 * @next: the next one in its bucket, or that is free
 */
struct pv_note {
	const struct path *at;
	struct path path;
	pv_route_t route;
	u16 next;
};

/* How many there are of them, of whatever process; mostly none. */
extern atomic_t pv_nr_notes;

/**
 * pv_notes_any - has any process notes?
 *
 * Context: any.
 */
static __always_inline bool pv_notes_any(void)
{
	return unlikely(atomic_read(&pv_nr_notes));
}

int pv_notes_make(struct pv_notes_slot *slot, gfp_t gfp);
int pv_notes_add(struct pv_notes_slot *slot, const struct pv_note *note, gfp_t gfp);
bool pv_notes_get(const struct pv_notes_slot *slot, const struct path *at,
		  struct pv_note *copy);
bool pv_notes_mention(const struct pv_notes_slot *slot, const struct dentry *dentry);
void pv_notes_share(struct pv_notes_slot *heir, struct pv_notes_slot *slot);
void pv_notes_put(struct pv_notes *notes);

#endif /* _PV_NOTES_H */
