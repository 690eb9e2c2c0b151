// SPDX-License-Identifier: GPL-2.0
/*
 * Rules: how a table is built and which rule a name meets.
 *
 * The ORIGINALs of a table form a trie that is compressed (a node with one
 * child is merged with it) and keyed by bytes.  A name is compared with it once,
 * from its first byte on, until they part (match.h); the lowest rule index met
 * at a component boundary on the way is the first rule of the list that matches.
 * So a look-up costs at most the length of the name, however many rules there
 * are, and most names part from the trie within their first few bytes.
 */
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "match.h"
#include "table.h"

/* The lengths of paths are kept in 16 bits. */
static_assert(PATH_MAX <= U16_MAX);

/* A rule of a draft: both strings behind each other, as in struct pv_rule. */
struct pv_draft_rule {
	struct list_head node;
	u16 original_len;
	u16 new_len;
	char strings[];
};

/**
 * pv_path_dots - find the first ".." component of a path
 * @path: the path; it begins with "/" or is empty
 *
 * Return: where the component begins, or NULL if there is none.
 */
const char *pv_path_dots(const char *path)
{
	const char *p;

	for (p = strchr(path, '.'); p; p = strchr(p + 1, '.'))
		if (p > path && p[-1] == '/' && p[1] == '.' &&
		    (p[2] == '/' || !p[2]))
			return p;
	return NULL;
}

/**
 * pv_path_normalise - bring an absolute path into the form that rules have
 * @path: the path, changed in place; it becomes "" for the root directory
 *
 * Return: the length of the result, -EINVAL if @path is not absolute,
 * -ELOOP if it has a ".." component, which only a walk could take away,
 * -ENAMETOOLONG if it does not fit PATH_MAX.
 */
int pv_path_normalise(char *path)
{
	const char *from = path;
	char *to = path;

	if (*from != '/')
		return -EINVAL;
	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;

	for (;;) {
		from = pv_path_skip_noops(from);
		if (!*from)
			break;
		if (from[0] == '.' && from[1] == '.' &&
		    (from[2] == '/' || !from[2]))
			return -ELOOP;
		*to++ = '/';
		while (*from && *from != '/')
			*to++ = *from++;
	}
	*to = '\0';
	return to - path;
}

/**
 * pv_path_squeeze - take out of an absolute path what changes nothing
 * @path: the path, changed in place
 *
 * Unlike pv_path_normalise() it leaves the end as it means something there: a
 * "/" or "/." behind the last component.
 */
void pv_path_squeeze(char *path)
{
	const char *from = path, *next;
	char *to = path;

	while (*from) {
		next = *from == '/' ? pv_path_skip_noops(from + 1) : from + 1;
		*to++ = *from;
		if (!*next && next > from + 1 && next[-1] == '.')
			*to++ = '.';
		from = next;
	}
	*to = '\0';
}

/**
 * pv_path_fold - take ".." components out of an absolute path by name
 * @path: the path, changed in place
 *
 * Right where no component before a ".." is a symbolic link.  All else in the
 * path stays as it is.
 */
void pv_path_fold(char *path)
{
	char *from = path, *to = path;

	while (*from) {
		if (!strncmp(from, "/..", 3) && (from[3] == '/' || !from[3])) {
			from += 3;
			/* Back over what changes nothing, then a component. */
			while (to > path && (to[-1] == '/' ||
					     (to[-1] == '.' && to[-2] == '/')))
				to--;
			while (to > path && *--to != '/')
				;
			continue;
		}
		do {
			*to++ = *from++;
		} while (*from && *from != '/');
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
}

/**
 * pv_draft_init - begin an empty draft
 * @draft: the draft
 */
void pv_draft_init(struct pv_draft *draft)
{
	INIT_LIST_HEAD(&draft->rules);
	draft->nr_rules = 0;
	draft->bytes = 0;
}

static int pv_draft_path(char *path, const char *what[3], const char **why)
{
	int len = pv_path_normalise(path);

	if (len == -EINVAL)
		*why = what[0];
	else if (len == -ELOOP)
		*why = what[1];
	else if (len == -ENAMETOOLONG)
		*why = what[2];
	return len == -ELOOP ? -EINVAL : len;
}

/**
 * pv_draft_add - append a rule
 * @draft: the draft
 * @original: ORIGINAL as the user spelled it
 * @new: NEW as the user spelled it
 * @why: receives what is wrong with the rule, in words, if it is refused for
 *	what it says; a constant string
 *
 * Context: may sleep.
 * Return: 0, -EINVAL or -ENAMETOOLONG with *@why set, -ENOMEM.
 */
int pv_draft_add(struct pv_draft *draft, const char *original, const char *new,
		 const char **why)
{
	static const char *original_words[3] = {
		"ORIGINAL is not an absolute path",
		"ORIGINAL has a '..' component",
		"ORIGINAL is longer than PATH_MAX",
	};
	static const char *new_words[3] = {
		"NEW is not an absolute path",
		"NEW has a '..' component",
		"NEW is longer than PATH_MAX",
	};
	size_t original_size = strlen(original) + 1, new_size = strlen(new) + 1;
	struct pv_draft_rule *rule;
	int len;

	rule = kmalloc(struct_size(rule, strings, original_size + new_size),
		       GFP_KERNEL_ACCOUNT);
	if (!rule)
		return -ENOMEM;

	memcpy(rule->strings, original, original_size);
	len = pv_draft_path(rule->strings, original_words, why);
	if (len < 0)
		goto refuse;
	rule->original_len = len;

	memcpy(rule->strings + len + 1, new, new_size);
	len = pv_draft_path(rule->strings + rule->original_len + 1, new_words,
			    why);
	if (len < 0)
		goto refuse;
	rule->new_len = len;

	list_add_tail(&rule->node, &draft->rules);
	draft->nr_rules++;
	draft->bytes += rule->original_len + rule->new_len + 2;
	return 0;

refuse:
	kfree(rule);
	return len;
}

/**
 * pv_draft_splice - append all rules of another draft
 * @draft: the draft that grows
 * @more: the draft that is empty afterwards
 */
void pv_draft_splice(struct pv_draft *draft, struct pv_draft *more)
{
	list_splice_tail_init(&more->rules, &draft->rules);
	draft->nr_rules += more->nr_rules;
	draft->bytes += more->bytes;
	pv_draft_init(more);
}

/**
 * pv_draft_clear - drop all rules
 * @draft: the draft, empty afterwards
 */
void pv_draft_clear(struct pv_draft *draft)
{
	struct pv_draft_rule *rule, *next;

	list_for_each_entry_safe(rule, next, &draft->rules, node)
		kfree(rule);
	pv_draft_init(draft);
}

static struct pv_table *pv_table_alloc(const struct pv_draft *draft,
				       char **strings)
{
	u32 max_nodes = 2 * draft->nr_rules + 1;	/* of one trie */
	size_t rules = (size_t)draft->nr_rules * sizeof(struct pv_rule);
	size_t nodes = 2 * (size_t)max_nodes * sizeof(struct pv_node);
	struct pv_table *table;

	table = kvmalloc(sizeof(*table) + nodes + rules + draft->bytes,
			 GFP_KERNEL_ACCOUNT);
	if (!table)
		return NULL;

	memset(table, 0, sizeof(*table));
	table->nr_rules = draft->nr_rules;
	table->nodes = (struct pv_node *)(table + 1);
	table->new_nodes = table->nodes + max_nodes;
	table->rules = (struct pv_rule *)(table->new_nodes + max_nodes);
	*strings = (char *)(table->rules + table->nr_rules);
	return table;
}

static void pv_table_copy_rules(struct pv_table *table, char *strings,
				const struct pv_draft *draft)
{
	struct pv_rule *rule = table->rules;
	const struct pv_draft_rule *from;

	list_for_each_entry(from, &draft->rules, node) {
		memcpy(strings, from->strings,
		       from->original_len + from->new_len + 2);
		rule->original = strings;
		rule->original_len = from->original_len;
		rule->new = strings + from->original_len + 1;
		rule->new_len = from->new_len;
		rule->exception = !strcmp(rule->original, rule->new);
		rule->same_new = PV_NO_RULE;
		strings += from->original_len + from->new_len + 2;
		rule++;
	}
}

/* What a trie is made of: a string and the rule that it belongs to. */
struct pv_key {
	const char *string;
	u32 len;
	u32 rule;
};

/* As bytes; of equal strings the earlier rule first. */
static int pv_key_cmp(const void *a, const void *b)
{
	const struct pv_key *x = a, *y = b;
	int diff = strcmp(x->string, y->string);

	if (diff)
		return diff;
	return x->rule < y->rule ? -1 : 1;
}

/* The sorted keys [lo, hi) agree in their first @depth bytes. */
struct pv_span {
	u32 lo;
	u32 hi;
	u32 depth;
};

/* As the keys are sorted, what the first and the last share, all share. */
static u32 pv_span_common(const struct pv_key *keys, const struct pv_span *span)
{
	const char *first = keys[span->lo].string + span->depth;
	const char *last = keys[span->hi - 1].string + span->depth;
	u32 len = 0;

	while (first[len] && first[len] == last[len])
		len++;
	return len;
}

/*
 * Make the node of @span, whose label and rule follow from the sorted keys, and
 * append a span for each child.  Return the number of children.
 */
static u32 pv_node_fill(struct pv_node *node, const struct pv_key *keys,
			struct pv_span span, struct pv_span *child)
{
	u32 nr = 0;

	memset(node->branch, 0, sizeof(node->branch));
	node->label = keys[span.lo].string + span.depth;
	node->label_len = pv_span_common(keys, &span);
	node->rule = PV_NO_RULE;
	span.depth += node->label_len;

	if (keys[span.lo].len == span.depth) {
		node->rule = keys[span.lo].rule;
		/* The same string again: the first rule wins. */
		while (span.lo < span.hi && keys[span.lo].len == span.depth)
			span.lo++;
	}

	while (span.lo < span.hi) {
		u8 byte = keys[span.lo].string[span.depth];

		node->branch[byte >> 6] |= 1ULL << (byte & 63);
		child[nr].lo = span.lo;
		child[nr].depth = span.depth;
		while (span.lo < span.hi &&
		       (u8)keys[span.lo].string[span.depth] == byte)
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
	}
}

/* Breadth first: the array of nodes is the queue, @spans what is known of each. */
static void pv_nodes_grow(struct pv_node *nodes, struct pv_key *keys,
			  u32 nr_keys, struct pv_span *spans)
{
	u32 done, nr = 1;

	sort(keys, nr_keys, sizeof(*keys), pv_key_cmp, NULL);
	spans[0] = (struct pv_span){ .lo = 0, .hi = nr_keys };
	for (done = 0; done < nr; done++) {
		nodes[done].children = nr;
		nr += pv_node_fill(&nodes[done], keys, spans[done], spans + nr);
	}
	pv_nodes_find_best(nodes, nr);
}

static void pv_table_grow(struct pv_table *table, struct pv_key *keys,
			  struct pv_span *spans)
{
	const struct pv_rule *rule = table->rules;
	u32 i;

	for (i = 0; i < table->nr_rules; i++, rule++)
		keys[i] = (struct pv_key){ rule->original, rule->original_len, i };
	pv_nodes_grow(table->nodes, keys, table->nr_rules, spans);

	rule = table->rules;
	for (i = 0; i < table->nr_rules; i++, rule++)
		keys[i] = (struct pv_key){ rule->new, rule->new_len, i };
	pv_nodes_grow(table->new_nodes, keys, table->nr_rules, spans);
	for (i = 1; i < table->nr_rules; i++)
		if (!strcmp(keys[i - 1].string, keys[i].string))
			table->rules[keys[i - 1].rule].same_new = keys[i].rule;
}

/* Does the NEW of @rule lie in another one, or is it another one's, too? */
static bool pv_rule_overlaps(const struct pv_table *table,
			     const struct pv_rule *rule)
{
	const struct pv_node *node = table->new_nodes;
	const char *path = rule->new;

	if (rule->same_new != PV_NO_RULE)
		return true;
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

	for (i = 0; i < table->nr_rules; i++)
		if (pv_rule_overlaps(table, &table->rules[i]))
			return true;
	return false;
}

/**
 * pv_table_build - make a table of a draft
 * @draft: the rules, at least one; left as it is
 *
 * Context: may sleep.
 * Return: the table, which the caller owns, or NULL if memory is short.
 */
struct pv_table *pv_table_build(const struct pv_draft *draft)
{
	struct pv_table *table;
	struct pv_span *spans;
	struct pv_key *keys;
	char *strings;

	table = pv_table_alloc(draft, &strings);
	keys = kvmalloc_array(draft->nr_rules, sizeof(*keys), GFP_KERNEL);
	spans = kvmalloc_array(2 * (size_t)draft->nr_rules + 1, sizeof(*spans),
			       GFP_KERNEL);
	if (table && keys && spans) {
		pv_table_copy_rules(table, strings, draft);
		pv_table_grow(table, keys, spans);
		table->overlap = pv_rules_overlap(table);
	} else {
		kvfree(table);
		table = NULL;
	}
	kvfree(spans);
	kvfree(keys);
	return table;
}

/**
 * pv_table_free - free a table that no one else can reach
 * @table: the table
 */
void pv_table_free(struct pv_table *table)
{
	kvfree(table);
}

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

/* How many bytes of @name and of the node's label agree. */
static u32 pv_label_common(const struct pv_node *node, const char *name)
{
	u32 len = 0;

	while (len < node->label_len && node->label[len] == name[len])
		len++;
	return len;
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

/* Does the NEW of some rule lead to @path or to what it lies under? */
static bool pv_table_has_new(const struct pv_table *table, const char *path)
{
	const struct pv_node *node = table->new_nodes;

	do {
		if (pv_label_common(node, path) < node->label_len)
			return false;
		path += node->label_len;
		if (node->rule != PV_NO_RULE && (*path == '/' || !*path))
			return true;
		node = *path ? pv_node_child(table->new_nodes, node, *path) :
			       NULL;
	} while (node);
	return false;
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
	       pv_table_has_new(table, path);
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
	const char *rest;

	if (by->exception || by->original_len + rest_len >= size)
		return false;
	memcpy(virtual, by->original, by->original_len);
	memcpy(virtual + by->original_len, real + by->new_len, rest_len + 1);
	return pv_table_match(table, virtual, &rest) == rule;
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
 * Several rules may lead to one place; the first one that does gives the name.
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
	const char *name = real;

	do {
		if (node->best >= best ||
		    pv_label_common(node, name) < node->label_len)
			break;
		name += node->label_len;
		rule = *name == '/' || !*name ? node->rule : PV_NO_RULE;
		for (; rule < best; rule = table->rules[rule].same_new) {
			tried = rule;
			if (pv_rule_reverse(table, rule, real, virtual, size))
				best = rule;
		}
		node = *name ? pv_node_child(table->new_nodes, node, *name) :
			       NULL;
	} while (node);

	if (best != PV_NO_RULE && best != tried)
		pv_rule_reverse(table, best, real, virtual, size);
	return best;
}
