/* SPDX-License-Identifier: GPL-2.0 */
/* Names: what a walk sees instead of the name that the process wrote. */
#ifndef _PV_LOOKUP_H
#define _PV_LOOKUP_H

struct filename;
struct path;

int pv_lookup_as_told(int dfd, struct filename *name, unsigned int flags,
		      struct path *path);
int pv_names_init(void);
void pv_names_uninit(void);

#endif /* _PV_LOOKUP_H */
