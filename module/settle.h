/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Settling: waiting for calls with several names that began before a process
 * was attached, so that none of them sees one name translated and one not.
 * Once a process is attached, pins (process.h) do that without waiting.
 */
#ifndef _PV_SETTLE_H
#define _PV_SETTLE_H

struct task_struct;

int pv_settle(struct task_struct *task);

#endif /* _PV_SETTLE_H */
