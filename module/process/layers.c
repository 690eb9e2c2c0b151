// SPDX-License-Identifier: GPL-2.0
/* Layers: stacks of tables, and a name's way through one. */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "process/layers.h"
#include "process/place.h"
#include "process/root.h"
#include "process/standin.h"
#include "process/tables.h"
#include "rules/reverse_match.h"
#include "rules/translate.h"
#include "rules/trie_match.h"

/* Others wait for who changes layers: see pv_process_mutex. */
#define PV_LAYERS_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)
/* For what must not fail: not charged to anybody, whose limit others would wait at. */
#define PV_LAYERS_SURE	(GFP_KERNEL | __GFP_NOFAIL)

static struct pv_layers *pv_layers_alloc(u32 nr, struct pv_root *base,
					 struct pv_root *root, gfp_t gfp)
{
	struct pv_layers *layers;

	/* For each table a word of @from behind them all. */
	layers = kmalloc(struct_size(layers, tables, 2 * nr), gfp);
	if (!layers)
		return NULL;
	refcount_set(&layers->refs, 1);
	layers->base = pv_root_get(base);
	layers->root = pv_root_get(root);
	layers->line = layers;
	layers->home = (struct path) { };
	layers->unions = false;
	layers->placed = false;
	layers->quick = false;
	layers->seek = (struct pv_seek) { .used = PV_SEEK_NOWHERE };
	layers->nr = nr;
	layers->from = (struct pv_root **)layers +
		       struct_size(layers, tables, nr) / sizeof(*layers->from);
	return layers;
}

/* @to gets a table, with references of its own. */
static void pv_layers_put_in(struct pv_layers *to, u32 i, struct pv_table *table,
			     struct pv_root *from)
{
	to->tables[i] = pv_table_get(table);
	to->from[i] = pv_root_get(from);
	to->unions |= table->unions;
}

/* Has no rule of @table to do with what one of @other leads to? */
static bool pv_table_is_apart(const struct pv_table *table, const struct pv_table *other)
{
	const struct pv_rule *rule = other->rules;
	u32 i;

	for (i = 0; i < other->nr_rules; i++, rule++)
		if (!rule->exception && pv_table_concerns(table, rule->new))
			return false;
	return true;
}

/* Does a name meet at most one rule on its way through all tables? */
static bool pv_layers_apart(const struct pv_layers *layers)
{
	u32 i, j, rules = 0;

	if (layers->nr == 1)
		return true;
	for (i = 0; i < layers->nr; i++) {
		rules += layers->tables[i]->nr_rules;
		if (!layers->tables[i]->named || rules > PV_LAYERS_APART_MAX)
			return false;
	}
	for (i = 0; i < layers->nr; i++)
		for (j = 0; j < layers->nr; j++)
			if (i != j && !pv_table_is_apart(layers->tables[i],
							 layers->tables[j]))
				return false;
	return true;
}

/*
 * Where do names go on from the root directory that the process has changed to?  Not to be
 * told where one rule leads there, and another one to something below.  @scratch are
 * PV_REAL_SIZE bytes.
 */
static bool pv_layers_seek(struct pv_layers *layers, char *scratch)
{
	const struct pv_root *root = layers->root;
	const struct pv_table *table = layers->tables[0];
	const char *rest, *leads;

	if (!root->virtual)
		return false;
	leads = pv_layers_plain(layers, root->virtual, scratch);
	if (leads)
		return !strcmp(leads, root->real);
	if (layers->nr > 1 || strcmp(root->virtual, root->real) ||
	    pv_table_match(table, root->virtual, &rest) != PV_NO_RULE)
		return false;
	layers->seek = pv_table_seek(table, root->virtual);
	return true;
}

static bool pv_layers_rooted(struct pv_layers *layers)
{
	char *scratch;
	bool known;

	/* At another mount of what lies there NEWs have another one, too: so they are names. */
	if (!path_is_under(&layers->root->inner, &layers->base->inner))
		return false;
	scratch = kmalloc(PV_REAL_SIZE, PV_LAYERS_GFP);
	/* Without memory names are walked at length, that is all. */
	known = scratch && pv_layers_seek(layers, scratch);
	kfree(scratch);
	return known;
}

/* All tables are there: can a brief walk go by them? */
static void pv_layers_finish(struct pv_layers *layers)
{
	const struct pv_table *table = layers->tables[0];
	bool quick = true;
	u32 i;

	layers->placed = layers->nr == 1 && !layers->root && !layers->from[0] &&
			 table->places &&
			 path_equal(&layers->base->inner, &table->places->root);
	for (i = 0; quick && i < layers->nr; i++) {
		table = layers->tables[i];
		quick = !layers->from[i] && table->quick &&
			path_equal(&layers->base->inner, &table->places->root);
	}
	if (quick)
		quick = layers->root ? pv_layers_rooted(layers) :
				       pv_layers_apart(layers);
	layers->quick = quick;
	if (quick && !layers->root && layers->nr == 1)
		layers->home = layers->base->inner;
}

/**
 * pv_layers_push - a stack with one more layer on the inner side
 * @below: the layers that stay below, as seen from the root directory that the process
 *	has now; or NULL
 * @table: the new innermost table, spelled from that root directory; the stack takes a
 *	reference of its own
 * @base: that root directory, if there is no @below
 *
 * Return: the new stack, or ERR_PTR(-ENOMEM), or ERR_PTR(-E2BIG) if @below has
 * %PV_MAX_PUSHED_LAYERS layers already.
 */
struct pv_layers *pv_layers_push(const struct pv_layers *below,
				 struct pv_table *table, struct pv_root *base)
{
	u32 i, nr = below ? below->nr : 0;
	struct pv_layers *layers;

	if (nr >= PV_MAX_PUSHED_LAYERS)
		return ERR_PTR(-E2BIG);
	layers = pv_layers_alloc(nr + 1, below ? below->base : base,
				 below ? below->root : NULL, PV_LAYERS_GFP);
	if (!layers)
		return ERR_PTR(-ENOMEM);
	pv_layers_put_in(layers, 0, table, layers->root);
	for (i = 0; i < nr; i++)
		pv_layers_put_in(layers, i + 1, below->tables[i],
				 below->from[i]);
	pv_layers_finish(layers);
	return layers;
}

/**
 * pv_layers_replace - the same stack with another table in one place
 * @layers: the stack to go by, as seen from the root directory that the process has now
 * @old: the table that is replaced; it is in @layers, and not alone
 * @table: what comes in its place, spelled from that root directory; the stack takes a
 *	reference of its own
 *
 * Return: the new stack or ERR_PTR(-ENOMEM).
 */
struct pv_layers *pv_layers_replace(const struct pv_layers *layers,
				    const struct pv_table *old,
				    struct pv_table *table)
{
	struct pv_layers *copy;
	u32 i;

	copy = pv_layers_alloc(layers->nr, layers->base, layers->root,
			       PV_LAYERS_GFP);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < layers->nr; i++) {
		if (layers->tables[i] != old)
			pv_layers_put_in(copy, i, layers->tables[i],
					 layers->from[i]);
		else
			pv_layers_put_in(copy, i, table, layers->root);
	}
	pv_layers_finish(copy);
	return copy;
}

/**
 * pv_layers_pop - the same stack without its innermost layer
 * @layers: the stack to go by
 *
 * Return: the new stack, NULL if nothing is left, or ERR_PTR(-ENOMEM).
 */
struct pv_layers *pv_layers_pop(const struct pv_layers *layers)
{
	struct pv_layers *rest;
	u32 i;

	if (layers->nr == 1)
		return NULL;
	rest = pv_layers_alloc(layers->nr - 1, layers->base, layers->root,
			       PV_LAYERS_GFP);
	if (!rest)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < rest->nr; i++)
		pv_layers_put_in(rest, i, layers->tables[i + 1],
				 layers->from[i + 1]);
	pv_layers_finish(rest);
	return rest;
}

/**
 * pv_layers_inner - which layers are not those of cgroups?
 * @layers: the stack
 *
 * Return: how many, which are the innermost.
 */
u32 pv_layers_inner(const struct pv_layers *layers)
{
	u32 nr = layers->nr;

	while (nr && layers->tables[nr - 1]->cgroup)
		nr--;
	return nr;
}

/**
 * pv_layers_end_in - are the tables of cgroups in a stack these ones?
 * @layers: the stack or NULL
 * @tables: the tables, the innermost first; only compared
 * @nr: how many
 *
 * Return: true if they are.
 */
bool pv_layers_end_in(const struct pv_layers *layers,
		      struct pv_table *const *tables, u32 nr)
{
	u32 i, inner;

	if (!layers)
		return !nr;
	inner = pv_layers_inner(layers);
	if (layers->nr - inner != nr)
		return false;
	for (i = 0; i < nr; i++)
		if (layers->tables[inner + i] != tables[i])
			return false;
	return true;
}

/* From where @table is spelled, if it is in @layers, or else from their root directory. */
static struct pv_root *pv_layers_from(const struct pv_layers *layers,
				      const struct pv_table *table)
{
	u32 i;

	for (i = 0; i < layers->nr; i++)
		if (layers->tables[i] == table)
			return layers->from[i];
	return layers->root;
}

/**
 * pv_layers_join - the same stack with other tables of cgroups
 * @layers: the stack to go by, as seen from the root directory that the process has now;
 *	or NULL
 * @base: that root directory, if there is no @layers
 * @tables: the tables of its cgroups, the innermost first; the stack takes references of
 *	its own
 * @nr: how many, at most %PV_MAX_CGROUP_LAYERS
 *
 * Return: the new stack, or NULL if nothing is left.  It does not fail, as moving into a
 * cgroup does not.
 */
struct pv_layers *pv_layers_join(const struct pv_layers *layers,
				 struct pv_root *base,
				 struct pv_table *const *tables, u32 nr)
{
	u32 i, inner = layers ? pv_layers_inner(layers) : 0;
	struct pv_layers *joined;

	if (!inner && !nr)
		return NULL;
	joined = pv_layers_alloc(inner + nr, layers ? layers->base : base,
				 layers ? layers->root : NULL,
				 PV_LAYERS_SURE);
	for (i = 0; i < inner; i++)
		pv_layers_put_in(joined, i, layers->tables[i], layers->from[i]);
	for (i = 0; i < nr; i++)
		pv_layers_put_in(joined, inner + i, tables[i],
				 layers ? pv_layers_from(layers, tables[i]) :
					  NULL);
	pv_layers_finish(joined);
	return joined;
}

/**
 * pv_layers_keep - the same stack with the tables of cgroups alone
 * @layers: the stack to go by
 *
 * Return: the new stack, or NULL if nothing is left.
 */
struct pv_layers *pv_layers_keep(const struct pv_layers *layers)
{
	u32 i, inner = pv_layers_inner(layers), nr = layers->nr - inner;
	struct pv_layers *kept;

	if (!nr)
		return NULL;
	kept = pv_layers_alloc(nr, layers->base, layers->root,
			       PV_LAYERS_SURE);
	for (i = 0; i < nr; i++)
		pv_layers_put_in(kept, i, layers->tables[inner + i],
				 layers->from[inner + i]);
	pv_layers_finish(kept);
	return kept;
}

/**
 * pv_layers_copy - the same stack seen from another root directory
 * @layers: the stack to go by
 * @base: its @base; the stack takes references of its own to this and those that follow
 * @root: its @root or NULL
 * @from: its @from
 *
 * Return: the new stack.  It does not fail, as a change of the root does not.
 */
struct pv_layers *pv_layers_copy(const struct pv_layers *layers,
				 struct pv_root *base, struct pv_root *root,
				 struct pv_root **from)
{
	struct pv_layers *copy;
	u32 i;

	copy = pv_layers_alloc(layers->nr, base, root,
			       GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
	copy->line = layers->line;
	for (i = 0; i < layers->nr; i++)
		pv_layers_put_in(copy, i, layers->tables[i], from[i]);
	pv_layers_finish(copy);
	return copy;
}

/**
 * pv_layers_has - is a table in a stack?
 * @layers: the stack or NULL
 * @table: the table
 *
 * Return: true if it is.
 */
bool pv_layers_has(const struct pv_layers *layers,
		   const struct pv_table *table)
{
	u32 i;

	for (i = 0; layers && i < layers->nr; i++)
		if (layers->tables[i] == table)
			return true;
	return false;
}

/**
 * pv_layers_get - take a reference
 * @layers: the stack or NULL
 *
 * Return: @layers.
 */
struct pv_layers *pv_layers_get(struct pv_layers *layers)
{
	if (layers)
		refcount_inc(&layers->refs);
	return layers;
}

/**
 * pv_layers_put - drop a reference
 * @layers: the stack or NULL
 *
 * Readers under RCU may go on with the stack and its tables: both are freed
 * after a grace period only.
 */
void pv_layers_put(struct pv_layers *layers)
{
	u32 i;

	if (!layers || !refcount_dec_and_test(&layers->refs))
		return;
	for (i = 0; i < layers->nr; i++) {
		pv_table_put(layers->tables[i]);
		pv_root_put(layers->from[i]);
	}
	pv_root_put(layers->root);
	pv_root_put(layers->base);
	kfree_rcu(layers, rcu);
}

/**
 * pv_layers_overlap - does it make a difference by which rules a directory was
 *	come to?
 * @layers: the stack
 *
 * Return: true if several may lead to one place.
 */
bool pv_layers_overlap(const struct pv_layers *layers)
{
	return layers->nr > 1 || layers->tables[0]->overlap;
}

/* One more digit of a number that says how a directory is called. */
static pv_route_t pv_layers_add_digit(pv_route_t route, const struct pv_table *table, u32 digit)
{
	if (check_mul_overflow(route, table->nr_rules + 1ULL, &route) ||
	    check_add_overflow(route, (u64)digit, &route))
		return PV_ROUTE_FIRST;
	return route;
}

/* Take the lowest one. */
static u32 pv_layers_take_digit(pv_route_t *route, const struct pv_table *table)
{
	u64 digit;

	*route = div64_u64_rem(*route, table->nr_rules + 1ULL, &digit);
	return digit;
}

/*
 * What a name is from the root directory that a layer is spelled from, or NULL if it
 * does not lie there.
 */
static const char *pv_layers_inside(const struct pv_root *from, const char *name)
{
	const char *rest;

	if (!from->virtual)
		return NULL;
	rest = pv_label_match(from->virtual, strlen(from->virtual), name);
	return rest && (!*rest || *rest == '/') ? rest : NULL;
}

/*
 * What a layer has made of such a name, @len bytes in @real behind room for @above, gets the
 * name of that root directory in front.  Its length.
 */
static ssize_t pv_layers_prefix(const struct pv_root *from, size_t above,
				char *real, ssize_t len)
{
	if (len <= 0)
		return len;
	memcpy(real, from->virtual, above);
	if (len > 1 || !above)
		return above + len;
	/* The root directory, which has no "/" behind its name. */
	real[above] = '\0';
	return above;
}

/* The way through a layer that is spelled from a changed root directory. */
static noinline ssize_t pv_layers_pass_inside(const struct pv_layers *layers,
					      u32 i, const char *name,
					      char *real, ssize_t size,
					      u32 *match, bool *dot)
{
	const struct pv_root *from = layers->from[i];
	const char *inside = pv_layers_inside(from, name);
	size_t above;
	ssize_t len;

	*match = PV_NO_RULE;
	if (!inside)
		return 0;
	above = strlen(from->virtual);
	if (above + 1 >= size)
		return -ENOSPC;
	len = pv_translate(layers->tables[i], inside, name == real,
			   real + above, size - above, match, dot);
	return pv_layers_prefix(from, above, real, len);
}

static __always_inline ssize_t
pv_layers_pass_one(const struct pv_layers *layers, u32 i, const char *name,
		   char *real, ssize_t size, u32 *match, bool *dot)
{
	if (unlikely(layers->from[i]))
		return pv_layers_pass_inside(layers, i, name, real, size, match,
					     dot);
	return pv_translate(layers->tables[i], name, name == real, real, size,
			    match, dot);
}

/* The way through all layers. */
static ssize_t pv_layers_pass(const struct pv_layers *layers, const char *name,
			      char *real, ssize_t size, struct pv_hit *hit,
			      bool *dot)
{
	ssize_t len, result = 0;
	u32 i, match;

	hit->rule = PV_NO_RULE;
	hit->route = PV_ROUTE_NATIVE;
	hit->under = false;
	for (i = 0; i < layers->nr; i++) {
		len = pv_layers_pass_one(layers, i, name, real, size, &match,
					 dot);
		hit->under |= match != PV_NO_RULE &&
			      layers->tables[i]->rules[match].under;
		if (len < 0)
			return len;
		if (match != PV_NO_RULE && hit->rule == PV_NO_RULE) {
			hit->layer = i;
			hit->rule = match;
		}
		if (hit->route != PV_ROUTE_FIRST)
			hit->route = pv_layers_add_digit(hit->route,
							 layers->tables[i],
						       len ? match + 1 : 0);
		if (len) {
			result = len;
			name = real;
		}
	}
	if (result && !pv_layers_overlap(layers))
		hit->route = PV_ROUTE_FIRST;
	return result;
}

/**
 * pv_layers_translate_dots - send a name through all layers, unless it has dots
 * @layers: the stack
 * @name: an absolute name
 * @real: receives the result if a rule changed the name; %PV_COPY_SLACK bytes
 *	behind its @size may be overwritten
 * @size: the size of @real
 * @hit: receives the first rule that matched, also if it was an exception
 * @dots: set to whether @name has ".." components, or a union has to do with it; the
 *	result is then of no use
 *
 * Context: the caller holds a read lock of RCU or a reference to @layers.
 * Return: the result's length; 0 if the name stays as it is; -ENOSPC if @size
 * is too small.
 */
ssize_t pv_layers_translate_dots(const struct pv_layers *layers,
				 const char *name, char *real, ssize_t size,
				 struct pv_hit *hit, bool *dots)
{
	bool dot = false;
	ssize_t len;

	len = pv_layers_pass(layers, name, real, size, hit, &dot);
	*dots = hit->under || pv_translate_dots(name, len, dot);
	return len;
}

/**
 * pv_layers_translate - send a name through all layers
 * @layers: the stack
 * @name: an absolute name; its ".." components count as any other
 * @real: receives the result if a rule changed the name; PV_REAL_SIZE bytes
 * @hit: receives the first rule that matched, also if it was an exception
 *
 * Context: the caller holds a read lock of RCU or a reference to @layers.
 * Return: the result's length; 0 if the name stays as it is; -ENAMETOOLONG if
 * the result does not fit PATH_MAX.
 */
ssize_t pv_layers_translate(const struct pv_layers *layers, const char *name,
			    char *real, struct pv_hit *hit)
{
	bool dot = false;
	ssize_t len;

	len = pv_layers_pass(layers, name, real, PATH_MAX, hit, &dot);
	return len == -ENOSPC ? -ENAMETOOLONG : len;
}

/* As pv_layers_pass_one(), of a path that is normalised, by the rules from @least on. */
static ssize_t pv_trees_pass_one(const struct pv_layers *layers, u32 i,
				 const char *path, char *real, ssize_t size,
				 u32 least, u32 *match)
{
	const struct pv_table *table = layers->tables[i];
	const struct pv_root *from = layers->from[i];
	const char *inside = from ? pv_layers_inside(from, path) : path;
	size_t above = from && inside ? strlen(from->virtual) : 0;
	ssize_t len;

	*match = PV_NO_RULE;
	if (!inside)
		return 0;
	if (above + 1 >= size)
		return -ENOSPC;
	*match = pv_table_match_after(table, inside, least);
	len = pv_translate_by(table, inside, path == real, real + above,
			      size - above, *match);
	return from ? pv_layers_prefix(from, above, real, len) : len;
}

/**
 * pv_trees_begin - look in the first tree
 * @trees: receives which it is
 */
void pv_trees_begin(struct pv_trees *trees)
{
	memset(trees, 0, sizeof(*trees));
}

/**
 * pv_trees_translate - where does a path lead in one of the trees?
 * @layers: the stack
 * @trees: the tree; what comes behind it is found out by the way
 * @path: an absolute path, normalised: "" for the root directory
 * @real: as with pv_layers_translate()
 * @hit: the same
 *
 * Context: as with pv_layers_translate().
 * Return: the same.
 */
ssize_t pv_trees_translate(const struct pv_layers *layers, struct pv_trees *trees,
			   const char *path, char *real, struct pv_hit *hit)
{
	ssize_t len, result = 0;
	u32 i, match;

	*hit = (struct pv_hit){ .rule = PV_NO_RULE, .route = PV_ROUTE_NATIVE };
	for (i = 0; i < layers->nr; i++) {
		len = pv_trees_pass_one(layers, i, path, real, PATH_MAX,
					trees->least[i], &match);
		if (len < 0)
			return -ENAMETOOLONG;
		trees->behind[i] = 0;
		if (match != PV_NO_RULE && layers->tables[i]->rules[match].under)
			trees->behind[i] = match + 1;
		hit->under |= trees->behind[i];
		if (match != PV_NO_RULE && hit->rule == PV_NO_RULE) {
			hit->layer = i;
			hit->rule = match;
		}
		if (hit->route != PV_ROUTE_FIRST)
			hit->route = pv_layers_add_digit(hit->route, layers->tables[i],
							 len ? match + 1 : 0);
		if (len) {
			result = len;
			path = real;
		}
	}
	if (result && !pv_layers_overlap(layers))
		hit->route = PV_ROUTE_FIRST;
	return result;
}

/**
 * pv_trees_next - look in the next tree
 * @layers: the stack
 * @trees: the tree, of what pv_trees_translate() was asked last; becomes the next one: outer
 *	layers have each of theirs before an inner one has another
 *
 * Return: false if there is none.
 */
bool pv_trees_next(const struct pv_layers *layers, struct pv_trees *trees)
{
	u32 i;

	for (i = layers->nr; i-- > 0;) {
		if (trees->behind[i]) {
			trees->least[i] = trees->behind[i];
			return true;
		}
		trees->least[i] = 0;
	}
	return false;
}

/**
 * pv_layers_concern - has any rule to do with a path?
 * @layers: the stack
 * @path: a real path, absolute and normalised: "" for the root directory
 *
 * Context: as with pv_layers_translate().
 * Return: false if pv_table_concerns() says so of each table.
 */
bool pv_layers_concern(const struct pv_layers *layers, const char *path)
{
	u32 i;

	for (i = 0; i < layers->nr; i++)
		if (layers->from[i] ? !!layers->from[i]->virtual :
				      pv_table_concerns(layers->tables[i], path))
			return true;
	return false;
}

/* Does what is called @name outside of @table have no name inside? */
static bool pv_table_hides(const struct pv_table *table, const char *name)
{
	return !pv_table_leads(table, name, PV_NO_RULE);
}

/*
 * One layer's part in it; @digit is what the route says of it, or PV_NO_RULE if that
 * is not said.  The rule, or PV_NO_RULE.
 */
static u32 pv_layers_reverse_one(const struct pv_table *table, const char *real,
				 u32 digit, char *virtual, size_t size)
{
	/* Does it still leave that name alone? */
	if (!digit && !pv_table_hides(table, real))
		return PV_NO_RULE;
	if (digit && digit != PV_NO_RULE &&
	    pv_table_reverse_by(table, digit - 1, real, virtual, size))
		return digit - 1;
	return pv_table_reverse(table, real, virtual, size);
}

/* The number that @digits make. */
static u64 pv_layers_number(const struct pv_layers *layers, const u32 *digits)
{
	pv_route_t route = PV_ROUTE_NATIVE;
	bool any = false;
	u32 i;

	for (i = 0; i < layers->nr; i++) {
		any |= digits[i];
		route = pv_layers_add_digit(route, layers->tables[i], digits[i]);
		if (route == PV_ROUTE_FIRST)
			break;
	}
	return any && !pv_layers_overlap(layers) ? PV_ROUTE_FIRST : route;
}

static bool pv_table_counts(const struct pv_table *table, enum pv_listener listener)
{
	switch (listener) {
	case PV_FOR_PROCESS:
		return !table->no_reverse;
	case PV_FOR_SECURITY:
		return table->mountable;
	default:
		return true;
	}
}

/**
 * pv_layers_reverse - name a real path as the process would spell it
 * @layers: the stack
 * @real: an absolute path, normalised: "" for the root directory
 * @route: how the process calls it; where those rules do not lead there, it is by
 *	the first ones that do
 * @virtual: receives a path of the same form that leads to @real; PATH_MAX bytes
 * @scratch: PATH_MAX bytes
 * @listener: whom it is for
 *
 * What a layer hides goes by the name that it has outside of that layer.
 *
 * Context: as with pv_layers_translate().
 * Return: how the process calls it: %PV_ROUTE_NATIVE if @virtual is @real.
 */
pv_route_t pv_layers_reverse(const struct pv_layers *layers, const char *real, pv_route_t route,
			     char *virtual, char *scratch, enum pv_listener listener)
{
	u32 digits[PV_MAX_LAYERS] = { 0 };
	u32 i, rule, digit = PV_NO_RULE;
	const struct pv_table *table;
	const char *inside;
	size_t size;

	strscpy(virtual, real, PATH_MAX);
	for (i = layers->nr; i-- > 0;) {
		table = layers->tables[i];
		if (route != PV_ROUTE_FIRST)
			digit = pv_layers_take_digit(&route, table);
		if (!pv_table_counts(table, listener))
			continue;
		inside = layers->from[i] ?
			 pv_root_strip(layers->from[i], virtual) : virtual;
		if (!inside)
			continue;
		size = virtual + PATH_MAX - inside;
		rule = pv_layers_reverse_one(table, inside, digit, scratch, size);
		if (rule != PV_NO_RULE) {
			strscpy(virtual + PATH_MAX - size, scratch, size);
			digits[i] = rule + 1;
		} else if (pv_table_hides(table, inside)) {
			break;
		}
	}
	return pv_layers_number(layers, digits);
}

/* Does a rule of one layer speak of something below @name, and counts there, or is a union? */
static bool pv_layers_have_below(const struct pv_layers *layers, u32 i,
				 const char *name)
{
	const struct pv_table *table = layers->tables[i];
	const struct pv_root *from = layers->from[i];
	const char *rest, *inside;
	size_t len = strlen(name);
	u32 rule;

	inside = from ? pv_root_strip(from, name) : name;
	/* All of them are below it if the root directory is. */
	if (!inside)
		return from->virtual && !strncmp(from->virtual, name, len) &&
		       from->virtual[len] == '/';
	rule = pv_table_match(table, inside, &rest);
	if (rule != PV_NO_RULE && table->rules[rule].under)
		return true;
	return pv_table_has_below(table, inside, rule);
}

/* Where a path leads by one layer; it may lie in @scratch.  NULL if that is too long. */
static const char *pv_layers_lead_one(const struct pv_layers *layers, u32 i,
				      const char *name, char *scratch)
{
	bool dot = false;
	ssize_t len;
	u32 rule;

	len = pv_layers_pass_one(layers, i, name, scratch, PATH_MAX, &rule, &dot);
	if (len < 0)
		return NULL;
	if (len == 1)
		*scratch = '\0';	/* the root directory */
	return len ? scratch : name;
}

/**
 * pv_layers_plain - where does a path lead, together with all that lies below?
 * @layers: the stack
 * @name: an absolute path, normalised: "" for the root directory
 * @scratch: PV_REAL_SIZE bytes
 *
 * Context: as with pv_layers_translate().
 * Return: where @name leads, in the same form; it may lie in @scratch.  NULL if
 * what lies below may lead elsewhere: a rule of some layer speaks of something
 * below @name, or of what it is on its way through the layers, and counts there, or is a
 * union.
 */
const char *pv_layers_plain(const struct pv_layers *layers, const char *name,
			    char *scratch)
{
	u32 i;

	for (i = 0; i < layers->nr; i++) {
		if (pv_layers_have_below(layers, i, name))
			return NULL;
		name = pv_layers_lead_one(layers, i, name, scratch);
		if (!name)
			return NULL;
	}
	return name;
}

/**
 * pv_layers_have_standins - may there be stand-ins?
 * @layers: a stack
 *
 * Context: any.
 * Return: true if one of its tables has some.
 */
bool pv_layers_have_standins(const struct pv_layers *layers)
{
	u32 i;

	for (i = 0; i < layers->nr; i++)
		if (layers->tables[i]->places &&
		    layers->tables[i]->places->standins)
			return true;
	return false;
}

/**
 * pv_layers_find_standin - find the directory that stands for one which is not there
 * @layers: what the process's names pass; a reference is held
 * @virtual: what the process calls it, normalised: "" for the directory that the
 *	first components of names lie in
 * @path: receives it; a reference
 *
 * Context: may sleep, and walks.
 * Return: false if there is none.
 */
bool pv_layers_find_standin(const struct pv_layers *layers, const char *virtual,
			    struct path *path)
{
	const struct pv_table *table;
	u32 i;

	for (i = 0; i < layers->nr; i++) {
		table = layers->tables[i];
		if (layers->from[i] || !table->places ||
		    !table->places->standins ||
		    !pv_table_stands_in(table, virtual))
			continue;
		return pv_standins_walk(table->places->standins, virtual, path);
	}
	return false;
}

static void pv_dir_view_begin(struct pv_dir_view *view,
			      const struct pv_table *table, const char *name)
{
	const char *rest;

	view->len = strlen(name);
	view->match = pv_table_match(table, name, &rest);
	view->any = pv_below_begin(table, name, &view->dir);
}

/**
 * pv_layers_view - what is a directory to each layer?
 * @layers: the stack
 * @name: what the process calls it, absolute and normalised: "" for the root directory
 * @scratch: PV_REAL_SIZE bytes
 * @views: receives one for each layer, for the components that names have there
 *
 * Context: as with pv_layers_translate().
 * Return: as with pv_layers_plain(), whatever lies below; NULL if that is too long.
 */
const char *pv_layers_view(const struct pv_layers *layers, const char *name,
			   char *scratch, struct pv_dir_view *views)
{
	const char *virtual = name, *inside;
	u32 i;

	for (i = 0; i < layers->nr; i++) {
		inside = layers->from[i] ? pv_root_strip(layers->from[i], name) :
					   name;
		views[i] = (struct pv_dir_view){ .match = PV_NO_RULE };
		if (inside)
			pv_dir_view_begin(&views[i], layers->tables[i], inside);
		views[i].alone = name == virtual && !layers->from[i] &&
				 views[i].match == PV_NO_RULE;
		name = pv_layers_lead_one(layers, i, name, scratch);
		if (!name)
			return NULL;
	}
	return name;
}
