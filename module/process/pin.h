/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pins: a call with several names keeps the layers that it began with, though
 * others be installed while it is under way.
 */
#ifndef _PV_PIN_H
#define _PV_PIN_H

#include <linux/types.h>

struct dentry;
struct pv_layers;
struct pv_process;
struct task_struct;

/**
 * struct pv_pin - a call that keeps its layers
 * @node: in the bucket of its task
 * @task: the thread that makes the call
 * @process: a reference, or NULL if there was none to take
 * @layers: a reference to what the call began with, or NULL for none
 * @renames: the call is a rename
 * @busy: the NEWs that a rename has come to by ORIGINAL's own name; @layers hold them
 */
struct pv_pin {
	struct hlist_node node;
	const struct task_struct *task;
	struct pv_process *process;
	struct pv_layers *layers;
	bool renames;
	const struct dentry *busy[2];
};

void pv_pin_begin(struct pv_pin *pin);
bool pv_pin_begin_for(struct pv_pin *pin, const struct task_struct *task,
		      struct pv_process *process);
void pv_pin_end(struct pv_pin *pin);

bool pv_pin_note_busy(const struct dentry *dentry);
bool pv_pin_is_busy(const struct dentry *dentry);

void pv_pins_init(void);

#endif /* _PV_PIN_H */
