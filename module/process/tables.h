/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables: references to them, and how one that is set again is found.
 *
 * What a table says and leads to is in arrays that are never written again.  A table that
 * is equal to one that there is has the arrays and the places of that: it has its own
 * address, by which layers are told from each other, its own flags, and nothing else.
 */
#ifndef _PV_TABLES_H
#define _PV_TABLES_H

#include <linux/types.h>

struct path;
struct pv_charge;
struct pv_draft;
struct pv_table;

/* What it takes to be found; part of what a table is charged for. */
#define PV_EQUAL_COST	128

struct pv_table *pv_table_share(struct pv_table *table);
struct pv_table *pv_table_get(struct pv_table *table);
void pv_table_put(struct pv_table *table);
u32 pv_tables_count(void);

u64 pv_equal_hash(const struct pv_draft *draft);
void pv_equal_offer(struct pv_table *table, u64 hash);
struct pv_table *pv_equal_find(u64 hash, const struct pv_charge *charge,
			       const struct path *root);
struct pv_table *pv_equal_copy(struct pv_table *table, struct pv_charge *charge);

int pv_tables_init(void);
void pv_tables_uninit(void);

#endif /* _PV_TABLES_H */
