/* SPDX-License-Identifier: GPL-2.0 */
/* Trees: a process with all its descendants, while they fork and exit. */
#ifndef _PV_TREE_H
#define _PV_TREE_H

#include <linux/list.h>

struct pv_table;
struct task_struct;

int pv_tree_set(struct task_struct *root, struct pv_table *table,
		struct list_head *changes, const char **why);
int pv_tree_clear(struct task_struct *root, struct list_head *changes,
		  const char **why);

void pv_tree_note_exit(struct task_struct *task);

#endif /* _PV_TREE_H */
