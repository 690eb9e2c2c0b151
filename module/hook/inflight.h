/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In flight: who is inside of a handler, and what keeps the module meanwhile.
 */
#ifndef _PV_INFLIGHT_H
#define _PV_INFLIGHT_H

#include <linux/compiler.h>
#include <linux/percpu.h>
#include <linux/types.h>

/* Calls that are inside of a handler; the sum over all CPUs counts. */
DECLARE_PER_CPU(long, pv_calls);

/* Someone waits for the last of them; see pv_inflight_release(). */
extern bool pv_draining;

bool pv_inflight_hold(void);
void pv_inflight_release(void);
void pv_inflight_look(void);
bool pv_inflight_busy(void);
void pv_inflight_flush(void);

/**
 * pv_call_begin - a handler has been entered
 *
 * Until pv_call_end() the module stays.
 */
static __always_inline void pv_call_begin(void)
{
	this_cpu_inc(pv_calls);
}

/**
 * pv_call_end - a handler is about to return
 *
 * Context: what comes after it must not sleep before it has left the module.
 */
static __always_inline void pv_call_end(void)
{
	this_cpu_dec(pv_calls);
	if (unlikely(READ_ONCE(pv_draining)))
		pv_inflight_look();
}

#endif /* _PV_INFLIGHT_H */
