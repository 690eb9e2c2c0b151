/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pins: a call with several names keeps the layers that it began with, though
 * others be installed while it is under way.
 */
#ifndef _PV_PIN_H
#define _PV_PIN_H

#include <linux/types.h>

#include "process/pin_list.h"

struct pv_process;
struct task_struct;

void pv_pin_begin(struct pv_pin *pin);
bool pv_pin_begin_for(struct pv_pin *pin, const struct task_struct *task,
		      struct pv_process *process);
void pv_pin_end(struct pv_pin *pin);

#endif /* _PV_PIN_H */
