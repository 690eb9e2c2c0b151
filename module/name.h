/* SPDX-License-Identifier: GPL-2.0 */
/* Names: what a walk sees instead of the name that the process wrote. */
#ifndef _PV_NAME_H
#define _PV_NAME_H

#include <linux/types.h>

u64 pv_names_translated(void);
int pv_names_init(void);
void pv_names_uninit(void);

#endif /* _PV_NAME_H */
