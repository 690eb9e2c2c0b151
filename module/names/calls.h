/* SPDX-License-Identifier: GPL-2.0 */
/* Calls: which one the running task is in. */
#ifndef _PV_CALLS_H
#define _PV_CALLS_H

#include <linux/types.h>

struct file;

bool pv_call_takes_away(bool dir);
bool pv_call_lists(const struct file *file, int *fd);

#endif /* _PV_CALLS_H */
