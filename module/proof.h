/* SPDX-License-Identifier: GPL-2.0 */
/* Proof: the hooks are tried before anyone relies on them. */
#ifndef _PV_PROOF_H
#define _PV_PROOF_H

#include <linux/jump_label.h>

struct pv_open_flags;

DECLARE_STATIC_KEY_FALSE(pv_proving);

int pv_proof_run(void);
void __pv_proof_note_open(const struct pv_open_flags *op);

/**
 * pv_proof_note_open - the handler of open passes its argument by
 * @op: what it got
 */
static __always_inline void pv_proof_note_open(const struct pv_open_flags *op)
{
	if (static_branch_unlikely(&pv_proving))
		__pv_proof_note_open(op);
}

#endif /* _PV_PROOF_H */
