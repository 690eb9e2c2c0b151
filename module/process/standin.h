/* SPDX-License-Identifier: GPL-2.0 */
/* Stand-ins: directories for those above an ORIGINAL that are not there. */
#ifndef _PV_STANDIN_H
#define _PV_STANDIN_H

#include <linux/path.h>
#include <linux/types.h>

struct pv_standins;
struct pv_table;

struct pv_standins *pv_standins_make(void);
void pv_standins_speak_of(struct pv_standins *standins,
			  const struct pv_table *table);
void pv_standins_drop(struct pv_standins *standins);

bool pv_standins_walk(const struct pv_standins *standins, const char *virtual,
		      struct path *path);
bool pv_standin_is(const struct path *path);

#endif /* _PV_STANDIN_H */
