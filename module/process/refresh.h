/* SPDX-License-Identifier: GPL-2.0 */
/* Refresh: layers are seen from the root directory that their process has now. */
#ifndef _PV_REFRESH_H
#define _PV_REFRESH_H

#include <linux/types.h>

struct path;
struct pv_layers;
struct pv_process;
struct task_struct;

void pv_process_see_from(struct pv_process *process, const struct path *now,
			 bool moved);
struct pv_layers *pv_layers_get_fresh(void);
void pv_layers_refresh_root(void);
struct pv_layers *pv_task_layers(struct task_struct *task, bool *own);
void pv_task_refresh_root(struct task_struct *task);

#endif /* _PV_REFRESH_H */
