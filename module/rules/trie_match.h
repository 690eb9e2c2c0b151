/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Match: how a name is compared with a table, and what is found on the way.
 *
 * Every name that an attached process walks passes here, so all of it is
 * inlined into its few callers and goes by words where it can.  A word is loaded
 * with load_unaligned_zeropad(), which may look behind the end of a string.
 */
#ifndef _PV_TRIE_MATCH_H
#define _PV_TRIE_MATCH_H

#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/word-at-a-time.h>

#include "rules/path.h"
#include "rules/rule.h"

const char *pv_label_match_slowly(const char *label, unsigned int len,
				  const char *name);
u32 pv_label_common(const struct pv_node *node, const char *name);
bool pv_table_has_below(const struct pv_table *table, const char *name,
			u32 rule);
bool pv_table_has_below_from(const struct pv_table *table, struct pv_seek seek,
			     const char *name);
u32 pv_table_match_after(const struct pv_table *table, const char *path, u32 after);
bool pv_table_leads(const struct pv_table *table, const char *path, u32 rule);
struct pv_seek pv_table_seek(const struct pv_table *table, const char *path);

#define PV_WORD_SIZE	sizeof(unsigned long)
#define PV_WORD_ONES	(~0UL / 0xff)
#define PV_WORD_HIGHS	(PV_WORD_ONES << 7)

/* The lowest bit set tells the first byte of @word that is 0. */
static __always_inline unsigned long pv_word_zero(unsigned long word)
{
	return (word - PV_WORD_ONES) & ~word & PV_WORD_HIGHS;
}

/* Has @word a byte that is a dot? */
static __always_inline bool pv_word_dot(unsigned long word)
{
	return pv_word_zero(word ^ PV_WORD_ONES * '.');
}

/*
 * Compare the first @len bytes, at most a word, of a label and of a name that
 * differ somewhere in the word.  They may mean the same only if the first
 * difference is at a byte of the name that begins what changes nothing.
 */
static __always_inline bool pv_word_hopeless(unsigned long diff,
					     unsigned long name)
{
	u8 byte = name >> (__ffs(diff) & ~7UL);

	return byte != '/' && byte != '.';
}

/*
 * Where @name goes on after @label, or NULL if it goes another way.
 *
 * A word of the label that stands in the name just so needs no closer look:
 * labels have nothing in them that would have to be skipped, so neither has that
 * word of the name.  Only at its end may something begin that changes nothing.
 */
static __always_inline const char *
pv_label_match(const char *label, unsigned int len, const char *name)
{
	unsigned long have, diff;

	while (len > PV_WORD_SIZE) {
		have = load_unaligned_zeropad(name);
		diff = load_unaligned_zeropad(label) ^ have;
		if (diff)
			goto differ;
		/* May it end in the middle of what changes nothing? */
		if (unlikely(label[PV_WORD_SIZE - 1] == '.'))
			return pv_label_match_slowly(label, len, name);
		label += PV_WORD_SIZE;
		name += PV_WORD_SIZE;
		len -= PV_WORD_SIZE;
		if (label[-1] == '/')
			name = pv_path_skip_noops(name);
	}
	if (unlikely(!len))
		return name;

	have = load_unaligned_zeropad(name);
	diff = load_unaligned_zeropad(label) ^ have;
	diff <<= (PV_WORD_SIZE - len) * 8;
	if (unlikely(diff)) {
		diff >>= (PV_WORD_SIZE - len) * 8;
		goto differ;
	}
	if (unlikely(label[len - 1] == '.'))
		return pv_label_match_slowly(label, len, name);
	name += len;
	if (label[len - 1] == '/')
		name = pv_path_skip_noops(name);
	return name;

differ:
	return pv_word_hopeless(diff, have) ? NULL :
	       pv_label_match_slowly(label, len, name);
}

static __always_inline const struct pv_node *
pv_node_child(const struct pv_node *nodes, const struct pv_node *node, u8 byte)
{
	const u64 *word = node->branch + byte / 64;
	u64 bit = 1ULL << (byte % 64);
	u32 child = node->children;

	if (!(*word & bit))
		return NULL;
	child += hweight64(*word & (bit - 1));
	while (word-- != node->branch)
		child += hweight64(*word);
	return &nodes[child];
}

/* Go on below @node, of whose label @len bytes from @label are left. */
static __always_inline u32 pv_node_match(const struct pv_table *table,
					 const struct pv_node *node,
					 const char *label, unsigned int len,
					 const char *name, const char **rest)
{
	u32 rule = PV_NO_RULE;

	for (;;) {
		name = pv_label_match(label, len, name);
		if (!name)
			break;
		if (node->rule < rule && (*name == '/' || !*name)) {
			rule = node->rule;
			*rest = name;
		}
		if (node->best >= rule)
			break;
		node = pv_node_child(table->nodes, node, *name);
		if (!node || node->best >= rule)
			break;
		label = node->label;
		len = node->label_len;
	}
	return rule;
}

/**
 * pv_table_misses - is it seen at once that no rule matches a name?
 * @table: the table
 * @name: an absolute name
 *
 * What all ORIGINALs begin with is looked at, no more than a word of it.
 *
 * Context: any.
 * Return: true if none matches; false means that one may.
 */
static __always_inline bool pv_table_misses(const struct pv_table *table,
					    const char *name)
{
	unsigned long have = load_unaligned_zeropad(name);
	unsigned long diff = (have ^ table->head) & table->head_mask;

	return diff && pv_word_hopeless(diff, have);
}

/**
 * pv_table_match - find the first rule that matches a name
 * @table: the table
 * @name: an absolute name; ".." counts as a component like any other
 * @rest: receives the part of @name that ORIGINAL does not cover: it is empty
 *	or begins with "/"
 *
 * Context: any.  Takes no lock and allocates nothing.
 * Return: the rule's index, or PV_NO_RULE, and then *@rest is not set.
 */
static __always_inline u32 pv_table_match(const struct pv_table *table,
					  const char *name, const char **rest)
{
	const struct pv_node *node = table->nodes;

	return pv_node_match(table, node, node->label, node->label_len, name,
			     rest);
}

/**
 * pv_table_match_from - find the first rule that matches a relative name
 * @table: the table
 * @seek: where the directory that @name is relative to ends, from pv_table_seek(); no rule
 *	matches that itself
 * @name: the name, not empty
 * @rest: as with pv_table_match()
 *
 * Context: any.
 * Return: as with pv_table_match().
 */
static __always_inline u32 pv_table_match_from(const struct pv_table *table,
					       struct pv_seek seek,
					       const char *name,
					       const char **rest)
{
	const struct pv_node *node = table->nodes + seek.node;
	unsigned int len;

	if (seek.used == PV_SEEK_NOWHERE)
		return PV_NO_RULE;
	len = node->label_len - seek.used;
	if (!len) {
		node = pv_node_child(table->nodes, node, '/');
		if (!node)
			return PV_NO_RULE;
		len = node->label_len;
	}
	if (node->label[node->label_len - len] != '/')
		return PV_NO_RULE;
	return pv_node_match(table, node, node->label + node->label_len - len + 1,
			     len - 1, pv_path_skip_noops(name), rest);
}

/**
 * pv_seek_misses - is it seen at once that rules do not speak of a relative name?
 * @table: the table
 * @seek: as with pv_table_match_from()
 * @name: the name, without "..", not empty
 *
 * Looked at is the first byte of what ORIGINALs go on with there, if it is at hand.
 *
 * Context: any.
 * Return: true if none matches or lies below; false means that one may.
 */
static __always_inline bool pv_seek_misses(const struct pv_table *table,
					   struct pv_seek seek, const char *name)
{
	const struct pv_node *node = table->nodes + seek.node;
	const char *label = node->label + seek.used;
	u8 byte = *name;

	if (byte == '.' || byte == '/')
		return false;
	if (seek.used + 1U < node->label_len)
		return label[0] != '/' || label[1] != *name;
	/* Not for %PV_SEEK_NOWHERE, either: that is known elsewhere. */
	return seek.used + 1U == node->label_len && label[0] == '/' &&
	       !(node->branch[byte / 64] & 1ULL << byte % 64);
}

/* Has @word a byte less than "/"?  That is the end of a string, a dot, or rare in names. */
static __always_inline bool pv_word_low(unsigned long word)
{
	return (word - PV_WORD_ONES * '/') & ~word & PV_WORD_HIGHS;
}

/* Has @word two dots side by side, or one at its end? */
static __always_inline bool pv_word_dots(unsigned long word)
{
	word ^= PV_WORD_ONES * '.';
	return pv_word_zero(word | word >> 8);
}

/**
 * pv_path_may_dot - may a path have ".." components?
 * @path: the path
 *
 * Return: false if it has none; true means that a closer look is due.
 */
static __always_inline bool pv_path_may_dot(const char *path)
{
	unsigned long word;

	for (;; path += PV_WORD_SIZE) {
		word = load_unaligned_zeropad(path);
		if (likely(!pv_word_low(word)))
			continue;
		if (unlikely(pv_word_dots(word)))
			return true;
		if (pv_word_zero(word))
			return false;
	}
}

/**
 * pv_path_scan - look for ".." components in a path
 * @path: the path, absolute
 *
 * Return: true if it has any.
 */
static __always_inline bool pv_path_scan(const char *path)
{
	return unlikely(pv_path_may_dot(path)) && pv_path_dots(path);
}

/**
 * pv_name_dots - look for ".." components in a relative name
 * @name: the name
 *
 * Return: true if it has any.
 */
static __always_inline bool pv_name_dots(const char *name)
{
	return (name[0] == '.' && name[1] == '.' &&
		(name[2] == '/' || !name[2])) || pv_path_scan(name);
}

/**
 * pv_table_stands_in - does a directory of that name lie above an ORIGINAL?
 * @table: the table
 * @virtual: the name, normalised: "" for the root directory
 *
 * Return: true if it does, and is in no rule's ORIGINAL itself.
 */
static inline bool pv_table_stands_in(const struct pv_table *table,
				      const char *virtual)
{
	const char *rest;

	return pv_table_match(table, virtual, &rest) == PV_NO_RULE &&
	       pv_table_has_below(table, virtual, PV_NO_RULE);
}

#endif /* _PV_TRIE_MATCH_H */
