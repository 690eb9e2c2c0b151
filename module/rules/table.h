/* SPDX-License-Identifier: GPL-2.0 */
/* Table: an ordered list of rules ORIGINAL -> NEW, made of a draft. */
#ifndef _PV_TABLE_H
#define _PV_TABLE_H

#include <linux/types.h>

#include "rules/rule.h"

struct pv_draft;

size_t pv_table_size(const struct pv_draft *draft);
struct pv_table *pv_table_build(const struct pv_draft *draft);
bool pv_table_says(const struct pv_table *table, const struct pv_draft *draft);
void pv_table_free(struct pv_table *table);

#endif /* _PV_TABLE_H */
