// SPDX-License-Identifier: GPL-2.0
/* Pins: the beginning and the end of a call that keeps its layers. */
#include <linux/sched.h>

#include "process/layers.h"
#include "process/pin.h"
#include "process/process.h"
#include "process/refresh.h"

/**
 * pv_pin_begin - keep the layers of now until pv_pin_end()
 * @pin: on the caller's stack
 *
 * For calls that take more than one name: all of them see the same layers.
 */
void pv_pin_begin(struct pv_pin *pin)
{
	/* They cannot be seen otherwise once they are pinned. */
	pv_layers_refresh_root();
	*pin = (struct pv_pin){ .task = current };
	pin->process = pv_process_get_current();
	if (!pin->process)
		return;

	pin->layers = pv_process_pin(pin->process);
	pv_pin_list_add(pin, true);
}

/**
 * pv_pin_begin_for - let a thread go without layers until pv_pin_end()
 * @pin: outlives this call
 * @task: the thread; it may be in a call that went past the hook
 * @process: its process, which has no layers yet
 *
 * Context: does not sleep.
 * Return: false, and nothing is done, if a call of the thread's is pinned
 * already.
 */
bool pv_pin_begin_for(struct pv_pin *pin, const struct task_struct *task,
		      struct pv_process *process)
{
	*pin = (struct pv_pin){ .task = task, .process = process };
	pin->layers = pv_process_pin(process);

	if (pv_pin_list_add(pin, false)) {
		refcount_inc(&process->refs);
		return true;
	}
	pv_layers_put(pin->layers);
	pv_process_unpin(process);
	return false;
}

/**
 * pv_pin_end - end of what pv_pin_begin() or pv_pin_begin_for() began
 * @pin: the pin
 */
void pv_pin_end(struct pv_pin *pin)
{
	if (!pin->process)
		return;
	pv_pin_list_del(pin);
	pv_layers_put(pin->layers);
	pv_process_unpin(pin->process);
	pv_process_put(pin->process);
}
