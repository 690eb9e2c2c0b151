/* SPDX-License-Identifier: GPL-2.0 */
/* Names: what a walk sees instead of the name that the process wrote. */
#ifndef _PV_LOOKUP_H
#define _PV_LOOKUP_H

#include <linux/percpu.h>
#include <linux/types.h>

/* Names that were translated; the sum over all CPUs counts. */
DECLARE_PER_CPU(u64, pv_translated);

static __always_inline void pv_name_translated(void)
{
	this_cpu_inc(pv_translated);
}

u64 pv_names_translated(void);
int pv_names_init(void);
void pv_names_uninit(void);

#endif /* _PV_LOOKUP_H */
