/* SPDX-License-Identifier: GPL-2.0 */
/* Targets: where a hooked function goes on behind its hook, and who handles it. */
#ifndef _PV_TARGETS_H
#define _PV_TARGETS_H

#include "hook/sites.h"

/* By PV_SITE_x, and by PV_FUNC_x for what is only called; set before the first call. */
extern unsigned long pv_targets[PV_NR_TARGETS];
/* By PV_SITE_x. */
extern void *pv_handlers[PV_MAX_SITES];

#endif /* _PV_TARGETS_H */
