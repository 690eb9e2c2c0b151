/* SPDX-License-Identifier: GPL-2.0 */
/* Finding the places that rules lead to. */
#ifndef _PV_PLACE_FIND_H
#define _PV_PLACE_FIND_H

#include <linux/types.h>

struct path;
struct pv_draft;
struct pv_layers;
struct pv_places;
struct pv_rule;
struct pv_table;
struct task_struct;

int pv_places_find(struct pv_table *table, struct task_struct *task,
		   const struct pv_layers *below);
int pv_places_draft(const struct pv_table *table, const struct pv_layers *below,
		    struct pv_draft *draft, bool *named);
int pv_places_float(const struct pv_table *table);
int pv_places_stand_in(struct pv_table *table);
int pv_place_check_union(const struct pv_rule *rule, const struct path *root);
bool pv_places_ours(const struct pv_places *places);

/* place_again.c */
int pv_places_lead_again(const struct pv_table *table);

#endif /* _PV_PLACE_FIND_H */
