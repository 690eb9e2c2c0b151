// SPDX-License-Identifier: GPL-2.0
/*
 * Notes: by which route directories were reached, where it was not the first one.
 *
 * Each process has notes of its own, at most PV_NOTES_MAX of them; then its
 * oldest go.  A child begins with those of its parent, and shares them until one
 * of the two has something else to note.
 */
#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "process/notes.h"

/* No note. */
#define PV_NO_NOTE		U16_MAX

#define PV_NOTES_MIN		16
#define PV_NOTES_MAX		4096

/**
 * struct pv_notes - the notes of a process
 * @refs: processes that share them
 * @rcu: for freeing after a grace period
 * @lock: guards all that follows; held for a few instructions
 * @max: for how many there is room; a power of two
 * @oldest: the one to go if there is no room left
 * @free: the first one that is free, or PV_NO_NOTE
 * @notes: the notes
 * @mentioned: which directories are in one of them, by their dentry; a bit may be set for
 *	another one, too, and stays when a note goes.  Read without @lock
 * @buckets: @max of them: the first note of each, or PV_NO_NOTE
 */
struct pv_notes {
	refcount_t refs;
	struct rcu_head rcu;
	raw_spinlock_t lock;
	u16 max;
	u16 oldest;
	u16 free;
	struct pv_note *notes;
	unsigned long *mentioned;
	u16 buckets[];
};

/* See pv_notes_any(). */
atomic_t pv_nr_notes = ATOMIC_INIT(0);

static u16 *pv_notes_bucket(struct pv_notes *notes, const struct path *at)
{
	return &notes->buckets[hash_ptr(at, ilog2(notes->max))];
}

/* The bit of @mentioned for a directory: eight for each note that there is room for. */
static u32 pv_notes_bit(const struct pv_notes *notes, const struct dentry *dentry)
{
	return hash_ptr(dentry, ilog2(notes->max) + 3);
}

static struct pv_notes *pv_notes_alloc(u16 max, gfp_t gfp)
{
	size_t buckets = sizeof(struct pv_notes) + max * sizeof(u16);
	struct pv_notes *notes;
	u16 i;

	buckets = ALIGN(buckets, sizeof(u64));
	notes = kvmalloc(buckets + max * sizeof(struct pv_note) + max, gfp);
	if (!notes)
		return NULL;
	refcount_set(&notes->refs, 1);
	raw_spin_lock_init(&notes->lock);
	notes->max = max;
	notes->oldest = 0;
	notes->free = 0;
	notes->notes = (void *)notes + buckets;
	notes->mentioned = (unsigned long *)(notes->notes + max);
	bitmap_zero(notes->mentioned, max * 8);
	for (i = 0; i < max; i++) {
		notes->buckets[i] = PV_NO_NOTE;
		notes->notes[i].at = NULL;
		notes->notes[i].next = i + 1 < max ? i + 1 : PV_NO_NOTE;
	}
	atomic_inc(&pv_nr_notes);
	return notes;
}

/**
 * pv_notes_put - a process needs its notes no longer
 * @notes: the notes, or NULL
 *
 * Context: any in which kvfree_rcu() may be called.
 */
void pv_notes_put(struct pv_notes *notes)
{
	if (!notes || !refcount_dec_and_test(&notes->refs))
		return;
	atomic_dec(&pv_nr_notes);
	kvfree_rcu(notes, rcu);
}

static struct pv_note *pv_notes_find(struct pv_notes *notes,
				     const struct path *at)
{
	u16 i = *pv_notes_bucket(notes, at);

	lockdep_assert_held(&notes->lock);
	for (; i != PV_NO_NOTE; i = notes->notes[i].next)
		if (notes->notes[i].at == at)
			return &notes->notes[i];
	return NULL;
}

static void pv_notes_remove(struct pv_notes *notes, struct pv_note *note)
{
	u16 *link = pv_notes_bucket(notes, note->at), i = note - notes->notes;

	while (*link != i)
		link = &notes->notes[*link].next;
	*link = note->next;
	note->at = NULL;
	note->next = notes->free;
	notes->free = i;
}

/* False if there is no room left, and more can be made. */
static bool pv_notes_insert(struct pv_notes *notes, const struct pv_note *from)
{
	struct pv_note *note = pv_notes_find(notes, from->at);
	u16 *bucket = pv_notes_bucket(notes, from->at);

	/* What is called by the first rule is what nobody needs to look up. */
	if (from->route != PV_ROUTE_FIRST)
		set_bit(pv_notes_bit(notes, from->path.dentry), notes->mentioned);
	if (note) {
		note->path = from->path;
		note->route = from->route;
		return true;
	}
	if (notes->free == PV_NO_NOTE) {
		if (notes->max < PV_NOTES_MAX)
			return false;
		pv_notes_remove(notes, &notes->notes[notes->oldest]);
		notes->oldest = (notes->oldest + 1) % notes->max;
	}
	note = &notes->notes[notes->free];
	notes->free = note->next;
	*note = *from;
	note->next = *bucket;
	*bucket = note - notes->notes;
	return true;
}

/* @to is large enough. */
static void pv_notes_copy(struct pv_notes *to, struct pv_notes *from)
{
	u16 i;

	/* Nobody else knows @to yet. */
	raw_spin_lock(&from->lock);
	raw_spin_lock_nested(&to->lock, SINGLE_DEPTH_NESTING);
	for (i = 0; i < from->max; i++)
		if (from->notes[i].at)
			pv_notes_insert(to, &from->notes[i]);
	raw_spin_unlock(&to->lock);
	raw_spin_unlock(&from->lock);
}

/*
 * How large must notes be that can take the place of those there are, so that
 * they are the process's own and have room for one more?  0 if those it has will do.
 */
static u16 pv_notes_wanted(struct pv_notes_slot *slot)
{
	struct pv_notes *notes;
	u16 max = PV_NOTES_MIN;

	rcu_read_lock();
	notes = rcu_dereference(slot->notes);
	if (notes) {
		raw_spin_lock(&notes->lock);
		max = notes->max;
		if (notes->free == PV_NO_NOTE && max < PV_NOTES_MAX)
			max *= 2;
		else if (refcount_read(&notes->refs) == 1)
			max = 0;
		raw_spin_unlock(&notes->lock);
	}
	rcu_read_unlock();
	return max;
}

/* Let @fresh take their place, unless another thread has been faster. */
static void pv_notes_install(struct pv_notes_slot *slot, struct pv_notes *fresh)
{
	struct pv_notes *old;

	raw_spin_lock(&slot->lock);
	old = rcu_dereference_protected(slot->notes,
					lockdep_is_held(&slot->lock));
	if (!old || old->max <= fresh->max) {
		if (old)
			pv_notes_copy(fresh, old);
		rcu_assign_pointer(slot->notes, fresh);
		fresh = old;
	}
	raw_spin_unlock(&slot->lock);
	pv_notes_put(fresh);
}

/**
 * pv_notes_make - have notes that are the process's own, with room for one more
 * @slot: where they are
 * @gfp: what they are made with
 *
 * Return: 0 or -ENOMEM.
 */
int pv_notes_make(struct pv_notes_slot *slot, gfp_t gfp)
{
	struct pv_notes *fresh;
	u16 max = pv_notes_wanted(slot);

	if (!max)
		return 0;
	fresh = pv_notes_alloc(max, gfp);
	if (!fresh)
		return -ENOMEM;
	pv_notes_install(slot, fresh);
	return 0;
}

/**
 * pv_notes_add - write one down
 * @slot: where the notes are
 * @note: it takes the place of what was noted of its address, or of the oldest
 * @gfp: what room is made with
 *
 * Return: 0 or -ENOMEM.
 */
int pv_notes_add(struct pv_notes_slot *slot, const struct pv_note *note, gfp_t gfp)
{
	struct pv_notes *notes;
	bool done;
	int err;

	do {
		err = pv_notes_make(slot, gfp);
		if (err)
			return err;
		rcu_read_lock();
		notes = rcu_dereference(slot->notes);
		raw_spin_lock(&notes->lock);
		done = pv_notes_insert(notes, note);
		raw_spin_unlock(&notes->lock);
		rcu_read_unlock();
	} while (!done);
	return 0;
}

/**
 * pv_notes_get - what was noted of an address?
 * @slot: where the notes are
 * @at: the address
 * @copy: receives the note
 *
 * Context: under rcu_read_lock() or rcu_read_lock_sched().
 * Return: false if nothing was.
 */
bool pv_notes_get(const struct pv_notes_slot *slot, const struct path *at,
		  struct pv_note *copy)
{
	const struct pv_note *note = NULL;
	struct pv_notes *notes;

	notes = rcu_dereference_check(slot->notes,
				      rcu_read_lock_sched_held());
	if (!notes)
		return false;
	raw_spin_lock(&notes->lock);
	note = pv_notes_find(notes, at);
	if (note)
		*copy = *note;
	raw_spin_unlock(&notes->lock);
	return note;
}

/**
 * pv_notes_mention - may a directory be reached by another route than the first one?
 * @slot: where the notes are
 * @dentry: the directory
 *
 * Context: under rcu_read_lock() or rcu_read_lock_sched().
 * Return: false if nothing of that kind is noted, wherever its path is kept.
 */
bool pv_notes_mention(const struct pv_notes_slot *slot, const struct dentry *dentry)
{
	const struct pv_notes *notes = rcu_dereference_check(slot->notes,
							     rcu_read_lock_sched_held());

	return notes && test_bit(pv_notes_bit(notes, dentry), notes->mentioned);
}

/**
 * pv_notes_share - let a child have its parent's notes
 * @heir: of the child, which nobody knows yet
 * @slot: of the parent
 *
 * Context: any.
 */
void pv_notes_share(struct pv_notes_slot *heir, struct pv_notes_slot *slot)
{
	struct pv_notes *notes;

	rcu_read_lock();
	notes = rcu_dereference(slot->notes);
	if (notes && refcount_inc_not_zero(&notes->refs))
		rcu_assign_pointer(heir->notes, notes);
	rcu_read_unlock();
}
