// SPDX-License-Identifier: GPL-2.0
/* Attached: the buckets themselves. */
#include "hook/attached.h"

/* Written under pv_process_lock, read under RCU: see process.h. */
struct hlist_head pv_attached[PV_ATTACHED_HASH_SIZE];
