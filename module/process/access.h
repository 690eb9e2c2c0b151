/* SPDX-License-Identifier: GPL-2.0 */
/* Access: who may change, and who may see, the tables of a process; who has asked. */
#ifndef _PV_ACCESS_H
#define _PV_ACCESS_H

#include <linux/types.h>

struct cred;
struct sk_buff;
struct task_struct;

bool pv_access_covers(const struct cred *opener);
const struct cred *pv_access_opener(const struct sk_buff *request);
bool pv_access_root(struct sk_buff *request);
bool pv_access_asked(struct sk_buff *request);
bool pv_access_attach(struct sk_buff *request);
int pv_access_change(struct task_struct *task, const char **why);
bool pv_access_privileged(struct task_struct *task);
bool pv_access_mount(struct sk_buff *request, struct task_struct *task);
bool pv_access_see(struct task_struct *task);

#endif /* _PV_ACCESS_H */
