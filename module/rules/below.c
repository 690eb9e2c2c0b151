// SPDX-License-Identifier: GPL-2.0
/*
 * Below: what ORIGINALs have in a directory.
 *
 * Their next components come out of the trie in the order of bytes, each found from the
 * one before it: whoever goes through them needs to keep no more than a name.  Which
 * directories have any is told at a glance, by their names.
 */
#include <linux/sched.h>
#include <linux/string.h>

#include "rules/below.h"
#include "rules/trie_match.h"

static bool pv_spot_step(const struct pv_table *table, struct pv_spot *spot,
			 u8 byte)
{
	const struct pv_node *node = spot->node;

	if (spot->used < node->label_len) {
		if ((u8)node->label[spot->used] != byte)
			return false;
	} else {
		node = pv_node_child(table->nodes, node, byte);
		if (!node)
			return false;
		*spot = (struct pv_spot){ .node = node };
	}
	spot->used++;
	return true;
}

/* Is it the end of a component of some ORIGINAL?  Then say what of. */
static bool pv_spot_ends(const struct pv_table *table, const struct pv_spot *spot,
			 struct pv_below *below)
{
	const struct pv_node *node = spot->node, *deeper;

	below->rule = PV_NO_RULE;
	if (spot->used < node->label_len) {
		below->any = node->best;
		return node->label[spot->used] == '/';
	}
	below->rule = node->rule;
	below->any = node->rule;
	if (node->rule != PV_NO_RULE)
		return true;
	deeper = pv_node_child(table->nodes, node, '/');
	if (deeper)
		below->any = deeper->best;
	return deeper;
}

/* The lowest byte, @from or higher, by which a component goes on; 0 for none. */
static unsigned int pv_spot_goes_on(const struct pv_spot *spot, unsigned int from)
{
	const struct pv_node *node = spot->node;
	unsigned int byte;

	if (spot->used < node->label_len) {
		byte = (u8)node->label[spot->used];
		return byte >= from && byte != '/' ? byte : 0;
	}
	for (byte = from; byte <= U8_MAX; byte++)
		if (byte != '/' &&
		    node->branch[byte / 64] & 1ULL << byte % 64)
			return byte;
	return 0;
}

/*
 * Where the component that comes behind @after leaves it: after how many bytes, by which
 * one; 0 if there is none.
 */
static unsigned int pv_spot_leaves(const struct pv_table *table,
				   struct pv_spot *spot, const char *after,
				   u32 *len)
{
	struct pv_spot at = *spot;
	unsigned int byte, found = 0;
	u32 i;

	/* What is longer than any name of a file is left out. */
	for (i = 0; i < NAME_MAX; i++) {
		/* What is longer comes behind what is not. */
		byte = pv_spot_goes_on(&at, (u8)after[i] + 1U);
		if (byte) {
			found = byte;
			*spot = at;
			*len = i;
		}
		if (!after[i] || !pv_spot_step(table, &at, after[i]))
			break;
	}
	return found;
}

/**
 * pv_below_begin - find a directory in the trie
 * @table: the table
 * @path: the directory, absolute and normalised: "" for the root directory
 * @dir: receives where its components begin
 *
 * Context: any.
 * Return: false if no ORIGINAL lies below it.
 */
bool pv_below_begin(const struct pv_table *table, const char *path,
		    struct pv_spot *dir)
{
	*dir = (struct pv_spot){ .node = table->nodes };
	while (*path)
		if (!pv_spot_step(table, dir, *path++))
			return false;
	return pv_spot_step(table, dir, '/');
}

/**
 * pv_below_next - go through what ORIGINALs have in a directory
 * @table: the table
 * @dir: the directory, from pv_below_begin()
 * @name: the component that was found before, empty for the first one; becomes the one
 *	behind it, in the order of bytes; %NAME_MAX + 1 bytes
 * @below: receives what it is
 *
 * Context: any.
 * Return: false if there is none.
 */
bool pv_below_next(const struct pv_table *table, struct pv_spot dir, char *name,
		   struct pv_below *below)
{
	struct pv_spot spot;
	unsigned int byte;
	u32 len;

	do {
		spot = dir;
		byte = pv_spot_leaves(table, &spot, name, &len);
		if (!byte)
			return false;
		do {
			name[len++] = byte;
			pv_spot_step(table, &spot, byte);
			byte = pv_spot_goes_on(&spot, 1);
		} while (!pv_spot_ends(table, &spot, below) && len < NAME_MAX);
		name[len] = '\0';
	} while (!pv_spot_ends(table, &spot, below));
	return true;
}

/**
 * pv_below_find - what is a component of a directory to rules?
 * @table: the table
 * @dir: the directory, from pv_below_begin()
 * @name: the component
 * @len: its length
 * @below: receives it
 *
 * Context: any.
 * Return: false if no ORIGINAL has it.
 */
bool pv_below_find(const struct pv_table *table, struct pv_spot dir,
		   const char *name, u32 len, struct pv_below *below)
{
	while (len--)
		if (!pv_spot_step(table, &dir, *name++))
			return false;
	return pv_spot_ends(table, &dir, below);
}

/* Bits for each rule; and the fewest and the most, as powers of two. */
#define PV_PARENTS_EACH		16
#define PV_PARENTS_BITS_MIN	8
#define PV_PARENTS_BITS_MAX	24

static u8 pv_parents_bits(u32 nr_rules)
{
	u8 bits = PV_PARENTS_BITS_MIN;

	while (bits < PV_PARENTS_BITS_MAX &&
	       1ULL << bits < (u64)nr_rules * PV_PARENTS_EACH)
		bits++;
	return bits;
}

/**
 * pv_parents_size - what it takes to tell the directories that ORIGINALs lie below
 * @nr_rules: the number of rules of a table
 *
 * Return: the bytes.
 */
size_t pv_parents_size(u32 nr_rules)
{
	return (1ULL << pv_parents_bits(nr_rules)) / 8;
}

static void pv_parents_add(struct pv_table *table, const char *name, u32 len)
{
	u32 bit = pv_parents_bit(table, name, len);

	table->parents[bit / 64] |= 1ULL << bit % 64;
}

/* All components of ORIGINAL but the last are names of such directories. */
static void pv_parents_add_original(struct pv_table *table, const char *original)
{
	const char *name = original, *slash;

	if (!*name)
		return;
	for (name++; (slash = strchr(name, '/')); name = slash + 1)
		pv_parents_add(table, name, slash - name);
}

/**
 * pv_parents_fill - note the names of directories that ORIGINALs lie below
 * @table: a table that is being made
 *
 * What lies below NEW has the same name there as below ORIGINAL; NEW itself has its own.
 *
 * Context: may sleep.
 */
void pv_parents_fill(struct pv_table *table)
{
	const struct pv_rule *rule = table->rules;
	const char *slash;
	u32 i;

	table->parents_bits = pv_parents_bits(table->nr_rules);
	memset(table->parents, 0, pv_parents_size(table->nr_rules));
	for (i = 0; i < table->nr_rules; i++, rule++) {
		pv_parents_add_original(table, rule->original);
		slash = strrchr(rule->new, '/');
		if (slash && pv_table_has_below(table, rule->original, PV_NO_RULE))
			pv_parents_add(table, slash + 1, strlen(slash + 1));
		cond_resched();
	}
}
