// SPDX-License-Identifier: GPL-2.0
/*
 * Resolving.
 *
 * With NEW in the place of ORIGINAL, "ORIGINAL/.." is the parent of ORIGINAL, a
 * symbolic link leads where its target does for the process, and a rule counts
 * by whatever way ORIGINAL is reached.  None of that can be read off a name.  So
 * the name is walked component by component, keeping account of where the
 * process believes it is (the virtual directory, without "." "..", or symbolic
 * links) and where that is.
 *
 * Each directory on the way is held, so ".." costs no walk, and what is left to
 * be walked in the end is one component, in the last of them: there is nothing in
 * it that anybody could put a link in the place of.  What unions lead to is looked for
 * there in one tree after the other, component by component: so a directory that is in
 * several of them is one, and the walk may be in any of them.  Only NEW itself is walked by
 * its name, for a process that has changed its root so that it stays confined
 * (pv_resolve_origin()).
 *
 * All look-ups are the kernel's own, with the caller's rights.
 */
#include <linux/dcache.h>
#include <linux/delayed_call.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/limits.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "hook/hooks.h"
#include "names/audit.h"
#include "names/nameidata.h"
#include "names/resolve.h"
#include "names/vpath.h"
#include "names/walk.h"
#include "process/layers.h"
#include "process/places.h"
#include "process/root.h"
#include "process/route.h"
#include "process/standin.h"
#include "rules/path.h"
#include "rules/trie_match.h"

/* What a walk of a part of the name must respect as the whole would. */
#define PV_RESOLVE_FLAGS	(LOOKUP_NO_SYMLINKS | LOOKUP_NO_MAGICLINKS | \
				 LOOKUP_NO_XDEV)

/*
 * The component has been walked, go on with the next one.  Anything else is the
 * end: an error or the result's length, which is less.
 */
#define PV_RESOLVE_MORE		PATH_MAX

/*
 * What NEWs cost that are walked by their names, in components; a name in which
 * rules begin that often is a loop.  The kernel's own walk of a name has less.
 */
#define PV_RESOLVE_WORK		(MAXSYMLINKS * PATH_MAX)

/*
 * What trees of unions cost, in components that are looked up: so many for each component of
 * the name, and what is not worth being counted.  No name needs as much unless its ".." have
 * the same directories come to again and again.
 */
#define PV_RESOLVE_TREE_WORK	PV_MAX_TREES
#define PV_RESOLVE_TREE_FREE	1024

/* Directories on the way that need no allocation. */
#define PV_RESOLVE_DIRS		32

/**
 * struct pv_reached - a directory on the way
 * @path: the directory; a reference.  Without mnt it is not there, but rules speak of
 *	something below it
 * @tree: in which of the trees of unions it is, from 0
 */
struct pv_reached {
	struct path path;
	u32 tree;
};

/**
 * struct pv_known - what a directory is in one of the trees of a union
 * @dir: the directory, a reference; without mnt the tree lacks it
 * @err: why
 * @rule: the rule that leads to the tree, or PV_NO_RULE
 * @len: how much of @virtual is its name; SIZE_MAX if nothing is known
 */
struct pv_known {
	struct path dir;
	int err;
	u32 rule;
	size_t len;
};

/**
 * struct pv_resolver - how far a name has been resolved
 * @walk: the walk that it is for
 * @layers: what it passes
 * @root: the root directory that the running task has changed to, or NULL
 * @resolved: what was found out besides
 * @flags: the LOOKUP_ flags that the name is to be walked with
 * @links: symbolic links followed
 * @work: components walked by the names of NEWs
 * @tree_work: components walked in the trees of unions
 * @steps: components walked, and those that the name began below
 * @tried: the rest of the name was looked for at once, in vain
 * @matched: rules have led elsewhere than the kernel's own walk would; until
 *	then @real is where that is
 * @rooted: the first of @dirs is the root directory; if not, it is where the
 *	name began, and those above are not known
 * @outside: that root is the outer one of @root
 * @unrooted: the kernel would not have looked yet what the root directory is
 * @scoped: the walk is not to leave a directory
 * @scope_len: the length of what that is called, at the beginning of @virtual
 * @scope_dirs: it is the last of so many of @dirs
 * @arrives: how long @virtual will be when it is where the walk was already, from the
 *	root directory; or 0
 * @tree: in which of the trees of unions @virtual is looked for, from 0
 * @one: a name of one component, for looking it up; NULL until it is needed
 * @dirs: the directory reached, behind those that it was reached through, one for
 *	each component of @virtual
 * @nr_dirs: how many
 * @max_dirs: for how many there is room
 * @nr_known: how many of @known have ever been used
 * @known: of each tree what has been found out last
 * @few_dirs: @dirs, unless more are needed
 * @len: the length of @virtual
 * @virtual: the name of the directory for the process, "" for the root directory
 * @real: where @virtual leads, in the same form
 * @next: where @virtual will lead with one more component
 * @rest: what is still to be walked, at the end of @todo
 * @todo: room for it, as symbolic links put their targets in front
 * @scratch: for those who are called
 */
struct pv_resolver {
	struct pv_walk *walk;
	const struct pv_layers *layers;
	const struct pv_root *root;
	struct pv_resolved resolved;
	unsigned int flags;
	unsigned int links;
	unsigned int work;
	unsigned int tree_work;
	unsigned int steps;
	bool tried;
	bool matched;
	bool rooted;
	bool outside;
	bool unrooted;
	bool scoped;
	size_t scope_len;
	unsigned int scope_dirs;
	size_t arrives;
	u32 tree;
	struct filename *one;
	struct pv_reached *dirs;
	unsigned int nr_dirs;
	unsigned int max_dirs;
	unsigned int nr_known;
	struct pv_reached few_dirs[PV_RESOLVE_DIRS];
	struct pv_known known[PV_MAX_TREES];
	size_t len;
	char virtual[PATH_MAX];
	char real[PV_REAL_SIZE];
	char next[PV_REAL_SIZE];
	char *rest;
	char todo[3 * PATH_MAX];
	char scratch[PV_REAL_SIZE];
};

/* Why they are not just allocated is told in vpath.c. */
static struct kmem_cache *pv_resolver_cache;

/**
 * struct pv_component - a component of the name
 * @name: where it begins in @rest of the resolver
 * @len: its length
 * @after: what comes after it: empty, or it begins with a "/"
 * @last: nothing but "/" comes after it
 */
struct pv_component {
	char *name;
	size_t len;
	char *after;
	bool last;
};

static bool pv_component_is(const struct pv_component *c, const char *name)
{
	return c->len == strlen(name) && !memcmp(c->name, name, c->len);
}

/* The directory reached. */
static const struct path *pv_resolve_dir(const struct pv_resolver *r)
{
	return &r->dirs[r->nr_dirs - 1].path;
}

/* Is it there? */
static bool pv_resolve_is_there(const struct pv_resolver *r)
{
	return pv_resolve_dir(r)->mnt;
}

static void pv_resolve_pop(struct pv_resolver *r, unsigned int nr)
{
	const struct path *dir;

	while (r->nr_dirs > nr) {
		dir = &r->dirs[--r->nr_dirs].path;
		if (dir->mnt)
			path_put(dir);
	}
}

static int pv_resolve_grow(struct pv_resolver *r)
{
	unsigned int max = 2 * r->max_dirs;
	struct pv_reached *dirs;

	dirs = kvmalloc_array(max, sizeof(*dirs), GFP_KERNEL_ACCOUNT);
	if (!dirs)
		return -ENOMEM;
	memcpy(dirs, r->dirs, r->nr_dirs * sizeof(*dirs));
	if (r->dirs != r->few_dirs)
		kvfree(r->dirs);
	r->dirs = dirs;
	r->max_dirs = max;
	return 0;
}

/* Go on in @dir; takes the reference. */
static int pv_resolve_push(struct pv_resolver *r, const struct path *dir)
{
	if (r->nr_dirs == r->max_dirs && pv_resolve_grow(r)) {
		if (dir->mnt)
			path_put(dir);
		return -ENOMEM;
	}
	r->dirs[r->nr_dirs++] = (struct pv_reached){ *dir, r->tree };
	return PV_RESOLVE_MORE;
}

/* What is known of directories below the first @len bytes of @virtual is not true any more. */
static void pv_resolve_forget(struct pv_resolver *r, size_t len)
{
	struct pv_known *known;
	unsigned int i;

	for (i = 0; i < r->nr_known; i++) {
		known = &r->known[i];
		if (known->len <= len || known->len == SIZE_MAX)
			continue;
		if (known->dir.mnt)
			path_put(&known->dir);
		known->len = SIZE_MAX;
	}
}

/* Nor is anything. */
static void pv_resolve_forget_all(struct pv_resolver *r)
{
	pv_resolve_forget(r, 0);
	while (r->nr_known) {
		if (!r->known[--r->nr_known].len && r->known[r->nr_known].dir.mnt)
			path_put(&r->known[r->nr_known].dir);
	}
}

static void pv_resolve_truncate(struct pv_resolver *r, size_t len)
{
	pv_resolve_forget(r, len);
	r->virtual[len] = '\0';
	r->len = len;
}

/* @virtual is where the walk is, after it was elsewhere. */
static void pv_resolve_back(struct pv_resolver *r)
{
	r->tree = r->dirs[r->nr_dirs - 1].tree;
}

/* Where @virtual leads in the tree that is not the first one. */
static noinline ssize_t pv_resolve_in_tree(const struct pv_resolver *r, char *real,
					   struct pv_hit *hit)
{
	struct pv_trees trees;
	u32 left = r->tree;
	ssize_t len;

	pv_trees_begin(&trees);
	do {
		len = pv_trees_translate(r->layers, &trees, r->virtual, real, hit);
	} while (len >= 0 && left-- && pv_trees_next(r->layers, &trees));
	return len;
}

/* Where @virtual leads, in @real; "" for the root directory.  Its length. */
static ssize_t pv_resolve_real(struct pv_resolver *r, char *real,
			       struct pv_hit *hit)
{
	ssize_t len;

	hit->layer = 0;
	if (unlikely(r->tree))
		len = pv_resolve_in_tree(r, real, hit);
	else
		len = pv_layers_translate(r->layers, r->virtual, real, hit);
	if (hit->rule != PV_NO_RULE && r->resolved.hit.rule == PV_NO_RULE)
		r->resolved.hit = *hit;
	r->resolved.route = hit->route;
	if (!len) {
		memcpy(real, r->virtual, r->len + 1);
		len = r->len;
	} else if (len == 1) {
		len = 0;
		*real = '\0';
	}
	return len;
}

/* The kernel's own walk, from @root if that is not NULL. */
static int pv_resolve_walk(struct pv_resolver *r, struct filename *name,
			   unsigned int flags, struct path *path,
			   const struct path *root)
{
	return pv_lookup(AT_FDCWD, name, flags | (r->flags & PV_RESOLVE_FLAGS),
			 path, root);
}

/*
 * Where is a directory walked from that is called @real from the root which rules
 * are spelled from?  With a changed root: what lies there, from there, so that no
 * link and no ".." leads out; all else from the outer root, and what the process
 * could have put there is followed nowhere (pv_link_trusted()).
 *
 * Return: how it is called from there.
 */
static const char *pv_resolve_origin(struct pv_resolver *r, const char *real,
				     struct path *from, bool *guarded)
{
	const char *below;

	*guarded = false;
	if (!r->root) {
		get_fs_root(current->fs, from);
		return real;
	}
	below = pv_root_below(r->root, real);
	*from = below ? r->root->inner : r->root->outer;
	path_get(from);
	*guarded = !below;
	return below ?: real;
}

static unsigned int pv_resolve_count(const char *name)
{
	unsigned int nr = 1;

	for (; *name; name++)
		nr += *name == '/';
	return nr;
}

static int pv_resolve_lookup(struct pv_resolver *r, const char *real,
			     struct path *path)
{
	unsigned int flags = LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
	struct filename *filename;
	struct path from;
	bool guarded;
	int err;

	r->work += pv_resolve_count(real);
	if (r->work > PV_RESOLVE_WORK)
		return -ELOOP;
	real = pv_resolve_origin(r, real, &from, &guarded);
	if (!*real) {
		*path = from;
		return 0;
	}
	filename = getname_kernel(real);
	if (IS_ERR(filename)) {
		path_put(&from);
		return PTR_ERR(filename);
	}
	if (guarded && !pv_links_followed)
		flags |= LOOKUP_NO_SYMLINKS;
	r->walk->guarded = guarded;
	err = pv_resolve_walk(r, filename, flags, path, &from);
	r->walk->guarded = false;
	putname(filename);
	path_put(&from);
	return err;
}

/* There is no such directory; do rules speak of something below it? */
static int pv_resolve_absent(struct pv_resolver *r, int err)
{
	static const struct path nowhere;
	struct path standin;

	if (err != -ENOENT ||
	    pv_layers_plain(r->layers, r->virtual, r->scratch))
		return err;
	if (!pv_layers_find_standin(r->layers, r->virtual, &standin))
		return pv_resolve_push(r, &nowhere);
	r->matched = true;
	return pv_resolve_push(r, &standin);
}

/* NEW of the rule by which @virtual leads elsewhere, as it was looked up once; or NULL. */
static const struct path *pv_resolve_place(const struct pv_resolver *r,
					   const struct pv_hit *hit)
{
	const struct pv_table *table = pv_layers_only(r->layers);
	const struct path *place;

	if (r->layers->unions && r->layers->placed)
		table = r->layers->tables[0];
	if (!table || hit->rule == PV_NO_RULE ||
	    r->len != table->rules[hit->rule].original_len)
		return NULL;
	place = pv_places_new(table->places, hit->rule);
	return place && d_can_lookup(place->dentry) ? place : NULL;
}

/* Go to the directory that @virtual names. */
static int pv_resolve_enter(struct pv_resolver *r)
{
	const struct path *place;
	struct pv_hit hit;
	struct path path;
	ssize_t len;
	int err;

	len = pv_resolve_real(r, r->real, &hit);
	if (len < 0)
		return len;
	place = pv_resolve_place(r, &hit);
	if (place) {
		path_get(place);
		return pv_resolve_push(r, place);
	}
	err = pv_resolve_lookup(r, r->real, &path);
	if (err)
		return pv_resolve_absent(r, err);
	return pv_resolve_push(r, &path);
}

/* The length of the root directory's own name in @virtual. */
static size_t pv_resolve_root_len(const struct pv_resolver *r)
{
	return r->root && !r->outside ? strlen(r->root->virtual) : 0;
}

/* The same of what ".." does not leave. */
static size_t pv_resolve_floor(const struct pv_resolver *r)
{
	return r->scoped ? r->scope_len : pv_resolve_root_len(r);
}

/* By way of which rules is it that @virtual leads anywhere? */
static pv_route_t pv_resolve_route(struct pv_resolver *r)
{
	struct pv_hit hit;

	if (unlikely(r->tree))
		pv_resolve_in_tree(r, r->scratch, &hit);
	else
		pv_layers_translate(r->layers, r->virtual, r->scratch, &hit);
	return hit.route;
}

/* In which tree does @virtual lead to @real?  False if in none. */
static bool pv_resolve_find_tree(struct pv_resolver *r, const char *real)
{
	struct pv_trees trees;
	struct pv_hit hit;
	const char *leads;
	ssize_t len;

	pv_trees_begin(&trees);
	r->tree = 0;
	do {
		len = pv_trees_translate(r->layers, &trees, r->virtual, r->next, &hit);
		if (len < 0)
			break;
		leads = len > 1 ? r->next : len ? "" : r->virtual;
		if (!strcmp(leads, real)) {
			r->resolved.route = hit.route;
			return true;
		}
	} while (++r->tree < PV_MAX_TREES && pv_trees_next(r->layers, &trees));
	r->tree = 0;
	return false;
}

/*
 * Does ".." stay there?  The root directory that the process has changed to is not left
 * by any of its names.
 */
static bool pv_resolve_is_floor(const struct pv_resolver *r)
{
	return r->len <= pv_resolve_floor(r) ||
	       (r->root && path_equal(pv_resolve_dir(r), &r->root->inner));
}

/* It is what the process has, wherever its name may lead by now. */
static int pv_resolve_enter_changed_root(struct pv_resolver *r)
{
	struct path path = r->outside ? r->root->outer : r->root->inner;

	pv_resolve_forget_all(r);
	strscpy(r->virtual, r->outside ? "" : r->root->virtual, PATH_MAX);
	strscpy(r->real, r->outside ? "" : r->root->real, PATH_MAX);
	if (r->layers->unions)
		pv_resolve_find_tree(r, r->real);
	r->resolved.route = pv_resolve_route(r);
	path_get(&path);
	return pv_resolve_push(r, &path);
}

/* Above the root directory there is the root directory. */
static void pv_resolve_stay(struct pv_resolver *r)
{
	/* The kernel's own walk knows nothing of a rule for "/". */
	if (!r->root && !r->scoped && *r->real)
		r->matched = true;
}

/* @outside: it is the one that rules are spelled from. */
static int pv_resolve_enter_root(struct pv_resolver *r, bool outside)
{
	struct pv_hit hit;
	int err = PV_RESOLVE_MORE;

	if (outside != r->outside)
		r->rooted = false;
	r->outside = outside;
	pv_resolve_pop(r, r->rooted);
	pv_resolve_truncate(r, pv_resolve_root_len(r));
	r->tree = 0;
	if (r->root)
		pv_resolve_pop(r, 0);
	else if (r->rooted)
		pv_resolve_back(r);
	if (r->root)
		err = pv_resolve_enter_changed_root(r);
	else if (!r->rooted)
		err = pv_resolve_enter(r);
	else
		pv_resolve_real(r, r->real, &hit);
	r->rooted = true;
	pv_resolve_stay(r);
	return err;
}

/*
 * A name of one component, to be looked up where the walk is.  It is the same
 * memory each time: nobody keeps it, as nothing of this is heard by audit.
 */
static int pv_resolve_spell(struct pv_resolver *r, const char *name, size_t len)
{
	if (!r->one) {
		memset(r->scratch, '/', NAME_MAX + 1);
		r->scratch[NAME_MAX + 1] = '\0';
		r->one = getname_kernel(r->scratch);
	}
	if (IS_ERR(r->one))
		return PTR_ERR(r->one);
	memcpy((char *)r->one->name, name, len);
	((char *)r->one->name)[len] = '\0';
	return 0;
}

/*
 * Look up a component where the kernel has it at hand, as its own walk would: @dentry receives
 * it, with a reference.  Return 1 if only that walk can tell.
 */
static int pv_resolve_at_hand(const struct vfsmount *mnt, struct dentry *dir,
			      const char *text, size_t len, struct dentry **dentry)
{
	struct qstr name = QSTR_INIT(text, len);
	struct dentry *found;
	int err;

	if (dir->d_flags & (DCACHE_OP_HASH | DCACHE_OP_COMPARE))
		return 1;
	err = inode_permission(mnt_idmap(mnt), d_inode(dir), MAY_EXEC);
	if (err)
		return err;
	name.hash = full_name_hash(dir, text, len);
	found = d_lookup(dir, &name);
	if (!found)
		return 1;
	/* Others have a say, or something is mounted there. */
	if (found->d_flags & (DCACHE_OP_REVALIDATE | DCACHE_OP_WEAK_REVALIDATE |
			      DCACHE_MANAGED_DENTRY))
		err = 1;
	else if (d_is_negative(found))
		err = -ENOENT;
	if (err)
		dput(found);
	else
		*dentry = found;
	return err;
}

/* Look up what pv_resolve_spell() said.  No link is followed that has a target. */
static int pv_resolve_child_of(struct pv_resolver *r, const struct path *dir,
			       unsigned int flags, struct path *path)
{
	const char *name = r->one->name;
	struct dentry *dentry;
	int err = 1;

	if (!flags)
		err = pv_resolve_at_hand(dir->mnt, dir->dentry, name, strlen(name), &dentry);
	if (!err)
		*path = (struct path){ .mnt = mntget(dir->mnt), .dentry = dentry };
	if (err <= 0)
		return err;
	r->walk->strict = true;
	err = pv_resolve_walk(r, r->one, flags, path, dir);
	r->walk->strict = false;
	return err;
}

static int pv_resolve_child(struct pv_resolver *r, unsigned int flags,
			    struct path *path)
{
	return pv_resolve_child_of(r, pv_resolve_dir(r), flags, path);
}

/* Is @child an entry of @parent, going by their names? */
static bool pv_resolve_is_child(const char *child, const char *parent)
{
	const char *slash = strrchr(child, '/');
	size_t len = strlen(parent);

	return slash && slash - child == len && !memcmp(child, parent, len);
}

/* Even a ".." takes the right to search. */
static int pv_resolve_may_search(const struct pv_resolver *r)
{
	const struct path *dir = pv_resolve_dir(r);

	if (!dir->mnt)
		return -ENOENT;
	return inode_permission(mnt_idmap(dir->mnt), d_inode(dir->dentry),
				MAY_EXEC);
}

/* Put @text in front of what is still to be walked, which is @after. */
static int pv_resolve_prepend(struct pv_resolver *r, const char *text,
			      char *after)
{
	size_t len = strlen(text);

	if (after - r->todo < len)
		return -ENAMETOOLONG;
	r->tried = false;
	r->rest = after - len;
	memcpy(r->rest, text, len);
	return 0;
}

/*
 * Come to where the walk is from the root directory, by what it is called, and go
 * on with @more there: so those above are known as well.
 */
static int pv_resolve_anew(struct pv_resolver *r, const char *more)
{
	bool outside = r->root && !pv_root_strip(r->root, r->virtual);
	size_t floor = outside ? 0 : pv_resolve_root_len(r);
	int err;

	err = pv_resolve_prepend(r, more, r->rest);
	if (!err)
		err = pv_resolve_prepend(r, r->virtual + floor, r->rest);
	if (err)
		return err;
	r->arrives = r->len;
	return pv_resolve_enter_root(r, outside);
}

/* Going where rules lead elsewhere is what crossing a mount would be. */
static bool pv_resolve_may_cross(struct pv_resolver *r)
{
	r->matched = true;
	return !(r->flags & LOOKUP_NO_XDEV) || r->arrives;
}

/* The parent of @virtual. */
static int pv_resolve_leave(struct pv_resolver *r)
{
	struct pv_hit hit;
	ssize_t len;

	pv_resolve_truncate(r, strrchr(r->virtual, '/') - r->virtual);
	pv_resolve_pop(r, r->nr_dirs - 1);
	pv_resolve_back(r);
	strscpy(r->next, r->real, PATH_MAX);
	len = pv_resolve_real(r, r->real, &hit);
	if (len < 0)
		return len;
	if (!pv_resolve_is_child(r->next, r->real) && !pv_resolve_may_cross(r))
		return -EXDEV;
	return PV_RESOLVE_MORE;
}

static int pv_resolve_up(struct pv_resolver *r)
{
	int err = pv_resolve_may_search(r);

	if (err)
		return err;
	r->unrooted = false;
	r->tried = false;
	if (pv_resolve_is_floor(r)) {
		if (r->flags & LOOKUP_BENEATH)
			return -EXDEV;
		pv_resolve_stay(r);
		return PV_RESOLVE_MORE;
	}
	if (r->nr_dirs == 1)
		return pv_resolve_anew(r, "/..");
	return pv_resolve_leave(r);
}

static ssize_t pv_resolve_result(char *result, const char *name,
				 const char *tail)
{
	size_t len = strlen(name), tail_len = strlen(tail);

	if (len + tail_len >= PATH_MAX)
		return -ENAMETOOLONG;
	memmove(result, name, len);
	memcpy(result + len, tail, tail_len + 1);
	if (len + tail_len)
		return len + tail_len;
	strscpy(result, "/", PATH_MAX);
	return 1;
}

/* The end: a component @name with @tail, in the directory reached. */
static ssize_t pv_resolve_ends(struct pv_resolver *r, char *result,
			       const char *name, const char *tail)
{
	if (!pv_resolve_is_there(r))
		return -ENOENT;
	r->resolved.from = *pv_resolve_dir(r);
	path_get(&r->resolved.from);
	r->resolved.strict = true;
	return pv_resolve_result(result, name, tail);
}

/* The end: NEW, in @next, with @tail, which is nothing but "/". */
static ssize_t pv_resolve_ends_in_new(struct pv_resolver *r,
				      const struct pv_hit *hit, char *result,
				      const char *tail)
{
	const struct path *place = pv_resolve_place(r, hit);
	const char *name;

	/* What is done to ORIGINAL itself, or makes it, takes a name. */
	if (place && r->flags & LOOKUP_DIRECTORY &&
	    !(r->flags & PV_LOOKUP_PARENT)) {
		path_get(place);
		r->resolved.from = *place;
		r->resolved.strict = true;
		return pv_resolve_result(result, ".", tail);
	}

	name = pv_resolve_origin(r, r->next, &r->resolved.from,
				 &r->resolved.guarded);
	return pv_resolve_result(result, name, tail);
}

/*
 * The name ends in "..".  Who asks for the parent of a name that ends so does
 * nothing there, and only looks that it does.
 */
static ssize_t pv_resolve_ends_up(struct pv_resolver *r, char *result)
{
	int err;

	if (r->flags & PV_LOOKUP_PARENT)
		return pv_resolve_ends(r, result, "..", "");
	err = pv_resolve_up(r);
	/* It may have begun anew. */
	if (err != PV_RESOLVE_MORE || r->rest[strspn(r->rest, "/")])
		return err;
	return pv_resolve_ends(r, result, ".", "");
}

/*
 * The protection of links in sticky directories that anybody may write to: the
 * kernel is asked whether it is on.
 */
static int pv_resolve_may_follow(struct pv_resolver *r,
				 const struct path *link)
{
	const struct path *dir = pv_resolve_dir(r);
	const struct inode *inode = d_inode(dir->dentry);
	vfsuid_t owner, dir_owner;
	struct path path;
	int err;

	if ((inode->i_mode & 01002) != 01002)
		return 0;
	/* As the mount has them, which may be other ones than the filesystem's. */
	dir_owner = i_uid_into_vfsuid(mnt_idmap(dir->mnt), inode);
	owner = i_uid_into_vfsuid(mnt_idmap(dir->mnt), d_inode(link->dentry));
	if (vfsuid_eq_kuid(owner, current_fsuid()) ||
	    (vfsuid_valid(dir_owner) && vfsuid_eq(dir_owner, owner)))
		return 0;
	err = pv_resolve_child(r, LOOKUP_FOLLOW, &path);
	if (!err)
		path_put(&path);
	/* That it would be followed is all that was asked. */
	r->walk->met = false;
	return err == -EACCES ? err : 0;
}

static int pv_resolve_enter_scope(struct pv_resolver *r)
{
	struct pv_hit hit;
	ssize_t len;

	pv_resolve_pop(r, r->scope_dirs);
	pv_resolve_truncate(r, r->scope_len);
	pv_resolve_back(r);
	len = pv_resolve_real(r, r->real, &hit);
	return len < 0 ? len : PV_RESOLVE_MORE;
}

/* A link leads to the root directory, or to what stands for it in this walk. */
static int pv_resolve_restart(struct pv_resolver *r)
{
	pv_route_t route = pv_resolve_route(r);
	int err;

	if (r->flags & LOOKUP_BENEATH)
		return -EXDEV;
	err = r->scoped ? pv_resolve_enter_scope(r) :
			  pv_resolve_enter_root(r, false);
	/* What it has not looked at is another mount to the kernel. */
	if (err == PV_RESOLVE_MORE && r->flags & LOOKUP_NO_XDEV &&
	    (r->unrooted || pv_resolve_route(r) != route))
		return -EXDEV;
	r->unrooted = false;
	return err;
}

/* Put the target of a link in front of what is still to be walked. */
static int pv_resolve_splice(struct pv_resolver *r, const char *target,
			     char *after)
{
	int err;

	if (!*target)
		return -ENOENT;
	err = pv_resolve_prepend(r, target, after);
	if (err)
		return err;
	return *target == '/' ? pv_resolve_restart(r) : PV_RESOLVE_MORE;
}

/*
 * Go on from a directory that was come by without a name.  0 if it has none, so
 * that no rule can speak of it.
 */
static int pv_resolve_from(struct pv_resolver *r, const struct pv_start *start)
{
	struct pv_vpath *vpath;
	struct pv_hit hit;
	int err = 0;

	vpath = pv_vpath_alloc(GFP_KERNEL);
	if (!vpath)
		return -ENOMEM;
	if (!pv_vpath_name(vpath, r->layers, r->root, start))
		goto out;
	pv_resolve_forget_all(r);
	strscpy(r->virtual, vpath->virtual, PATH_MAX);
	r->len = strlen(r->virtual);
	r->steps += pv_resolve_count(r->virtual);
	r->tried = false;
	err = pv_resolve_real(r, r->real, &hit);
	if (err < 0)
		goto out;
	pv_resolve_pop(r, 0);
	r->rooted = false;
	r->outside = false;
	/* The kernel knows nothing of what lies above it. */
	if (pv_standin_is(&start->path))
		r->matched = true;
	if (r->layers->unions && pv_resolve_find_tree(r, vpath->real)) {
		strscpy(r->real, vpath->real, PATH_MAX);
	} else if (strcmp(r->real, vpath->real)) {
		/* It was opened before the rules counted. */
		r->matched = true;
		err = pv_resolve_anew(r, "/");
		goto out;
	}
	path_get(&start->path);
	err = pv_resolve_push(r, &start->path);
out:
	pv_vpath_free(vpath);
	return err;
}

/* A link that is no string, of procfs: it leads straight to a directory. */
static int pv_resolve_jump(struct pv_resolver *r, const struct dentry *link,
			   char *after)
{
	struct pv_start start;
	int err;

	if (r->flags & LOOKUP_IS_SCOPED)
		return -EXDEV;
	if (++r->links > MAXSYMLINKS)
		return -ELOOP;
	err = pv_resolve_child(r, LOOKUP_FOLLOW | LOOKUP_DIRECTORY,
			       &start.path);
	if (err)
		return err;
	start.route = pv_route_by_fd(pv_route_link_fd(link), &start.path);
	r->rest = after;
	err = pv_resolve_from(r, &start);
	path_put(&start.path);
	return err;
}

/* The name ends in such a link, which will be walked. */
static void pv_resolve_ends_in_jump(struct pv_resolver *r,
				    const struct dentry *link)
{
	struct path path;

	r->resolved.jumps = true;
	r->resolved.route = PV_ROUTE_FIRST;
	if (pv_resolve_child(r, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path))
		return;
	r->resolved.route = pv_route_by_fd(pv_route_link_fd(link), &path);
	path_put(&path);
}

static int pv_resolve_follow(struct pv_resolver *r, const struct path *link,
			     char *after, bool last)
{
	DEFINE_DELAYED_CALL(done);
	const char *target;
	int err = 0;

	if (++r->links > MAXSYMLINKS || r->flags & LOOKUP_NO_SYMLINKS ||
	    link->mnt->mnt_flags & MNT_NOSYMFOLLOW)
		return -ELOOP;
	/* Where a scope lies there were none; somebody is just putting one there. */
	if (r->arrives && r->scoped)
		return -EAGAIN;
	if (last)
		err = pv_resolve_may_follow(r, link);
	if (err)
		return err;
	touch_atime(link);
	target = vfs_get_link(link->dentry, &done);
	err = IS_ERR(target) ? PTR_ERR(target) :
			       pv_resolve_splice(r, target, after);
	do_delayed_call(&done);
	return err;
}

/* Does the name say the directory that it would without rules? */
static bool pv_resolve_is_step(const struct pv_resolver *r, ssize_t len,
			       const struct pv_component *c)
{
	size_t real_len = strlen(r->real);

	return len == real_len + 1 + c->len &&
	       !memcmp(r->next, r->real, real_len) &&
	       r->next[real_len] == '/' &&
	       !memcmp(r->next + real_len + 1, c->name, c->len);
}

static bool pv_resolve_follows(const struct pv_resolver *r,
			       const struct pv_component *c)
{
	if (!c->last)
		return true;
	if (r->flags & PV_LOOKUP_PARENT)
		return false;
	return *c->after || r->flags & LOOKUP_FOLLOW;
}

/* The name @c is there: a link to follow, the end of the name, or the next. */
static ssize_t pv_resolve_found(struct pv_resolver *r,
				const struct pv_component *c,
				const struct path *path, size_t old_len,
				char *result)
{
	const struct inode *inode = d_inode(path->dentry);
	size_t real_len = strlen(r->real);

	if (d_is_symlink(path->dentry) && pv_resolve_follows(r, c)) {
		if (!inode->i_op->readlink) {
			pv_resolve_truncate(r, old_len);
			pv_resolve_back(r);
			return pv_resolve_follow(r, path, c->after, c->last);
		}
		if (!c->last) {
			pv_resolve_back(r);
			return pv_resolve_jump(r, path->dentry, c->after);
		}
		pv_resolve_ends_in_jump(r, path->dentry);
	}
	if (c->last)
		return pv_resolve_ends(r, result, r->one->name, c->after);
	if (!d_can_lookup(path->dentry))
		return -ENOTDIR;
	strscpy(r->real + real_len, r->next + real_len, PATH_MAX - real_len);
	r->rest = c->after;
	path_get(path);
	return pv_resolve_push(r, path);
}

/* The name @c is not there, for which the kernel's own walk has @err. */
static int pv_resolve_missing(struct pv_resolver *r,
			      const struct pv_component *c, int err)
{
	if (c->last)
		return err;
	r->rest = c->after;
	strscpy(r->real, r->next, PATH_MAX);
	return pv_resolve_absent(r, err);
}

/* What is not there may have a stand-in, which lies among those of the same table. */
static void pv_resolve_stand_in(struct pv_resolver *r)
{
	struct path path, dir;

	if (!pv_layers_find_standin(r->layers, r->virtual, &path))
		return;
	dir.mnt = mntget(path.mnt);
	dir.dentry = dget_parent(path.dentry);
	path_put(&path);
	pv_resolve_pop(r, r->nr_dirs - 1);
	pv_resolve_push(r, &dir);
	r->matched = true;
}

/* ---- Unions ---- */

/* Does a tree lack what was looked up there, and not just keep it from us? */
static bool pv_tree_lacks(int err)
{
	/* A file, or a link, that is where others have a directory. */
	return err == -ENOENT || err == -ENOTDIR || err == -ELOOP;
}

/* The place that all of a tree lies in, and what of @virtual lies there; or NULL. */
static const struct path *pv_resolve_tree_place(const struct pv_resolver *r,
						const struct pv_hit *hit)
{
	const struct pv_table *table = r->layers->tables[0];

	if (!r->layers->placed || hit->rule == PV_NO_RULE ||
	    table->rules[hit->rule].exception)
		return NULL;
	return pv_places_new(table->places, hit->rule);
}

/* How much of @virtual lies below the ORIGINAL that leads to a tree? */
static const char *pv_resolve_tree_rest(const struct pv_resolver *r,
					const struct pv_hit *hit, const char *real)
{
	const struct pv_table *table = r->layers->tables[hit->layer];
	size_t len = strlen(real), rest_len;
	const char *rest = r->virtual;

	if (hit->rule != PV_NO_RULE && !table->rules[hit->rule].exception) {
		if (r->layers->from[hit->layer])
			return rest + strlen(rest);
		rest += table->rules[hit->rule].original_len;
	}
	/* Another layer may have made something else of it. */
	rest_len = strlen(rest);
	return rest_len <= len && !strcmp(real + len - rest_len, rest) ?
		       rest : rest + rest_len;
}

/*
 * The directory @rest below @from, if all on the way to it is at hand, and a directory; 1 if
 * only the kernel's own walk can tell.
 */
static int pv_resolve_below_at_hand(const struct path *from, const char *rest,
				    struct path *dir)
{
	struct dentry *dentry = dget(from->dentry), *child;
	size_t len;
	int err = 0;

	for (;;) {
		rest += strspn(rest, "/");
		len = strcspn(rest, "/");
		if (!len)
			break;
		err = 1;
		if (d_can_lookup(dentry) && len <= NAME_MAX)
			err = pv_resolve_at_hand(from->mnt, dentry, rest, len, &child);
		if (err)
			break;
		dput(dentry);
		dentry = child;
		rest += len;
	}
	if (!err && !d_can_lookup(dentry))
		err = 1;
	if (err)
		dput(dentry);
	else
		*dir = (struct path){ .mnt = mntget(from->mnt), .dentry = dentry };
	return err;
}

/* The directory @rest below @from, by no link; "" for that itself. */
static int pv_resolve_below(struct pv_resolver *r, const struct path *from,
			    const char *rest, struct path *dir)
{
	struct filename *name;
	int err;

	if (!*rest) {
		*dir = *from;
		path_get(dir);
		return 0;
	}
	/* It begins with a "/". */
	r->tree_work += pv_resolve_count(rest) - 1;
	err = pv_resolve_below_at_hand(from, rest, dir);
	if (err <= 0)
		return err;
	name = getname_kernel(rest);
	if (IS_ERR(name))
		return PTR_ERR(name);
	err = pv_original_lookup(AT_FDCWD, name, LOOKUP_DIRECTORY | LOOKUP_NO_SYMLINKS,
				 dir, from);
	putname(name);
	return err;
}

/*
 * The directory that @virtual is in one of the trees, where it is called @real.  Links that
 * lie in the tree are not followed: there are none in @virtual.
 */
static int pv_resolve_tree_dir(struct pv_resolver *r, const struct pv_hit *hit,
			       char *real, struct path *dir)
{
	const struct path *place = pv_resolve_tree_place(r, hit);
	const char *rest = pv_resolve_tree_rest(r, hit, real);
	struct path from;
	int err;

	if (place)
		return pv_resolve_below(r, place, rest, dir);
	real[strlen(real) - strlen(rest)] = '\0';
	err = pv_resolve_lookup(r, real, &from);
	if (err)
		return err;
	err = pv_resolve_below(r, &from, rest, dir);
	path_put(&from);
	return err;
}

/* Is NEW, which @next is by a rule whose ORIGINAL @virtual is, there? */
static int pv_resolve_new_is_there(struct pv_resolver *r, const struct pv_hit *hit)
{
	struct filename *name;
	struct path from, path;
	bool guarded;
	int err;

	if (pv_resolve_place(r, hit))
		return 0;
	name = getname_kernel(pv_resolve_origin(r, r->next, &from, &guarded));
	err = PTR_ERR_OR_ZERO(name);
	if (!err) {
		r->walk->guarded = guarded;
		err = pv_original_lookup(AT_FDCWD, name, 0, &path, &from);
		r->walk->guarded = false;
		putname(name);
	}
	path_put(&from);
	if (!err)
		path_put(&path);
	return err;
}

/**
 * struct pv_choice - a tree that a name may be found in
 * @dir: where it lies there; a reference.  Without mnt it is NEW
 * @tree: which tree
 * @there: it is there
 */
struct pv_choice {
	struct path dir;
	u32 tree;
	bool there;
};

static void pv_choice_drop(struct pv_choice *choice)
{
	if (choice->dir.mnt)
		path_put(&choice->dir);
	choice->dir.mnt = NULL;
}

/*
 * The directory of @choice, in which @c leads to @next; @virtual is without @c.  1 if it
 * does not lie there, but is NEW of a rule.
 */
static int pv_resolve_choice_dir(struct pv_resolver *r, struct pv_trees trees,
				 const struct pv_component *c,
				 struct pv_choice *choice)
{
	char *up = r->scratch;
	struct pv_hit hit;
	ssize_t len;

	len = pv_trees_translate(r->layers, &trees, r->virtual, up, &hit);
	if (len < 0)
		return len;
	if (!len)
		len = strscpy(up, r->virtual, PATH_MAX);
	if (len == 1) {
		len = 0;
		*up = '\0';
	}
	if (strncmp(r->next, up, len) || r->next[len] != '/' ||
	    strlen(r->next + len + 1) != c->len ||
	    memcmp(r->next + len + 1, c->name, c->len))
		return 1;
	return pv_resolve_tree_dir(r, &hit, up, &choice->dir);
}

/* In several layers there is more to a tree than a rule. */
static bool pv_resolve_one_layer(const struct pv_resolver *r)
{
	return r->layers->nr == 1 && !r->layers->from[0];
}

/*
 * What is known of directories of the tree to which @hit leads, whose number is @tree, if that
 * can be known: @virtual is such a directory.  NULL if not so.
 */
static struct pv_known *pv_resolve_known(struct pv_resolver *r, const struct pv_hit *hit,
					 u32 tree, size_t len)
{
	const struct pv_rule *rules = r->layers->tables[0]->rules;

	if (!pv_resolve_one_layer(r))
		return NULL;
	/* What lies above ORIGINAL is no directory of the tree. */
	if (hit->rule != PV_NO_RULE && !rules[hit->rule].exception &&
	    rules[hit->rule].original_len > len)
		return NULL;
	while (r->nr_known <= tree)
		r->known[r->nr_known++].len = SIZE_MAX;
	return &r->known[tree];
}

/* Now the directory @virtual is known of that tree, or why there is none. */
static void pv_resolve_know(const struct pv_resolver *r, struct pv_known *known, u32 rule,
			    const struct path *dir, int err)
{
	if (err && !pv_tree_lacks(err))
		return;
	if (known->len != SIZE_MAX && known->dir.mnt)
		path_put(&known->dir);
	known->dir = err ? (struct path){ } : *dir;
	if (!err)
		path_get(&known->dir);
	known->err = err;
	known->rule = rule;
	known->len = strlen(r->virtual);
}

/* The directory @virtual, by what is @known; 1 if nothing is. */
static int pv_resolve_known_dir(struct pv_resolver *r, struct pv_known *known, u32 rule,
				struct path *dir)
{
	int err;

	if (known->len == SIZE_MAX || known->rule != rule)
		return 1;
	if (!known->dir.mnt)
		return known->err;
	err = pv_resolve_below(r, &known->dir, r->virtual + known->len, dir);
	pv_resolve_know(r, known, rule, dir, err);
	return err;
}

/* As pv_resolve_choice_dir(), which is asked no more than once. */
static int pv_resolve_tree_dir_once(struct pv_resolver *r, const struct pv_trees *trees,
				    const struct pv_component *c, size_t old_len,
				    const struct pv_hit *hit, struct pv_choice *choice)
{
	struct pv_known *known = pv_resolve_known(r, hit, choice->tree, old_len);
	int err = 1;

	if (known)
		err = pv_resolve_known_dir(r, known, hit->rule, &choice->dir);
	if (err <= 0)
		return err;
	err = pv_resolve_choice_dir(r, *trees, c, choice);
	if (known && err <= 0)
		pv_resolve_know(r, known, hit->rule, &choice->dir, err);
	return err;
}

/* Look for @c in the tree by which @virtual leads to @next; 0, or why it cannot be there. */
static int pv_resolve_try(struct pv_resolver *r, const struct pv_trees *trees,
			  const struct pv_component *c, size_t old_len,
			  const struct pv_hit *hit, struct pv_choice *choice)
{
	struct path path;
	int err;

	choice->there = true;
	if (pv_resolve_is_step(r, strlen(r->next), c)) {
		if (!pv_resolve_is_there(r))
			return -ENOENT;
		choice->dir = *pv_resolve_dir(r);
		path_get(&choice->dir);
	} else {
		r->virtual[old_len] = '\0';
		err = pv_resolve_tree_dir_once(r, trees, c, old_len, hit, choice);
		r->virtual[old_len] = '/';
		if (err)
			return err > 0 ? pv_resolve_new_is_there(r, hit) : err;
	}
	err = pv_resolve_child_of(r, &choice->dir, 0, &path);
	if (!err)
		path_put(&path);
	/* If it is anything else, who walks there will find out. */
	choice->there = err != -ENOENT;
	return 0;
}

/* Go on where @choice has it. */
static int pv_resolve_take(struct pv_resolver *r, const struct pv_component *c,
			   size_t old_len, struct pv_choice *choice)
{
	const struct path *dir = pv_resolve_dir(r);
	struct path path = choice->dir;
	u32 tree = choice->tree;
	int err;

	choice->dir.mnt = NULL;
	r->tree = tree;
	if (!path.mnt)
		return 0;
	if (path_equal(&path, dir)) {
		path_put(&path);
		return 0;
	}
	if (!pv_resolve_may_cross(r)) {
		path_put(&path);
		return -EXDEV;
	}
	pv_resolve_pop(r, r->nr_dirs - 1);
	/* The directory itself is, in the same tree, ... */
	pv_resolve_real(r, r->real, &(struct pv_hit){ });
	r->real[strlen(r->real) - 1 - c->len] = '\0';
	r->virtual[old_len] = '\0';
	pv_resolve_find_tree(r, r->real);
	err = pv_resolve_push(r, &path);
	r->virtual[old_len] = '/';
	r->tree = tree;
	return err == PV_RESOLVE_MORE ? 0 : err;
}

/* Where @virtual leads in one of the trees, in @next. */
static int pv_resolve_lead(struct pv_resolver *r, struct pv_trees *trees,
			   struct pv_hit *hit)
{
	ssize_t len = pv_trees_translate(r->layers, trees, r->virtual, r->next, hit);

	if (len < 0)
		return len;
	if (!len)
		strscpy(r->next, r->virtual, PATH_MAX);
	else if (len == 1)
		*r->next = '\0';	/* the root directory */
	return 0;
}

/* What the trees may cost so far; in several layers their directories are not remembered. */
static unsigned int pv_resolve_tree_limit(const struct pv_resolver *r)
{
	if (!pv_resolve_one_layer(r))
		return PV_RESOLVE_WORK;
	return PV_RESOLVE_TREE_WORK * (r->steps + PV_RESOLVE_TREE_FREE);
}

/* May another tree be looked at, after so many? */
static int pv_resolve_may_go_on(const struct pv_resolver *r, u32 trees)
{
	cond_resched();
	if (fatal_signal_pending(current))
		return -EINTR;
	return trees == PV_MAX_TREES || r->tree_work > pv_resolve_tree_limit(r) ?
		       -ELOOP : 0;
}

/* None of the trees has @c.  Go on where it could be made, or where the walk is. */
static int pv_resolve_take_none(struct pv_resolver *r, const struct pv_component *c,
				size_t old_len, struct pv_choice *made, u32 here)
{
	if (made->dir.mnt)
		return pv_resolve_take(r, c, old_len, made);
	r->tree = here;
	return 0;
}

/*
 * @virtual has been made longer by @c.  Which of the trees has it?  The first one that does;
 * where none does the first one in which it could be made.  Go on there.
 */
static int pv_resolve_choose(struct pv_resolver *r, const struct pv_component *c,
			     size_t old_len)
{
	struct pv_choice choice = { }, made = { };
	struct pv_trees trees;
	struct pv_hit hit;
	u32 here = 0;
	int err;

	err = pv_resolve_spell(r, c->name, c->len);
	pv_trees_begin(&trees);
	while (!err) {
		err = pv_resolve_lead(r, &trees, &hit);
		/* No union; most names leave here. */
		if (err || (!choice.tree && !hit.under))
			break;
		r->tree = choice.tree;
		if (pv_resolve_is_step(r, strlen(r->next), c))
			here = r->tree;
		err = pv_resolve_try(r, &trees, c, old_len, &hit, &choice);
		if (!err && choice.there) {
			err = pv_resolve_take(r, c, old_len, &choice);
			break;
		}
		if (err && !pv_tree_lacks(err))
			break;
		if (!err && !made.dir.mnt)
			swap(made, choice);
		pv_choice_drop(&choice);
		if (!pv_trees_next(r->layers, &trees)) {
			err = pv_resolve_take_none(r, c, old_len, &made, here);
			break;
		}
		choice.tree = r->tree + 1;
		err = pv_resolve_may_go_on(r, choice.tree);
	}
	pv_choice_drop(&choice);
	pv_choice_drop(&made);
	return err;
}

/*
 * Is @virtual a name in a union whose trees are the same for all names there, each of them
 * a directory that is held?  Then so is that of the rule that leads to the first one.
 */
static bool pv_resolve_may_be_at_once(const struct pv_resolver *r, u32 *first)
{
	const struct pv_table *table = r->layers->tables[0];
	const struct pv_rule *rule;

	if (!r->layers->unions || !r->layers->placed || r->arrives ||
	    r->flags & (LOOKUP_IS_SCOPED | LOOKUP_NO_XDEV))
		return false;
	*first = pv_table_match_after(table, r->virtual, 0);
	if (*first == PV_NO_RULE)
		return false;
	rule = &table->rules[*first];
	return rule->under && r->len > rule->original_len &&
	       !pv_table_has_below(table, rule->original, PV_NO_RULE);
}

/**
 * struct pv_at_once - a name that is looked for as a whole
 * @rule: the rule that leads to the tree where it is looked for now, or PV_NO_RULE
 * @tree: the number of that
 * @here: how much of @virtual is the name of the directory that the walk is in
 * @original_len: how much is that of ORIGINAL
 * @dir: what the directory of the last component is there, a reference
 * @made: what it is in the first tree that has it, a reference; or without mnt
 * @made_tree: the number of that
 */
struct pv_at_once {
	u32 rule;
	u32 tree;
	size_t here;
	size_t original_len;
	struct path dir;
	struct path made;
	u32 made_tree;
};

/* The directory @virtual in the tree; 1 if only a look at each component can tell. */
static int pv_at_once_dir(struct pv_resolver *r, struct pv_at_once *once)
{
	const struct pv_table *table = r->layers->tables[0];
	const struct pv_reached *here = r->nr_dirs ? &r->dirs[r->nr_dirs - 1] : NULL;
	const struct path *place;

	if (here && here->path.mnt && here->tree == once->tree &&
	    once->here >= once->original_len)
		return pv_resolve_below(r, &here->path, r->virtual + once->here,
					&once->dir);
	if (once->rule == PV_NO_RULE || table->rules[once->rule].exception)
		return pv_resolve_below(r, &table->places->root, r->virtual, &once->dir);
	place = pv_places_new(table->places, once->rule);
	if (!place || table->rules[once->rule].original_len != once->original_len)
		return 1;
	return pv_resolve_below(r, place, r->virtual + once->original_len, &once->dir);
}

/* Is the name in the tree?  -ENOENT if not; 1 as above. */
static int pv_at_once_try(struct pv_resolver *r, struct pv_at_once *once)
{
	bool follow = r->flags & LOOKUP_FOLLOW && !(r->flags & PV_LOOKUP_PARENT);
	struct path path;
	int err;

	err = pv_at_once_dir(r, once);
	/* A file or a link in the place of a directory may be in another one's, or not. */
	if (err)
		return err == -ENOENT ? err : 1;
	err = pv_resolve_child_of(r, &once->dir, 0, &path);
	if (!err) {
		if (follow && d_is_symlink(path.dentry))
			err = 1;
		path_put(&path);
	}
	if (err == -ENOENT && !once->made.mnt) {
		once->made = once->dir;
		once->made_tree = once->tree;
	} else if (err == -ENOENT || err == 1) {
		path_put(&once->dir);
	} else {
		/* If it is an error, who walks there will find out. */
		err = 0;
	}
	return err;
}

/* The next tree; -ENOENT if there is none. */
static int pv_at_once_next(struct pv_resolver *r, struct pv_at_once *once)
{
	const struct pv_table *table = r->layers->tables[0];

	if (once->rule == PV_NO_RULE || !table->rules[once->rule].under)
		return -ENOENT;
	once->rule = pv_table_match_after(table, r->virtual, once->rule + 1);
	return pv_resolve_may_go_on(r, ++once->tree);
}

/* Look in one tree after the other; as pv_at_once_try(). */
static int pv_at_once_find(struct pv_resolver *r, struct pv_at_once *once)
{
	int err;

	for (;;) {
		err = pv_at_once_try(r, once);
		if (err != -ENOENT)
			break;
		err = pv_at_once_next(r, once);
		if (err)
			break;
	}
	if (!once->made.mnt)
		return err;
	if (err != -ENOENT) {
		path_put(&once->made);
		return err;
	}
	/* It is made there, or the walk says what is wrong. */
	once->dir = once->made;
	once->tree = once->made_tree;
	return 0;
}

/*
 * Look for @virtual, in a union from @first on, without a look at each component: what has no
 * links and is in one tree as a whole, while the trees before that lack a directory of it or
 * the name itself, is found there by the rules, too.  The first @here bytes are the name of the
 * directory that the walk is in.  0 if only a look at each component can tell.
 */
static ssize_t pv_resolve_at_once(struct pv_resolver *r, u32 first, size_t here, char *result)
{
	struct pv_at_once once = {
		.rule = first, .here = here,
		.original_len = r->layers->tables[0]->rules[first].original_len,
	};
	char *slash = strrchr(r->virtual, '/');
	size_t len = strlen(slash + 1);
	struct pv_hit hit;
	int err;

	r->tried = true;
	if (!len || len > NAME_MAX)
		return 0;
	err = pv_resolve_spell(r, slash + 1, len);
	if (err)
		return err;
	*slash = '\0';
	err = pv_at_once_find(r, &once);
	*slash = '/';
	if (err > 0)
		return 0;
	/* The kernel's own walk would not look in all trees. */
	r->matched = true;
	if (err)
		return err;
	r->tree = once.tree;
	err = pv_resolve_push(r, &once.dir);
	if (err != PV_RESOLVE_MORE)
		return err;
	err = pv_resolve_real(r, r->next, &hit);
	return err < 0 ? err : pv_resolve_ends(r, result, r->one->name, "");
}

/* The same of @virtual with the rest of the name behind it. */
static ssize_t pv_resolve_rest_at_once(struct pv_resolver *r, const struct pv_component *c,
				       size_t old_len, char *result)
{
	size_t len = r->len, after = strlen(c->after);
	ssize_t err = 0;
	u32 first;

	if (r->tried || !pv_resolve_may_be_at_once(r, &first))
		return 0;
	r->tried = true;
	if (len + after >= PATH_MAX ||
	    (after && (pv_path_scan(c->after) || !pv_path_is_normal(c->after))))
		return 0;
	r->steps += pv_resolve_count(c->after);
	memcpy(r->virtual + len, c->after, after + 1);
	r->len += after;
	err = pv_resolve_at_once(r, first, old_len, result);
	if (!err)
		pv_resolve_truncate(r, len);
	return err;
}

/* The same of an absolute name. */
static ssize_t pv_resolve_name_at_once(struct pv_resolver *r, char *result)
{
	ssize_t err = 0;
	u32 first;

	if (!r->layers->unions || *r->rest != '/' || pv_path_scan(r->rest) ||
	    !pv_path_is_normal(r->rest))
		return 0;
	r->len = strscpy(r->virtual, r->rest, PATH_MAX);
	r->steps += pv_resolve_count(r->rest);
	if (pv_resolve_may_be_at_once(r, &first))
		err = pv_resolve_at_once(r, first, 0, result);
	if (!err)
		pv_resolve_truncate(r, 0);
	return err;
}

/* From one directory down by a component that is neither "." nor "..". */
static ssize_t pv_resolve_down(struct pv_resolver *r,
			       const struct pv_component *c, char *result)
{
	size_t old_len = r->len;
	struct pv_hit hit;
	struct path path;
	ssize_t len, err;

	if (old_len + 1 + c->len >= PATH_MAX || c->len > NAME_MAX)
		return -ENAMETOOLONG;
	r->virtual[r->len++] = '/';
	memcpy(r->virtual + r->len, c->name, c->len);
	pv_resolve_truncate(r, r->len + c->len);

	r->tree = 0;
	r->steps++;
	if (unlikely(r->layers->unions)) {
		err = pv_resolve_rest_at_once(r, c, old_len, result);
		if (err)
			return err;
		err = pv_resolve_choose(r, c, old_len);
		/* The kernel's own walk would not look in all trees. */
		r->matched |= !!err;
		if (err)
			return err;
	}
	len = pv_resolve_real(r, r->next, &hit);
	if (len < 0)
		return len;
	if (!pv_resolve_is_step(r, len, c)) {
		if (!pv_resolve_may_cross(r))
			return -EXDEV;
		r->rest = c->after;
		if (!c->last)
			return pv_resolve_enter(r);
		/* By way of others perhaps, but this is what the name says. */
		if (hit.rule != PV_NO_RULE)
			r->resolved.hit = hit;
		return pv_resolve_ends_in_new(r, &hit, result, c->after);
	}
	if (!pv_resolve_is_there(r))
		return pv_resolve_missing(r, c, -ENOENT);
	err = pv_resolve_spell(r, c->name, c->len);
	if (err)
		return err;
	err = pv_resolve_child(r, 0, &path);
	if (!err) {
		err = pv_resolve_found(r, c, &path, old_len, result);
		path_put(&path);
		return err;
	}
	if (!c->last)
		return pv_resolve_missing(r, c, err);
	if (err == -ENOENT)
		pv_resolve_stand_in(r);
	/* It is made there, or the walk says what is wrong. */
	return pv_resolve_ends(r, result, r->one->name, c->after);
}

static ssize_t pv_resolve_component(struct pv_resolver *r, char *result)
{
	struct pv_component c;

	if (r->len >= r->arrives)
		r->arrives = 0;
	c.name = r->rest + strspn(r->rest, "/");
	c.len = strcspn(c.name, "/");
	c.after = c.name + c.len;
	c.last = !c.after[strspn(c.after, "/")];

	if (!c.len)
		return pv_resolve_ends(r, result, "/", "");
	if (pv_component_is(&c, ".")) {
		r->rest = c.after;
		return c.last ? pv_resolve_ends(r, result, ".", "") :
				PV_RESOLVE_MORE;
	}
	if (pv_component_is(&c, "..")) {
		r->rest = c.after;
		return c.last ? pv_resolve_ends_up(r, result) :
				pv_resolve_up(r);
	}
	return pv_resolve_down(r, &c, result);
}

/* As pv_resolve_from(), of what the walk is not to leave. */
static int pv_resolve_from_scope(struct pv_resolver *r,
				 const struct pv_start *start)
{
	size_t i;
	int err;

	/* What begins with a "/" is not beneath anything. */
	if (*r->rest == '/' && r->flags & LOOKUP_BENEATH)
		return -EXDEV;
	err = pv_resolve_from(r, start);
	r->scoped = true;
	r->scope_len = max(r->len, r->arrives);
	r->scope_dirs = 1;
	/* If it is still to be come to, there is one for each component. */
	for (i = 0; i < r->scope_len - r->len; i++)
		r->scope_dirs += r->rest[i] == '/';
	return err;
}

static int pv_resolve_from_unrooted(struct pv_resolver *r,
				    const struct pv_start *start)
{
	r->unrooted = true;
	return pv_resolve_from(r, start);
}

/* The length of @real, 0, or an error. */
static ssize_t pv_resolve_all(struct pv_resolver *r,
			      const struct pv_start *start, char *real)
{
	ssize_t err;

	if (!start)
		err = pv_resolve_name_at_once(r, real) ?:
		      pv_resolve_enter_root(r, false);
	else if (r->flags & LOOKUP_IS_SCOPED)
		err = pv_resolve_from_scope(r, start);
	else
		err = pv_resolve_from_unrooted(r, start);
	while (err == PV_RESOLVE_MORE) {
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		err = pv_resolve_component(r, real);
	}
	/* So far it has been the kernel's own walk, which does all the rest. */
	if (!r->matched && err != -ENOMEM)
		return 0;
	return err;
}

static void pv_resolver_begin(struct pv_resolver *r, const char *name)
{
	size_t size = strlen(name) + 1;

	memset(r, 0, offsetof(struct pv_resolver, few_dirs));
	r->dirs = r->few_dirs;
	r->max_dirs = ARRAY_SIZE(r->few_dirs);
	r->resolved.hit.rule = PV_NO_RULE;
	r->resolved.route = PV_ROUTE_FIRST;
	r->rest = r->todo + sizeof(r->todo) - size;
	memcpy(r->rest, name, size);
}

static void pv_resolver_end(struct pv_resolver *r)
{
	pv_resolve_pop(r, 0);
	pv_resolve_forget_all(r);
	if (r->dirs != r->few_dirs)
		kvfree(r->dirs);
	if (!IS_ERR_OR_NULL(r->one))
		putname(r->one);
	kmem_cache_free(pv_resolver_cache, r);
}

/**
 * pv_resolve - find out what to walk for a name
 * @walk: the walk that it is for; the running task's, and entered
 * @layers: what it passes; the caller holds a reference
 * @root: the root directory that the running task has changed to, or NULL
 * @start: what @name is relative to, or NULL for the root directory
 * @name: the name
 * @real: receives what is to be walked, PV_REAL_SIZE bytes
 * @flags: the LOOKUP_ flags that @name is to be walked with, and
 *	%PV_LOOKUP_PARENT
 * @resolved: receives what is found out besides
 *
 * Context: may sleep, and walks; what links that meets is by @strict and @guarded
 * of @walk (symlink.c), and if @met is set afterwards somebody has put one where
 * there was none: the name must be resolved again.
 * Return: the length of @real; 0 if no rule has to do with @name, and it is to
 * be walked as it is; or what walking it would return: -ENOENT, -ENOTDIR,
 * -EACCES, ...; -EINTR if the task has been killed.
 */
ssize_t pv_resolve(struct pv_walk *walk, const struct pv_layers *layers,
		   const struct pv_root *root, const struct pv_start *start,
		   const char *name, char *real, unsigned int flags,
		   struct pv_resolved *resolved)
{
	struct audit_context *audit;
	struct pv_resolver *r;
	ssize_t len;

	if (flags & LOOKUP_CACHED)
		return -EAGAIN;
	if (strlen(name) >= PATH_MAX)
		return -ENAMETOOLONG;
	r = kmem_cache_alloc(pv_resolver_cache, GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	pv_resolver_begin(r, name);
	r->walk = walk;
	r->layers = layers;
	r->root = root;
	r->flags = flags;
	audit = pv_audit_mute();
	len = pv_resolve_all(r, start, real);
	pv_audit_unmute(audit);
	if (len <= 0 && r->resolved.from.mnt) {
		path_put(&r->resolved.from);
		r->resolved.from.mnt = NULL;
	}
	*resolved = r->resolved;
	pv_resolver_end(r);
	return len;
}

/**
 * pv_resolve_trees - find a directory in all trees of unions
 * @layers: what the running task's names pass; the caller holds a reference
 * @root: the root directory that the running task has changed to, or NULL
 * @virtual: what the process calls it, normalised: "" for the root directory
 * @dirs: receives it in those trees that have it; %PV_MAX_TREES at most, references
 *
 * Context: may sleep, and walks.
 * Return: how many; 0 if it is in no union, or if memory is short.
 */
unsigned int pv_resolve_trees(const struct pv_layers *layers, const struct pv_root *root,
			      const char *virtual, struct path *dirs)
{
	struct audit_context *audit;
	struct pv_walk walk = { .native = true };
	unsigned int nr = 0, left = PV_MAX_TREES;
	struct pv_resolver *r;
	struct pv_trees trees;
	struct pv_hit hit;

	r = kmem_cache_alloc(pv_resolver_cache, GFP_KERNEL);
	if (!r)
		return 0;
	pv_resolver_begin(r, "");
	r->walk = &walk;
	r->layers = layers;
	r->root = root;
	strscpy(r->virtual, virtual, PATH_MAX);
	r->len = strlen(r->virtual);
	pv_walk_enter(&walk);
	audit = pv_audit_mute();
	pv_trees_begin(&trees);
	do {
		if (pv_resolve_lead(r, &trees, &hit) || fatal_signal_pending(current))
			break;
		if (!nr && left == PV_MAX_TREES && !hit.under)
			break;
		nr += !pv_resolve_tree_dir(r, &hit, r->next, &dirs[nr]);
	} while (--left && pv_trees_next(layers, &trees));
	pv_audit_unmute(audit);
	pv_walk_leave(&walk);
	pv_resolver_end(r);
	return nr;
}

static void pv_resolver_construct(void *r)
{
	memset(r, 0, sizeof(struct pv_resolver));
}

/**
 * pv_resolve_init - get ready for resolving
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int __init pv_resolve_init(void)
{
	pv_resolver_cache = kmem_cache_create("pathvirt_resolver",
					      sizeof(struct pv_resolver), 0,
					      SLAB_ACCOUNT,
					      pv_resolver_construct);
	return pv_resolver_cache ? 0 : -ENOMEM;
}

/**
 * pv_resolve_uninit - undo pv_resolve_init()
 *
 * Context: module load or unload; nobody resolves any more.
 */
void pv_resolve_uninit(void)
{
	kmem_cache_destroy(pv_resolver_cache);
}
