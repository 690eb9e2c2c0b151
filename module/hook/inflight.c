// SPDX-License-Identifier: GPL-2.0
/*
 * In flight.
 *
 * The module holds itself while a process is attached or a call is inside of a
 * handler, so that it is in use and cannot be unloaded under them.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "hook/inflight.h"

DEFINE_PER_CPU(long, pv_calls);
bool pv_draining;

/* Guards what follows, and who writes pv_draining; a leaf, but for module_put(). */
static DEFINE_RAW_SPINLOCK(pv_inflight_lock);
/* The module holds itself. */
static bool pv_held;
/* Somebody is attached. */
static bool pv_needed;

static void pv_inflight_work_run(struct work_struct *work);
static DECLARE_DELAYED_WORK(pv_inflight_work, pv_inflight_work_run);

/**
 * pv_inflight_hold - a process is attached: the module stays
 *
 * Context: any but NMI.
 * Return: false if the module is about to go, which no attached process allows.
 */
bool pv_inflight_hold(void)
{
	bool held;

	raw_spin_lock(&pv_inflight_lock);
	held = pv_held || try_module_get(THIS_MODULE);
	if (held) {
		pv_held = true;
		pv_needed = true;
		WRITE_ONCE(pv_draining, false);
	}
	raw_spin_unlock(&pv_inflight_lock);
	return held;
}

/**
 * pv_inflight_busy - is a call inside of a handler?
 *
 * Exact only if no call can enter one meanwhile.
 *
 * Context: any.
 * Return: true if there is one.
 */
bool pv_inflight_busy(void)
{
	long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(pv_calls, cpu));
	return sum;
}

/* Let the module go if nothing needs it any more, or look again later. */
static void pv_inflight_try_release(void)
{
	lockdep_assert_held(&pv_inflight_lock);
	WRITE_ONCE(pv_draining, !pv_needed && pv_held);
	if (!pv_draining)
		return;
	/*
	 * The last call looks again when it ends.  It may just have missed
	 * that it is asked to, so we do, too.
	 */
	if (pv_inflight_busy()) {
		schedule_delayed_work(&pv_inflight_work, HZ / 10);
		return;
	}
	WRITE_ONCE(pv_draining, false);
	pv_held = false;
	module_put(THIS_MODULE);
}

/**
 * pv_inflight_release - no process is attached any more
 *
 * The module may go when the last call has left its handler.
 *
 * Context: any but NMI.
 */
void pv_inflight_release(void)
{
	raw_spin_lock(&pv_inflight_lock);
	pv_needed = false;
	pv_inflight_try_release();
	raw_spin_unlock(&pv_inflight_lock);
}

/**
 * pv_inflight_look - the last of the calls that were waited for may have ended
 *
 * Context: process context; does not sleep.
 */
void pv_inflight_look(void)
{
	raw_spin_lock(&pv_inflight_lock);
	pv_inflight_try_release();
	raw_spin_unlock(&pv_inflight_lock);
}

static void pv_inflight_work_run(struct work_struct *work)
{
	pv_inflight_look();
}

/**
 * pv_inflight_flush - nobody looks again
 *
 * Context: module load or unload, behind pv_hooks_uninit().
 */
void pv_inflight_flush(void)
{
	cancel_delayed_work_sync(&pv_inflight_work);
}
