/* SPDX-License-Identifier: GPL-2.0 */
/* Access: who may change, and who may see, the tables of a process. */
#ifndef _PV_ACCESS_H
#define _PV_ACCESS_H

#include <linux/types.h>

struct task_struct;

int pv_access_change(struct task_struct *task, const char **why);
bool pv_access_privileged(struct task_struct *task);
bool pv_access_see(struct task_struct *task);

#endif /* _PV_ACCESS_H */
