/* SPDX-License-Identifier: GPL-2.0 */
/* Calls: which one the running task is in. */
#ifndef _PV_CALL_H
#define _PV_CALL_H

#include <linux/types.h>

bool pv_call_takes_away(bool dir);

#endif /* _PV_CALL_H */
