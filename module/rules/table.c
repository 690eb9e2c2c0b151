// SPDX-License-Identifier: GPL-2.0
/*
 * Table: how it is built.
 *
 * The ORIGINALs of a table form a trie that is compressed (a node with one
 * child is merged with it) and keyed by bytes.  A name is compared with it once,
 * from its first byte on, until they part (trie_match.h); the lowest rule index met
 * at a component boundary on the way is the first rule of the list that matches.
 * So a look-up costs at most the length of the name, however many rules there
 * are, and most names part from the trie within their first few bytes.
 */
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "rules/below.h"
#include "rules/draft.h"
#include "rules/table.h"
#include "rules/trie_match.h"

/* The lengths of paths are kept in 16 bits. */
static_assert(PATH_MAX <= U16_MAX);

/* The nodes of one trie: a node that is no rule's has two children at least. */
static size_t pv_draft_nodes(const struct pv_draft *draft)
{
	return 2 * (size_t)draft->nr_rules + 1;
}

/**
 * pv_table_size - how much memory would a table take?
 * @draft: its rules
 *
 * Return: the number of bytes.
 */
size_t pv_table_size(const struct pv_draft *draft)
{
	return sizeof(struct pv_table) +
	       2 * pv_draft_nodes(draft) * sizeof(struct pv_node) +
	       draft->nr_rules * sizeof(struct pv_rule) +
	       pv_parents_size(draft->nr_rules) + draft->bytes;
}

static struct pv_table *pv_table_alloc(const struct pv_draft *draft,
				       char **strings)
{
	size_t nr_nodes = pv_draft_nodes(draft);
	struct pv_table *table;

	table = kvmalloc(pv_table_size(draft), PV_GFP_BUILD);
	if (!table)
		return NULL;

	memset(table, 0, sizeof(*table));
	table->nr_rules = draft->nr_rules;
	table->nodes = (struct pv_node *)(table + 1);
	table->new_nodes = table->nodes + nr_nodes;
	table->rules = (struct pv_rule *)(table->new_nodes + nr_nodes);
	table->parents = (u64 *)(table->rules + table->nr_rules);
	*strings = (char *)table->parents + pv_parents_size(table->nr_rules);
	return table;
}

static void pv_table_copy_rules(struct pv_table *table, char *strings,
				const struct pv_draft *draft)
{
	struct pv_rule *rule = table->rules;
	const struct pv_draft_rule *from;
	size_t size;

	list_for_each_entry(from, &draft->rules, node) {
		size = from->original_len + from->new_len + 2;
		rule->original = strings;
		rule->original_len = from->original_len;
		rule->new = strings + from->original_len + 1;
		rule->new_len = from->new_len;
		rule->given = rule->new;
		rule->given_len = rule->new_len;
		if (from->given_len) {
			rule->given = strings + size;
			rule->given_len = from->given_len;
			size += from->given_len + 1;
		}
		memcpy(strings, from->strings, size);
		rule->exception = !strcmp(rule->original, rule->new);
		/* There is no other tree to look in first. */
		rule->under = from->under && !rule->exception;
		table->unions |= rule->under;
		rule->same_new = PV_NO_RULE;
		rule->same_original = PV_NO_RULE;
		strings += size;
		rule++;
		cond_resched();
	}
}

/* What a trie is made of: a string and the rule that it belongs to. */
struct pv_key {
	const char *string;
	u32 len;
	u32 rule;
};

/* The keys [lo, hi) agree in their first @depth bytes. */
struct pv_span {
	u32 lo;
	u32 hi;
	u32 depth;
};

/*
 * What building takes beside the table.
 *
 * The keys are sorted while the trie grows, a span by one byte at a time, behind
 * those that all of the span have in common.  So each byte of a key is looked at
 * once or twice, however long the keys are and whatever they share; to compare
 * whole keys is to compare what they share again and again.  It keeps the order of
 * equal keys, which is that of the rules.
 */
struct pv_build {
	struct pv_key *keys;
	struct pv_key *spare;
	struct pv_span *spans;
};

static u8 pv_key_byte(const struct pv_key *key, u32 depth)
{
	return key->string[depth];
}

/* How many bytes behind @depth all keys of a span have in common. */
static u32 pv_span_common(const struct pv_key *keys, const struct pv_span *span)
{
	const char *first = keys[span->lo].string + span->depth, *other;
	u32 common = keys[span->lo].len - span->depth;
	u32 i, len;

	for (i = span->lo + 1; i < span->hi && common; i++) {
		other = keys[i].string + span->depth;
		for (len = 0; len < common && first[len] == other[len]; len++)
			;
		common = len;
		cond_resched();
	}
	return common;
}

/* Few are put in their places one by one, sooner than all bytes are counted. */
#define PV_SPAN_FEW	32

static void pv_span_sort_few(struct pv_key *keys, const struct pv_span *span)
{
	struct pv_key key;
	u32 i, to;

	for (i = span->lo + 1; i < span->hi; i++) {
		key = keys[i];
		for (to = i; to > span->lo &&
		     pv_key_byte(&keys[to - 1], span->depth) >
		     pv_key_byte(&key, span->depth); to--)
			keys[to] = keys[to - 1];
		keys[to] = key;
	}
}

static void pv_span_sort_many(struct pv_key *keys, struct pv_key *spare,
			      const struct pv_span *span)
{
	u32 place[256] = { 0 };
	u32 i, nr, sum = 0;

	for (i = span->lo; i < span->hi; i++)
		place[pv_key_byte(&keys[i], span->depth)]++;
	for (i = 0; i < 256; i++) {
		nr = place[i];
		place[i] = sum;
		sum += nr;
	}
	for (i = span->lo; i < span->hi; i++) {
		spare[place[pv_key_byte(&keys[i], span->depth)]++] = keys[i];
		cond_resched();
	}
	memcpy(keys + span->lo, spare, (size_t)sum * sizeof(*keys));
}

/* Sort a span by the byte at its depth; those that end there come first. */
static void pv_span_sort(struct pv_build *build, const struct pv_span *span)
{
	if (span->hi - span->lo <= PV_SPAN_FEW)
		pv_span_sort_few(build->keys, span);
	else
		pv_span_sort_many(build->keys, build->spare, span);
}

/*
 * Make the node of @span, whose label and rule follow from its keys, and append a
 * span for each child.  Return the number of children.
 */
static u32 pv_node_fill(struct pv_node *node, struct pv_build *build,
			struct pv_span span, struct pv_span *child)
{
	const struct pv_key *keys = build->keys;
	u32 nr = 0;

	memset(node->branch, 0, sizeof(node->branch));
	node->label = keys[span.lo].string + span.depth;
	node->label_len = pv_span_common(keys, &span);
	node->rule = PV_NO_RULE;
	span.depth += node->label_len;
	pv_span_sort(build, &span);

	if (keys[span.lo].len == span.depth) {
		node->rule = keys[span.lo].rule;
		/* The same string again: the first rule wins. */
		while (span.lo < span.hi && keys[span.lo].len == span.depth)
			span.lo++;
	}

	while (span.lo < span.hi) {
		u8 byte = pv_key_byte(&keys[span.lo], span.depth);

		node->branch[byte >> 6] |= 1ULL << (byte & 63);
		child[nr].lo = span.lo;
		child[nr].depth = span.depth;
		while (span.lo < span.hi &&
		       pv_key_byte(&keys[span.lo], span.depth) == byte)
			span.lo++;
		child[nr++].hi = span.lo;
	}
	return nr;
}

/* Children come after their parents, so one sweep from the end is enough. */
static void pv_nodes_find_best(struct pv_node *nodes, u32 nr_nodes)
{
	struct pv_node *node;
	u32 i, child, nr;

	for (i = nr_nodes; i-- > 0;) {
		node = &nodes[i];
		node->best = node->rule;
		nr = hweight64(node->branch[0]) + hweight64(node->branch[1]) +
		     hweight64(node->branch[2]) + hweight64(node->branch[3]);
		for (child = node->children; nr--; child++)
			node->best = min(node->best, nodes[child].best);
		cond_resched();
	}
}

/* Breadth first: the array of nodes is the queue, the spans what is known of each. */
static int pv_nodes_grow(struct pv_node *nodes, struct pv_build *build,
			 u32 nr_keys)
{
	struct pv_span *spans = build->spans;
	u32 done, nr = 1;

	spans[0] = (struct pv_span){ .lo = 0, .hi = nr_keys };
	for (done = 0; done < nr; done++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		nodes[done].children = nr;
		nr += pv_node_fill(&nodes[done], build, spans[done],
				   spans + nr);
		cond_resched();
	}
	pv_nodes_find_best(nodes, nr);
	return 0;
}

/* Can @rule give anything that its NEW leads to a name? */
static bool pv_rule_names(const struct pv_table *table, u32 rule)
{
	const struct pv_rule *by = &table->rules[rule];

	return !by->exception && pv_table_leads(table, by->original, rule);
}

/* Chain the rules with the same ORIGINAL, in their order. */
static void pv_rules_chain_originals(struct pv_table *table, const struct pv_key *keys)
{
	u32 i;

	for (i = 1; i < table->nr_rules; i++) {
		cond_resched();
		if (!strcmp(keys[i - 1].string, keys[i].string))
			table->rules[keys[i - 1].rule].same_original = keys[i].rule;
	}
}

/*
 * Chain the rules with the same NEW, in their order, as far as they are of use to
 * pv_table_reverse(): not those that an earlier rule hides, and none behind one
 * that always gives a name, as no earlier rule speaks of anything below its
 * ORIGINAL.  So it need not try them all.
 */
static void pv_rules_chain(struct pv_table *table, const struct pv_key *keys)
{
	struct pv_rule *last = NULL;
	bool sure = false, names;
	u32 i, rule;

	for (i = 0; i < table->nr_rules; i++) {
		cond_resched();
		rule = keys[i].rule;
		names = pv_rule_names(table, rule);
		if (!i || strcmp(keys[i - 1].string, keys[i].string)) {
			last = &table->rules[rule];
			sure = false;
		} else {
			table->overlap = true;
			if (sure || !names)
				continue;
			last->same_new = rule;
			last = &table->rules[rule];
		}
		sure = names && !pv_table_has_below(table, last->original, rule);
	}
}

static int pv_table_grow(struct pv_table *table, struct pv_build *build)
{
	const struct pv_rule *rule = table->rules;
	struct pv_key *keys = build->keys;
	int err;
	u32 i;

	for (i = 0; i < table->nr_rules; i++, rule++)
		keys[i] = (struct pv_key){ rule->original, rule->original_len, i };
	err = pv_nodes_grow(table->nodes, build, table->nr_rules);
	if (err)
		return err;
	/* Only where there are unions a second one is ever of use. */
	if (table->unions)
		pv_rules_chain_originals(table, keys);

	rule = table->rules;
	for (i = 0; i < table->nr_rules; i++, rule++)
		keys[i] = (struct pv_key){ rule->new, rule->new_len, i };
	err = pv_nodes_grow(table->new_nodes, build, table->nr_rules);
	if (!err)
		pv_rules_chain(table, keys);
	return err;
}

/* Does the NEW of @rule lie in another one? */
static bool pv_rule_overlaps(const struct pv_table *table,
			     const struct pv_rule *rule)
{
	const struct pv_node *node = table->new_nodes;
	const char *path = rule->new;

	do {
		path += node->label_len;
		if (node->rule != PV_NO_RULE && *path == '/')
			return true;
		node = *path ? pv_node_child(table->new_nodes, node, *path) :
			       NULL;
	} while (node);
	return false;
}

static bool pv_rules_overlap(const struct pv_table *table)
{
	u32 i;

	for (i = 0; i < table->nr_rules; i++) {
		if (pv_rule_overlaps(table, &table->rules[i]))
			return true;
		cond_resched();
	}
	return false;
}

/* What all ORIGINALs begin with is the label of the first node. */
static void pv_table_fill_head(struct pv_table *table)
{
	size_t len = min_t(size_t, table->nodes->label_len, PV_WORD_SIZE);

	memcpy(&table->head, table->nodes->label, len);
	memset(&table->head_mask, 0xff, len);
}

static int pv_build_alloc(struct pv_build *build, const struct pv_draft *draft)
{
	build->keys = kvmalloc_array(draft->nr_rules, sizeof(*build->keys),
				     PV_GFP_BUILD);
	build->spare = kvmalloc_array(draft->nr_rules, sizeof(*build->spare),
				      PV_GFP_BUILD);
	build->spans = kvmalloc_array(pv_draft_nodes(draft),
				      sizeof(*build->spans), PV_GFP_BUILD);
	return build->keys && build->spare && build->spans ? 0 : -ENOMEM;
}

static void pv_build_free(struct pv_build *build)
{
	kvfree(build->spans);
	kvfree(build->spare);
	kvfree(build->keys);
}

/**
 * pv_table_build - make a table of a draft
 * @draft: the rules, at least one; left as it is
 *
 * What it costs grows with the bytes of all strings, not faster.
 *
 * Context: may sleep, and lets others run; no lock need be held, and none should.
 * Return: the table, which the caller owns; ERR_PTR(-ENOMEM) if memory is short,
 * ERR_PTR(-EINTR) if the running task is being killed.
 */
struct pv_table *pv_table_build(const struct pv_draft *draft)
{
	struct pv_build build;
	struct pv_table *table = NULL;
	char *strings;
	int err;

	err = pv_build_alloc(&build, draft);
	if (!err) {
		table = pv_table_alloc(draft, &strings);
		err = table ? 0 : -ENOMEM;
	}
	if (!err) {
		pv_table_copy_rules(table, strings, draft);
		err = pv_table_grow(table, &build);
	}
	pv_build_free(&build);
	if (err) {
		kvfree(table);
		return ERR_PTR(err);
	}
	table->overlap = table->overlap || pv_rules_overlap(table);
	pv_parents_fill(table);
	pv_table_fill_head(table);
	return table;
}

static bool pv_rule_says(const struct pv_rule *rule, const struct pv_draft_rule *from)
{
	return !strcmp(rule->original, from->strings) &&
	       !strcmp(rule->given, from->strings + from->original_len + 1) &&
	       (rule->exception || rule->under == from->under);
}

/**
 * pv_table_says - are the rules of a table those of a draft?
 * @table: the table
 * @draft: the draft, with NEWs as they were said
 *
 * Context: may sleep.
 * Return: true if they are, in the same order.
 */
bool pv_table_says(const struct pv_table *table, const struct pv_draft *draft)
{
	const struct pv_rule *rule = table->rules;
	const struct pv_draft_rule *from;

	if (table->nr_rules != draft->nr_rules)
		return false;
	list_for_each_entry(from, &draft->rules, node) {
		if (!pv_rule_says(rule++, from))
			return false;
		cond_resched();
	}
	return true;
}

/**
 * pv_table_free - free a table that no one else can reach
 * @table: the table
 */
void pv_table_free(struct pv_table *table)
{
	kvfree(table);
}
