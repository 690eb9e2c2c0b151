/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Layers: the tables of one process, stacked.
 *
 * A name passes layer 0, the innermost, first, and what comes out passes the
 * next one.  A stack of layers is immutable and shared by reference: a child
 * has the very stack of its parent until one of them changes.
 */
#ifndef _PV_LAYERS_H
#define _PV_LAYERS_H

#include <linux/compiler.h>
#include <linux/fs_struct.h>
#include <linux/limits.h>
#include <linux/path.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "process/root.h"
#include "rules/below.h"
#include "rules/rule.h"

/* More rules than this are not compared with those of other layers (@quick). */
#define PV_LAYERS_APART_MAX	4096

/* More layers than this mean a loop of "pvadm run", not a use. */
#define PV_MAX_PUSHED_LAYERS	32
/* So many cgroups that lie in each other may have a table. */
#define PV_MAX_CGROUP_LAYERS	8
#define PV_MAX_LAYERS	(PV_MAX_PUSHED_LAYERS + PV_MAX_CGROUP_LAYERS)

/**
 * struct pv_layers - a stack of tables
 * @home: where absolute names begin that a look at the only table is enough for: @base, if
 *	@quick is set, there is no @root, and one table; without mnt if not so
 * @refs: references to this stack; readers under RCU hold none
 * @rcu: for freeing after a grace period
 * @base: the root directory that names are spelled from, its @inner; a reference
 * @root: what the process's root directory is, seen from there, or NULL: it is that
 *	very one; a reference
 * @from: for each of @tables, the root directory that it is spelled from, seen from
 *	@base, a reference; or NULL: it is that very one
 * @line: this stack, or that of which it is the same seen from another root
 *	directory; only compared
 * @unions: some rule of some table is a union (--under)
 * @placed: there is one table, and what its NEWs are is known for the process's root
 *	directory
 * @quick: a brief walk knows its way (start.c): the places of all tables are those of
 *	@base, and none has to do with what another one leads to; with @root, all names from
 *	there are native, or @seek says where they go on
 * @seek: where the name of @root ends in the trie of the only table; or nowhere, if rules
 *	speak of nothing that lies there
 * @nr: number of @tables, at least one
 * @tables: one reference each; [0] is the innermost, those of cgroups are the outermost
 */
struct pv_layers {
	struct path home;
	refcount_t refs;
	struct rcu_head rcu;
	struct pv_root *base;
	struct pv_root *root;
	struct pv_root **from;
	const struct pv_layers *line;
	bool unions;
	bool placed;
	bool quick;
	struct pv_seek seek;
	u32 nr;
	struct pv_table *tables[] __counted_by(nr);
};

/*
 * A route: how a process calls a directory: by way of which rules.  Each layer is a digit
 * of that number, the outermost the lowest one; it is 0 if no rule changes the
 * name there, and more by one than the rule's index if one does.
 */
typedef u64 pv_route_t;

#define PV_ROUTE_NATIVE	0ULL		/* as it really is called */
#define PV_ROUTE_FIRST	U64_MAX		/* by the first ones that lead there */

/**
 * struct pv_hit - which rule a name met first
 * @layer: the innermost layer in which a rule matched
 * @rule: the rule's index there, or PV_NO_RULE
 * @route: how the process calls what is there, see below
 * @under: some layer's rule was a union: what is not there is looked for further
 */
struct pv_hit {
	u32 layer;
	u32 rule;
	pv_route_t route;
	bool under;
};

/* In more trees than this a name is not looked for. */
#define PV_MAX_TREES	16

/**
 * struct pv_trees - in which of the trees of unions a name is looked for
 * @least: of each layer the first rule that counts
 * @behind: of each layer the first rule that counts in the next tree; 0 if it has no other
 */
struct pv_trees {
	u32 least[PV_MAX_LAYERS];
	u32 behind[PV_MAX_LAYERS];
};

/**
 * enum pv_listener - whom a path is named for
 *
 * @PV_FOR_US: it is asked what leads there: all tables count
 * @PV_FOR_PROCESS: it is for the process to read: not those with --no-reverse
 * @PV_FOR_SECURITY: it is for a security module: only those that stand for mounts
 */
enum pv_listener {
	PV_FOR_US,
	PV_FOR_PROCESS,
	PV_FOR_SECURITY,
};

/**
 * struct pv_dir_view - what a directory is to one layer
 * @dir: where its components begin in the trie
 * @any: there is something
 * @alone: it is called here what the process calls it, and no rule leads there
 * @len: the length of its name here
 * @match: the rule that leads there, or PV_NO_RULE
 */
struct pv_dir_view {
	struct pv_spot dir;
	bool any;
	bool alone;
	u16 len;
	u32 match;
};

/**
 * pv_layers_only - the only table
 * @layers: the stack
 *
 * Return: the table, if there is one and a brief walk knows its way, or NULL.
 */
static __always_inline const struct pv_table *
pv_layers_only(const struct pv_layers *layers)
{
	return likely(layers->quick && layers->nr == 1) ? layers->tables[0] : NULL;
}

/* The root directory that @layers are seen from. */
static inline const struct path *pv_layers_home(const struct pv_layers *layers)
{
	return layers->root ? &layers->root->inner : &layers->base->inner;
}

/**
 * pv_layers_at_home - has the running task the root directory that they are seen from?
 * @layers: the stack
 *
 * Looked at without a lock: while another thread changes it, either answer is right.
 *
 * Return: true if it has.
 */
static __always_inline bool pv_layers_at_home(const struct pv_layers *layers)
{
	const struct path *home = pv_layers_home(layers);
	const struct fs_struct *fs = current->fs;

	/* Who is ending has none any more. */
	return !fs || (READ_ONCE(fs->root.mnt) == home->mnt &&
		       READ_ONCE(fs->root.dentry) == home->dentry);
}

struct pv_layers *pv_layers_push(const struct pv_layers *below,
				 struct pv_table *table, struct pv_root *base);
struct pv_layers *pv_layers_replace(const struct pv_layers *layers,
				    const struct pv_table *old,
				    struct pv_table *table);
struct pv_layers *pv_layers_pop(const struct pv_layers *layers);
u32 pv_layers_inner(const struct pv_layers *layers);
bool pv_layers_end_in(const struct pv_layers *layers,
		      struct pv_table *const *tables, u32 nr);
struct pv_layers *pv_layers_join(const struct pv_layers *layers,
				 struct pv_root *base,
				 struct pv_table *const *tables, u32 nr);
struct pv_layers *pv_layers_keep(const struct pv_layers *layers);
struct pv_layers *pv_layers_copy(const struct pv_layers *layers,
				 struct pv_root *base, struct pv_root *root,
				 struct pv_root **from);
bool pv_layers_has(const struct pv_layers *layers,
		   const struct pv_table *table);
struct pv_layers *pv_layers_get(struct pv_layers *layers);
void pv_layers_put(struct pv_layers *layers);

ssize_t pv_layers_translate_dots(const struct pv_layers *layers,
				 const char *name, char *real, ssize_t size,
				 struct pv_hit *hit, bool *dots);
ssize_t pv_layers_translate(const struct pv_layers *layers, const char *name,
			    char *real, struct pv_hit *hit);
void pv_trees_begin(struct pv_trees *trees);
ssize_t pv_trees_translate(const struct pv_layers *layers, struct pv_trees *trees,
			   const char *path, char *real, struct pv_hit *hit);
bool pv_trees_next(const struct pv_layers *layers, struct pv_trees *trees);
bool pv_layers_concern(const struct pv_layers *layers, const char *path);
bool pv_layers_overlap(const struct pv_layers *layers);
pv_route_t pv_layers_reverse(const struct pv_layers *layers, const char *real, pv_route_t route,
			     char *virtual, char *scratch, enum pv_listener listener);
bool pv_layers_have_standins(const struct pv_layers *layers);
bool pv_layers_find_standin(const struct pv_layers *layers, const char *virtual,
			    struct path *path);
const char *pv_layers_view(const struct pv_layers *layers, const char *name,
			   char *scratch, struct pv_dir_view *views);
const char *pv_layers_plain(const struct pv_layers *layers, const char *name,
			    char *scratch);

#endif /* _PV_LAYERS_H */
