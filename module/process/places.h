/* SPDX-License-Identifier: GPL-2.0 */
/* Places: how those of a table are held and let go. */
#ifndef _PV_PLACES_H
#define _PV_PLACES_H

#include <linux/types.h>

#include "process/place.h"

struct pv_places;
struct pv_table;

size_t pv_places_size(u32 nr_rules);
int pv_places_charge(struct pv_places *places);
void pv_places_forget(struct pv_table *table);
void pv_places_move(struct pv_table *to, struct pv_table *from);
void pv_places_let_go(struct pv_places *places);
void pv_places_flush(void);

#endif /* _PV_PLACES_H */
