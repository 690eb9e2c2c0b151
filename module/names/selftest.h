/* SPDX-License-Identifier: GPL-2.0 */
/* Proof: the hooks are tried before anyone relies on them. */
#ifndef _PV_SELFTEST_H
#define _PV_SELFTEST_H

#include <linux/jump_label.h>

struct path;
struct pv_nameidata;
struct pv_open_flags;

DECLARE_STATIC_KEY_FALSE(pv_proving);

int pv_selftest_run(void);
void pv_selftest_uninit(void);
void __pv_selftest_note_open(const struct pv_open_flags *op);
void __pv_selftest_note_start(const struct pv_nameidata *nd, const char *name,
			      unsigned int flags);
void __pv_selftest_note_step(const struct path *dir, const char *target);

/**
 * pv_selftest_note_open - the handler of open passes its argument by
 * @op: what it got
 */
static __always_inline void pv_selftest_note_open(const struct pv_open_flags *op)
{
	if (static_branch_unlikely(&pv_proving))
		__pv_selftest_note_open(op);
}

/**
 * pv_selftest_note_start - the handler of where walks begin passes by what it has found
 * @nd: the walk
 * @name: what is to be walked
 * @flags: what the function got
 */
static __always_inline void
pv_selftest_note_start(const struct pv_nameidata *nd, const char *name,
		       unsigned int flags)
{
	if (static_branch_unlikely(&pv_proving))
		__pv_selftest_note_start(nd, name, flags);
}

/**
 * pv_selftest_note_step - the handler of links passes by what it has found
 * @dir: where the walk is
 * @target: what comes next
 */
static __always_inline void pv_selftest_note_step(const struct path *dir,
						  const char *target)
{
	if (static_branch_unlikely(&pv_proving))
		__pv_selftest_note_step(dir, target);
}

#endif /* _PV_SELFTEST_H */
