/* SPDX-License-Identifier: GPL-2.0 */
/* Attach: giving processes layers and taking them away, undone if a request fails. */
#ifndef _PV_ATTACH_H
#define _PV_ATTACH_H

#include <linux/list.h>
#include <linux/types.h>

struct pv_layers;
struct pv_process;
struct pv_table;
struct task_struct;

/**
 * struct pv_change - what a request did to one process, so it can be undone
 * @node: in the request's list of changes
 * @hash: by @given, while the request is being undone
 * @by_process: by @process, meanwhile
 * @process: a reference
 * @layers: a reference to the layers it had before, or NULL
 * @own: its own table before
 * @given: a reference to the layers it has now, or NULL.  Children that are
 *	made meanwhile inherit this very stack, and are known by it.  Who had the same
 *	before has the same now.
 */
struct pv_change {
	struct list_head node;
	struct hlist_node hash;
	struct hlist_node by_process;
	struct pv_process *process;
	struct pv_layers *layers;
	struct pv_table *own;
	struct pv_layers *given;
};

int pv_process_set(struct task_struct *task, struct pv_table *table,
		   const struct pv_table *moved, bool push,
		   struct list_head *changes);
int pv_process_clear(struct task_struct *task, bool own_only,
		     struct list_head *changes);
int pv_process_join(struct task_struct *task, struct pv_table *const *tables,
		    u32 nr, struct list_head *changes);
void pv_process_clear_all(void);
void pv_changes_undo(struct list_head *changes);
void pv_changes_wait(const struct list_head *changes);
void pv_changes_forget(struct list_head *changes);

#endif /* _PV_ATTACH_H */
