/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The reference that table.c is held against: rules tried one after the other,
 * component by component, as slow and as plain as can be.
 */
#ifndef _NAIVE_H
#define _NAIVE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * naive_matches - does a name lie at or below a prefix?
 * @prefix: an absolute path
 * @name: an absolute path
 * @covered: receives how many bytes of @name the prefix covers
 */
bool naive_matches(const char *prefix, const char *name, size_t *covered);

struct pv_draft;
struct pv_table;

/**
 * naive_table - build a table of a draft, which must succeed
 * @draft: the draft; cleared
 */
struct pv_table *naive_table(struct pv_draft *draft);

/**
 * naive_check - build a table of rules and hold its answer for one name against
 * the reference's; aborts if they differ
 * @rules: ORIGINAL and NEW alternating
 * @nr: number of pairs
 * @name: an absolute name
 */
void naive_check(const char * const *rules, unsigned int nr, const char *name);

/**
 * naive_check_reverse - the same for the way back: which rule names a real path,
 * and how, whether rules speak of something below it, and whether they have to
 * do with it at all
 * @rules: as with naive_check()
 * @nr: number of pairs
 * @name: an absolute path
 */
void naive_check_reverse(const char * const *rules, unsigned int nr,
			 const char *name);

#endif /* _NAIVE_H */
