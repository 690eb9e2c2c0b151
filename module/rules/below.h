/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Below: what ORIGINALs have in a directory: their next components.
 *
 * Like rule.h it knows nothing of the kernel, and is built in user space as well.
 */
#ifndef _PV_BELOW_H
#define _PV_BELOW_H

#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/types.h>

#include "rules/rule.h"

/**
 * struct pv_spot - a place in the trie of ORIGINALs, before the end of a label perhaps
 * @node: the node
 * @used: how much of its label has been passed
 */
struct pv_spot {
	const struct pv_node *node;
	u32 used;
};

/**
 * struct pv_below - a component that ORIGINALs have in a directory
 * @rule: the first rule whose ORIGINAL ends with it, or %PV_NO_RULE
 * @any: a rule whose ORIGINAL has it there: the same one for the same component
 */
struct pv_below {
	u32 rule;
	u32 any;
};

bool pv_below_begin(const struct pv_table *table, const char *path,
		    struct pv_spot *dir);
bool pv_below_next(const struct pv_table *table, struct pv_spot dir, char *name,
		   struct pv_below *below);
bool pv_below_find(const struct pv_table *table, struct pv_spot dir,
		   const char *name, u32 len, struct pv_below *below);

size_t pv_parents_size(u32 nr_rules);
void pv_parents_fill(struct pv_table *table);

/* The number of a bit, by what is soon looked at. */
static __always_inline u32 pv_parents_bit(const struct pv_table *table,
					  const char *name, u32 len)
{
	const u8 *bytes = (const u8 *)name;
	u32 key = len;

	if (likely(len))
		key += (u32)bytes[0] << 8 | (u32)bytes[len / 2] << 16 |
		       (u32)bytes[len - 1] << 24;
	return key * 0x61C88647U >> (32 - table->parents_bits);
}

/**
 * pv_parents_may_have - may a directory be one that ORIGINALs lie below?
 * @table: the table
 * @name: the last component of what the kernel calls it, if it is not the root
 *	directory: that of a mount, or the process's
 * @len: its length
 *
 * Context: any.
 * Return: false if none does; true mostly means that one does.
 */
static __always_inline bool pv_parents_may_have(const struct pv_table *table,
						const char *name, u32 len)
{
	u32 bit = pv_parents_bit(table, name, len);

	return table->parents[bit / 64] & 1ULL << bit % 64;
}

#endif /* _PV_BELOW_H */
