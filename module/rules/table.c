// SPDX-License-Identifier: GPL-2.0
/*
 * Rules: how a table is built and which rule a name meets.
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
#include "rules/table.h"
#include "rules/trie_match.h"

/* The lengths of paths are kept in 16 bits. */
static_assert(PATH_MAX <= U16_MAX);

/*
 * How large a table is, its sender decides: that it does not fit is no news for the
 * kernel log, and his memory cgroup pays for it.
 */
#define PV_GFP_BUILD	(GFP_KERNEL_ACCOUNT | __GFP_NOWARN)

/* A rule of a draft: both strings behind each other, as in struct pv_rule. */
struct pv_draft_rule {
	struct list_head node;
	u16 original_len;
	u16 new_len;
	u16 given_len;
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
 * pv_path_is_normal - is a path as pv_path_normalise() would leave it?
 * @path: the path; a ".." counts as a component like any other
 *
 * Return: true if it is.
 */
bool pv_path_is_normal(const char *path)
{
	const char *slash;

	if (*path != '/' && pv_path_skip_noops(path) != path)
		return false;
	for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		if (!slash[1] || pv_path_skip_noops(slash + 1) != slash + 1)
			return false;
	return true;
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
	rule->given_len = 0;

	list_add_tail(&rule->node, &draft->rules);
	draft->nr_rules++;
	draft->bytes += rule->original_len + rule->new_len + 2;
	return 0;

refuse:
	kfree(rule);
	return len;
}

/**
 * pv_draft_add_as - append the rule of a table, with another NEW
 * @draft: the table being written
 * @rule: the rule; its @given goes along
 * @new: NEW, normalised: "" for the root directory
 *
 * Return: 0 or -ENOMEM.
 */
int pv_draft_add_as(struct pv_draft *draft, const struct pv_rule *rule,
		    const char *new)
{
	struct pv_draft_rule *fresh;
	size_t new_len = strlen(new), size;
	char *to;

	size = rule->original_len + new_len + rule->given_len + 3;
	fresh = kmalloc(struct_size(fresh, strings, size), GFP_KERNEL_ACCOUNT);
	if (!fresh)
		return -ENOMEM;
	fresh->original_len = rule->original_len;
	fresh->new_len = new_len;
	fresh->given_len = rule->given_len;
	to = fresh->strings;
	memcpy(to, rule->original, rule->original_len + 1);
	to += rule->original_len + 1;
	memcpy(to, new, new_len + 1);
	to += new_len + 1;
	memcpy(to, rule->given, rule->given_len + 1);
	list_add_tail(&fresh->node, &draft->rules);
	draft->nr_rules++;
	draft->bytes += size;
	return 0;
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
 *
 * Context: may sleep.
 */
void pv_draft_clear(struct pv_draft *draft)
{
	struct pv_draft_rule *rule, *next;

	list_for_each_entry_safe(rule, next, &draft->rules, node) {
		kfree(rule);
		cond_resched();
	}
	pv_draft_init(draft);
}

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
		rule->same_new = PV_NO_RULE;
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
	const char *rest;

	return !by->exception &&
	       pv_table_match(table, by->original, &rest) == rule;
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
