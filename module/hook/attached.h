/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attached: which processes may be attached, as much of it as a hook asks for a
 * bystander.  The entries are process.c's.
 */
#ifndef _PV_ATTACHED_H
#define _PV_ATTACHED_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/types.h>

struct signal_struct;

/*
 * Which bucket a process is in has to be told in a few instructions, in
 * assembler too: by the upper bits of the product of the address of its
 * signal_struct and a number that spreads them (GOLDEN_RATIO_32).
 */
#define PV_ATTACHED_HASH_BITS	14
#define PV_ATTACHED_HASH_FACTOR	0x61C88647
#define PV_ATTACHED_HASH_SHIFT	(32 - PV_ATTACHED_HASH_BITS)
#define PV_ATTACHED_HASH_SIZE	BIT(PV_ATTACHED_HASH_BITS)

extern struct hlist_head pv_attached[PV_ATTACHED_HASH_SIZE];

static __always_inline struct hlist_head *
pv_attached_bucket(const struct signal_struct *group)
{
	u32 key = (u32)(unsigned long)group * PV_ATTACHED_HASH_FACTOR;

	return &pv_attached[key >> PV_ATTACHED_HASH_SHIFT];
}

/**
 * pv_attached_maybe - may the running task be one of an attached process's?
 *
 * This is all that a hook does for a bystander: most buckets are empty.
 *
 * Context: any, tracing handlers included.
 */
static __always_inline bool pv_attached_maybe(void)
{
	return READ_ONCE(pv_attached_bucket(current->signal)->first);
}

#endif /* _PV_ATTACHED_H */
