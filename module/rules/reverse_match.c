// SPDX-License-Identifier: GPL-2.0
/* Reverse match: which rule leads to a real path, and what it is called by it. */
#include <linux/string.h>

#include "rules/reverse_match.h"
#include "rules/rule.h"
#include "rules/trie_match.h"

/**
 * pv_table_find_new - find a rule that leads to a path
 * @table: the table
 * @path: a real path, absolute and normalised: "" for the root directory
 *
 * Context: any.
 * Return: the index of one whose NEW is @path, or what that lies under; or PV_NO_RULE.
 */
u32 pv_table_find_new(const struct pv_table *table, const char *path)
{
	const struct pv_node *node = table->new_nodes;

	do {
		if (pv_label_common(node, path) < node->label_len)
			break;
		path += node->label_len;
		if (node->rule != PV_NO_RULE && (*path == '/' || !*path))
			return node->rule;
		node = *path ? pv_node_child(table->new_nodes, node, *path) :
			       NULL;
	} while (node);
	return PV_NO_RULE;
}

/**
 * pv_table_concerns - have rules to do with a path?
 * @table: the table
 * @path: a real path, absolute and normalised: "" for the root directory
 *
 * Context: any.
 * Return: false if no rule leads to @path, or speaks of it or of what lies
 * below: it is called what it is, and so is all that lies there.
 */
bool pv_table_concerns(const struct pv_table *table, const char *path)
{
	const char *rest;

	return pv_table_match(table, path, &rest) != PV_NO_RULE ||
	       pv_table_has_below(table, path, PV_NO_RULE) ||
	       pv_table_find_new(table, path) != PV_NO_RULE;
}

/*
 * Name @real by @rule, whose NEW it lies under.  Return false if that name would
 * lead elsewhere, by an earlier rule, or would be too long.
 */
static bool pv_rule_reverse(const struct pv_table *table, u32 rule,
			    const char *real, char *virtual, size_t size)
{
	const struct pv_rule *by = &table->rules[rule];
	size_t rest_len = strlen(real + by->new_len);

	if (by->exception || by->original_len + rest_len >= size)
		return false;
	memcpy(virtual, by->original, by->original_len);
	memcpy(virtual + by->original_len, real + by->new_len, rest_len + 1);
	return pv_table_leads(table, virtual, rule);
}

/**
 * pv_table_reverse_by - name a real path by way of one rule
 * @table: the table
 * @rule: the rule's index; there may be none with it
 * @real: an absolute path, normalised: "" for the root directory
 * @virtual: receives a path of the same form that leads to @real
 * @size: the size of @virtual
 *
 * Context: any.  Takes no lock and allocates nothing.
 * Return: false if that rule does not lead to @real; then @virtual holds nothing
 * of use.
 */
bool pv_table_reverse_by(const struct pv_table *table, u32 rule,
			 const char *real, char *virtual, size_t size)
{
	const struct pv_rule *by = &table->rules[rule];

	if (rule >= table->nr_rules || strncmp(real, by->new, by->new_len) ||
	    (real[by->new_len] && real[by->new_len] != '/'))
		return false;
	return pv_rule_reverse(table, rule, real, virtual, size);
}

/**
 * pv_table_reverse - name a real path as the process would spell it
 * @table: the table
 * @real: an absolute path, normalised: "" for the root directory
 * @virtual: receives a path of the same form that leads to @real
 * @size: the size of @virtual
 *
 * Several rules may lead to one place; the first one that does gives the name.  But
 * no more than %PV_REVERSE_TRIES are tried, as a table can be made in which earlier
 * rules hide what most of them lead to: then it is the first of those that were
 * tried, or none.
 *
 * Context: any.  Takes no lock and allocates nothing.
 * Return: that rule's index, or PV_NO_RULE if none leads to @real; then
 * @virtual holds nothing of use.
 */
u32 pv_table_reverse(const struct pv_table *table, const char *real,
		     char *virtual, size_t size)
{
	const struct pv_node *node = table->new_nodes;
	u32 rule, best = PV_NO_RULE, tried = PV_NO_RULE;
	int left = PV_REVERSE_TRIES;
	const char *name = real;

	do {
		if (node->best >= best ||
		    pv_label_common(node, name) < node->label_len)
			break;
		name += node->label_len;
		rule = *name == '/' || !*name ? node->rule : PV_NO_RULE;
		for (; rule < best && left--;
		     rule = table->rules[rule].same_new) {
			tried = rule;
			if (pv_rule_reverse(table, rule, real, virtual, size))
				best = rule;
		}
		node = *name ? pv_node_child(table->new_nodes, node, *name) :
			       NULL;
	} while (node && left > 0);

	if (best != PV_NO_RULE && best != tried)
		pv_rule_reverse(table, best, real, virtual, size);
	return best;
}

/**
 * pv_table_reverse_there - name a real path as the process would spell it, where it lies
 * @table: the table, whose NEWs do not overlap
 * @real: an absolute path, normalised, that is not the root directory; changed in place
 * @room: how many bytes in front of it may be overwritten
 *
 * Context: any.  Takes no lock and allocates nothing.
 * Return: where the path begins by now: at @real if no rule leads there.  NULL if this is not
 * enough to tell, or to hold it, and then what is there is of no use.
 */
char *pv_table_reverse_there(const struct pv_table *table, char *real, size_t room)
{
	u32 rule = pv_table_find_new(table, real);
	const struct pv_rule *by;
	const char *rest;
	char *virtual;

	if (rule == PV_NO_RULE)
		return real;
	by = &table->rules[rule];
	if (by->exception)
		return real;
	if (!by->original_len || by->original_len > by->new_len + room)
		return NULL;
	virtual = real + by->new_len - by->original_len;
	memcpy(virtual, by->original, by->original_len);
	return pv_table_match(table, virtual, &rest) == rule ? virtual : NULL;
}
