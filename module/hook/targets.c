// SPDX-License-Identifier: GPL-2.0
/* Targets: filled in by hooks.c, read by original.S and direct.c. */
#include <linux/cache.h>

#include "hook/targets.h"

unsigned long pv_targets[PV_NR_TARGETS] __ro_after_init;
void *pv_handlers[PV_MAX_SITES] __ro_after_init;
