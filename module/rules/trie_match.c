// SPDX-License-Identifier: GPL-2.0
/* Match: what is not on every name's way, and what lies below a name. */
#include <linux/limits.h>
#include <linux/string.h>

#include "rules/path.h"
#include "rules/rule.h"
#include "rules/trie_match.h"

/**
 * pv_label_match_slowly - compare a label with a name, byte by byte
 * @label: the label
 * @len: its length
 * @name: the name, which may contain what changes nothing
 *
 * Return: where @name goes on after @label, or NULL if it goes another way.
 */
const char *pv_label_match_slowly(const char *label, unsigned int len,
				  const char *name)
{
	while (len--) {
		if (*name++ != *label)
			return NULL;
		if (*label++ == '/')
			name = pv_path_skip_noops(name);
	}
	return name;
}

/**
 * pv_label_common - how much of a label does a name begin with?
 * @node: whose label
 * @name: the name, normalised
 *
 * Return: how many bytes.
 */
u32 pv_label_common(const struct pv_node *node, const char *name)
{
	u32 len = 0, end = node->label_len;
	unsigned long diff;

	while (len < end) {
		diff = load_unaligned_zeropad(node->label + len) ^
		       load_unaligned_zeropad(name + len);
		if (diff)
			return min(len + (u32)__ffs(diff) / 8, end);
		/* There was no end of the name in it, unless it is that of the label, too. */
		len += PV_WORD_SIZE;
	}
	return end;
}

/**
 * pv_table_match_after - find the first rule from a certain one on that matches a path
 * @table: the table
 * @path: an absolute path, normalised: "" for the root directory
 * @after: rules before this one do not count
 *
 * Only where there are unions: otherwise rules with an ORIGINAL that another one has are
 * not found.
 *
 * Context: any.
 * Return: the rule's index, or PV_NO_RULE.
 */
u32 pv_table_match_after(const struct pv_table *table, const char *path, u32 after)
{
	const struct pv_node *node = table->nodes;
	u32 rule, best = PV_NO_RULE;

	do {
		if (pv_label_common(node, path) < node->label_len)
			break;
		path += node->label_len;
		rule = *path == '/' || !*path ? node->rule : PV_NO_RULE;
		while (rule < after)
			rule = table->rules[rule].same_original;
		best = min(best, rule);
		node = *path ? pv_node_child(table->nodes, node, *path) : NULL;
	} while (node);
	return best;
}

/**
 * pv_table_leads - may a path lead where a rule takes it?
 * @table: the table
 * @path: as with pv_table_match_after()
 * @rule: the rule, or PV_NO_RULE: where the path is what it says
 *
 * Context: any.
 * Return: true if it does, or would if what earlier rules lead to, which are unions, lacks
 * it.  With PV_NO_RULE also if the rule that decides is an exception.
 */
bool pv_table_leads(const struct pv_table *table, const char *path, u32 rule)
{
	const char *rest;
	u32 match = pv_table_match(table, path, &rest);

	while (match != rule && match != PV_NO_RULE && table->rules[match].under)
		match = pv_table_match_after(table, path, match + 1);
	return match == rule ||
	       (rule == PV_NO_RULE && table->rules[match].exception);
}

/**
 * pv_table_has_below - does a rule speak of something below a name?
 * @table: the table
 * @name: an absolute path, normalised
 * @rule: only rules before this one count, or PV_NO_RULE for all
 *
 * Context: any.
 * Return: true if such a rule's ORIGINAL lies strictly below @name.
 */
bool pv_table_has_below(const struct pv_table *table, const char *name,
			u32 rule)
{
	const struct pv_node *node = table->nodes;
	u32 common;

	do {
		common = pv_label_common(node, name);
		name += common;
		if (common < node->label_len)
			return !*name && node->label[common] == '/' &&
			       node->best < rule;
		/* All that is below begins with a "/". */
		node = pv_node_child(table->nodes, node, *name ?: '/');
	} while (node && *name);
	return node && node->best < rule;
}

/**
 * pv_table_has_below_from - does a rule speak of something below a relative name?
 * @table: the table
 * @seek: as with pv_table_match_from()
 * @name: the name, normalised
 *
 * Context: any.
 * Return: as with pv_table_has_below(), of all rules.
 */
bool pv_table_has_below_from(const struct pv_table *table, struct pv_seek seek,
			     const char *name)
{
	const struct pv_node *node = table->nodes + seek.node;
	const char *label;
	bool slash = false;

	if (seek.used == PV_SEEK_NOWHERE)
		return false;
	label = node->label + seek.used;
	for (;;) {
		const char *end = node->label + node->label_len;

		/* First the "/" that the name does not begin with. */
		if (!slash && label < end) {
			if (*label++ != '/')
				return false;
			slash = true;
		}
		while (label < end && *label == *name) {
			label++;
			name++;
		}
		if (label < end)
			return slash && !*name && *label == '/';
		if (!*name && slash)
			return pv_node_child(table->nodes, node, '/');
		node = pv_node_child(table->nodes, node, slash ? *name : '/');
		if (!node)
			return false;
		label = node->label;
	}
}

/**
 * pv_table_seek - find where in the trie of ORIGINALs a path ends
 * @table: the table
 * @path: an absolute path, normalised: "" for the root directory
 *
 * Context: any.
 * Return: what pv_table_match_from() goes on from.
 */
struct pv_seek pv_table_seek(const struct pv_table *table, const char *path)
{
	const struct pv_node *node = table->nodes;
	struct pv_seek seek = { .used = PV_SEEK_NOWHERE };
	u32 common;

	do {
		common = pv_label_common(node, path);
		path += common;
		if (!*path) {
			seek.node = node - table->nodes;
			seek.used = common;
			break;
		}
		if (common < node->label_len)
			break;
		node = pv_node_child(table->nodes, node, *path);
	} while (node);
	return seek;
}
