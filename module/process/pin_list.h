/* SPDX-License-Identifier: GPL-2.0 */
/* The pins that there are, by task. */
#ifndef _PV_PIN_LIST_H
#define _PV_PIN_LIST_H

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

bool pv_pin_list_add(struct pv_pin *pin, bool again);
void pv_pin_list_del(struct pv_pin *pin);

const struct pv_layers *pv_process_pinned(struct pv_process *process,
					  const struct pv_layers *layers);
bool pv_pin_note_busy(const struct dentry *dentry);
bool pv_pin_is_busy(const struct dentry *dentry);

void pv_pins_init(void);

#endif /* _PV_PIN_LIST_H */
