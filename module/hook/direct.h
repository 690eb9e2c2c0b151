/* SPDX-License-Identifier: GPL-2.0 */
/* Direct: the cheapest way to hook a function. */
#ifndef _PV_DIRECT_H
#define _PV_DIRECT_H

/* Called by ftrace from the entry of every hooked function; not from C. */
void pv_direct_entry(void);

#endif /* _PV_DIRECT_H */
