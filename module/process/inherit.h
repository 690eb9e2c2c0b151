/* SPDX-License-Identifier: GPL-2.0 */
/* Inherit: what a process hands on to its children, and what becomes of it at exec and exit. */
#ifndef _PV_INHERIT_H
#define _PV_INHERIT_H

struct pv_process;
struct task_struct;

int pv_process_lay_by(struct pv_process *process, unsigned int forks);

int pv_heir_prepare(struct pv_process **heir);
void pv_heir_adopt(struct pv_process *heir, struct task_struct *child);

void pv_process_fork(struct task_struct *parent, struct task_struct *child);
void pv_process_exec(struct task_struct *task);
void pv_process_exit(struct task_struct *task);

#endif /* _PV_INHERIT_H */
