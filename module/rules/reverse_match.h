/* SPDX-License-Identifier: GPL-2.0 */
/* Reverse match: which rule leads to a real path, and what it is called by it. */
#ifndef _PV_REVERSE_MATCH_H
#define _PV_REVERSE_MATCH_H

#include <linux/types.h>

struct pv_table;

/* The most rules that are tried to give one real path a name. */
#define PV_REVERSE_TRIES	16

u32 pv_table_find_new(const struct pv_table *table, const char *path);
bool pv_table_concerns(const struct pv_table *table, const char *path);
u32 pv_table_reverse(const struct pv_table *table, const char *real,
		     char *virtual, size_t size);
bool pv_table_reverse_by(const struct pv_table *table, u32 rule,
			 const char *real, char *virtual, size_t size);

char *pv_table_reverse_there(const struct pv_table *table, char *real, size_t room);

#endif /* _PV_REVERSE_MATCH_H */
