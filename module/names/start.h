/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Starts: walks that begin where they should, with the name untouched.
 */
#ifndef _PV_START_H
#define _PV_START_H

#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "names/nameidata.h"

struct path;
struct pv_layers;

/* What is noted of a walk, beside whose it was. */
#define PV_STARTED_FIRST		BIT(0)	/* what it led to is called by the first rule */
#define PV_STARTED_NOTE_BITS		1

/**
 * struct pv_started - what is noted of a walk that may lead to a directory
 * @word: m_seq of the walk, and behind it the task's id and the note; in one word,
 *	as nothing keeps two tasks from noting at once
 *
 * Hashed by task; who finds that it was another one's knows nothing.
 */
struct pv_started {
	u64 word;
} ____cacheline_aligned_in_smp;

#define PV_STARTED_BITS		10

extern struct pv_started pv_started[1 << PV_STARTED_BITS];

static __always_inline u64 *pv_started_word(void)
{
	return &pv_started[hash_ptr(current, PV_STARTED_BITS)].word;
}

/* Note it; preemption may be on. */
static __always_inline void pv_started_note(unsigned int m_seq, u32 note)
{
	u64 who = (u64)current->pid << PV_STARTED_NOTE_BITS | note;

	WRITE_ONCE(*pv_started_word(), who << 32 | m_seq);
}

bool pv_start_is_first(const struct path *at);
bool pv_start_go(struct pv_nameidata *nd, const struct pv_layers *layers,
		 const struct path *place)
	__releases(RCU_SCHED);

#endif /* _PV_START_H */
