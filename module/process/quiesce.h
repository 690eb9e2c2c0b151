/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Quiescing: what threads are in the middle of when their process is attached.
 *
 * Calls with several names that began before go on without layers to their end,
 * so that none of them sees one name translated and one not.  Calls that begin
 * later are pinned by their hooks (pin.h).
 */
#ifndef _PV_QUIESCE_H
#define _PV_QUIESCE_H

struct pv_process;
struct task_struct;

int pv_quiesce(struct pv_process *process, struct task_struct *task);
long pv_quiesce_wait(struct pv_process *process, long timeout);

#endif /* _PV_QUIESCE_H */
