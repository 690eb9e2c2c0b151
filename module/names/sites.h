/* SPDX-License-Identifier: GPL-2.0 */
/* Sites: what is hooked, each with its handler. */
#ifndef _PV_NAMES_SITES_H
#define _PV_NAMES_SITES_H

int pv_sites_init(void);

#endif /* _PV_NAMES_SITES_H */
