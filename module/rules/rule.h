/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rule: what a table is made of.
 *
 * A table is immutable once built, so readers need no lock; whoever shares one
 * counts references (tables.c) and frees it after a grace period.  Nothing in this
 * folder knows a hook or a lock, or a task but to ask whether it is being killed: the same
 * files are built in user space, where their tests and their fuzzer run.
 */
#ifndef _PV_RULE_H
#define _PV_RULE_H

#include <linux/limits.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "user.h"

/*
 * What a buffer for a translated name needs beyond its size: names are copied
 * by words.
 */
#define PV_COPY_SLACK	(sizeof(unsigned long) - 1)
#define PV_REAL_SIZE	(PATH_MAX + PV_COPY_SLACK)

struct pv_equal;
struct pv_places;

/* "No rule": greater than every rule index. */
#define PV_NO_RULE	U32_MAX

/**
 * struct pv_rule - one pair of absolute path prefixes, both normalised
 * @original: ORIGINAL, "" for the root directory; never ends in "/"
 * @new: NEW, "" for the root directory; never ends in "/"
 * @given: NEW as it was said, in the same form: @new, unless that is by a symbolic link
 * @original_len: strlen(@original)
 * @new_len: strlen(@new)
 * @exception: ORIGINAL equals NEW, names that match stay as they are
 * @under: what NEW lacks is looked for by the rules behind it (--under)
 * @special: one of the two: a name that matches does not just lead to NEW
 * @same_new: the next rule with the same NEW that may be needed to name what lies
 *	there, or PV_NO_RULE
 * @same_original: the next rule with the same ORIGINAL, or PV_NO_RULE
 */
struct pv_rule {
	const char *original;
	const char *new;
	const char *given;
	u16 original_len;
	u16 new_len;
	u16 given_len;
	union {
		struct {
			bool exception;
			bool under;
		};
		u16 special;
	};
	u32 same_new;
	u32 same_original;
};

/**
 * struct pv_node - a node of a compressed trie over all ORIGINALs, or all NEWs
 * @branch: bitmap, which bytes the children's labels begin with
 * @label: the bytes that lead from the parent to here
 * @children: index of the first child; the others follow in the order of bytes
 * @rule: the lowest rule whose string ends here, or PV_NO_RULE
 * @best: the lowest rule that ends here or below
 * @label_len: number of bytes in @label
 */
struct pv_node {
	u64 branch[4];
	const char *label;
	u32 children;
	u32 rule;
	u32 best;
	u16 label_len;
};

/**
 * struct pv_table - a table
 * @refs: owned by tables.c
 * @rcu: owned by tables.c
 * @charge: owned by tables.c: who pays for the memory
 * @of: owned by tables.c: the table whose arrays and @places these are, a reference; NULL
 *	if they are its own
 * @equal: owned by tables.c: how it is found by who sets it again, or NULL
 * @nr_rules: number of @rules
 * @quick: a brief walk knows its way (start.c): NEWs have been looked up, and none of them
 *	lies in another one
 * @named: what each of @rules says of NEW is what the kernel calls it
 * @no_reverse: what the kernel tells of paths is left as it is (--no-reverse)
 * @late: NEWs are looked up by name at each use (--late)
 * @by_name: it is spelled from whatever root directory the process has (--by-name)
 * @mountable: who has set it could have mounted NEWs on ORIGINALs himself, so security
 *	modules are told what they would be told then
 * @cgroup: the id of the cgroup whose processes have it (process/cgroup.h), or 0: it was set
 *	for a process
 * @overlap: some NEWs are the same or lie in each other: it makes a difference by which
 *	rule a directory was come to
 * @unions: some rules are @under
 * @head: what all ORIGINALs begin with, no more than a word
 * @head_mask: as many bytes of that as there are
 * @rules: the rules in the order they were given
 * @nodes: the trie of ORIGINALs, root first
 * @new_nodes: the trie of NEWs, root first
 * @parents: which names directories have that ORIGINALs lie below (below.h)
 * @parents_bits: how large that is
 * @places: NEWs as they have been looked up, or NULL (places.h)
 *
 * One allocation holds the struct, its arrays but @places, and all strings; unless they
 * are another table's (@of).
 */
struct pv_table {
	refcount_t refs;
	struct rcu_head rcu;
	struct pv_charge charge;
	struct pv_table *of;
	struct pv_equal *equal;
	u32 nr_rules;
	bool quick;
	bool named;
	bool no_reverse;
	bool late;
	bool by_name;
	bool mountable;
	bool overlap;
	bool unions;
	u64 cgroup;
	unsigned long head;
	unsigned long head_mask;
	struct pv_rule *rules;
	struct pv_node *nodes;
	struct pv_node *new_nodes;
	u64 *parents;
	u8 parents_bits;
	struct pv_places *places;
};

/**
 * struct pv_seek - where in the trie of ORIGINALs a path ends
 * @node: the index of the node that it ends in, or before the end of whose label
 * @used: how much of that label it has; U16_MAX if nothing in the trie goes on from there
 */
struct pv_seek {
	u32 node;
	u16 used;
};

#define PV_SEEK_NOWHERE		U16_MAX

#endif /* _PV_RULE_H */
