// SPDX-License-Identifier: GPL-2.0
/*
 * Resolving.
 *
 * With NEW in the place of ORIGINAL, "ORIGINAL/.." is the parent of ORIGINAL, a
 * symbolic link leads where its target does for the process, and a rule counts
 * by whatever way ORIGINAL is reached.  None of that can be read off a name.  So
 * the name is walked component by component, keeping account of where the
 * process believes it is (the virtual directory, without "." "..", or symbolic
 * links) and where that is.  The result has no symbolic links left but those of
 * NEW and, where it ends in one that is meant itself, the last.
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
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "hooks.h"
#include "layers.h"
#include "place.h"
#include "reached.h"
#include "resolve.h"
#include "root.h"

/* What a walk of a part of the name must respect as the whole would. */
#define PV_RESOLVE_FLAGS	(LOOKUP_NO_SYMLINKS | LOOKUP_NO_MAGICLINKS | \
				 LOOKUP_NO_XDEV)

/*
 * The component has been walked, go on with the next one.  Anything else is the
 * end: an error or the result's length, which is less.
 */
#define PV_RESOLVE_MORE		PATH_MAX

/**
 * struct pv_resolver - how far a name has been resolved
 * @layers: what it passes
 * @root: the root directory that the running task has changed to, or NULL
 * @resolved: what was found out besides
 * @flags: the LOOKUP_ flags that the name is to be walked with
 * @links: symbolic links followed
 * @matched: rules have led elsewhere than the kernel's own walk would; until
 *	then @real is where that is
 * @dir: the directory reached; without @dir.mnt there is none, but rules speak
 *	of something below it
 * @len: the length of @virtual
 * @virtual: the name of @dir for the process, "" for the root directory
 * @real: where @virtual leads, in the same form
 * @next: where @virtual will lead with one more component
 * @rest: what is still to be walked, at the end of @todo
 * @todo: room for it, as symbolic links put their targets in front
 * @scratch: for those who are called
 */
struct pv_resolver {
	const struct pv_layers *layers;
	const struct pv_root *root;
	struct pv_resolved resolved;
	unsigned int flags;
	unsigned int links;
	bool matched;
	struct path dir;
	size_t len;
	char virtual[PATH_MAX];
	char real[PV_REAL_SIZE];
	char next[PV_REAL_SIZE];
	char *rest;
	char todo[3 * PATH_MAX];
	char scratch[PV_REAL_SIZE];
};

/* Why they are not just allocated is told in place.c. */
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

static void pv_resolve_move(struct pv_resolver *r, const struct path *dir)
{
	if (r->dir.mnt)
		path_put(&r->dir);
	r->dir = *dir;
}

static void pv_resolve_truncate(struct pv_resolver *r, size_t len)
{
	r->virtual[len] = '\0';
	r->len = len;
}

/* Where @virtual leads, in @real; "" for the root directory.  Its length. */
static ssize_t pv_resolve_real(struct pv_resolver *r, char *real,
			       struct pv_hit *hit)
{
	ssize_t len;

	hit->layer = 0;
	len = pv_layers_translate(r->layers, r->virtual, real, hit);
	if (hit->rule != PV_NO_RULE && r->resolved.hit.rule == PV_NO_RULE)
		r->resolved.hit = *hit;
	r->resolved.how = hit->how;
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
static int pv_resolve_walk(struct pv_resolver *r, const char *name,
			   unsigned int flags, struct path *path,
			   const struct path *root)
{
	struct filename *filename = getname_kernel(name);
	int err;

	if (IS_ERR(filename))
		return PTR_ERR(filename);
	err = pv_original_lookup(AT_FDCWD, filename,
				 flags | (r->flags & PV_RESOLVE_FLAGS), path,
				 root);
	putname(filename);
	return err;
}

static int pv_resolve_lookup(struct pv_resolver *r, const char *name,
			     struct path *path)
{
	return pv_resolve_walk(r, *name ? name : "/",
			       LOOKUP_FOLLOW | LOOKUP_DIRECTORY, path,
			       r->root ? &r->root->outer : NULL);
}

/* There is no such directory; do rules speak of something below it? */
static int pv_resolve_absent(struct pv_resolver *r, int err)
{
	static const struct path nowhere;

	if (err != -ENOENT ||
	    pv_layers_plain(r->layers, r->virtual, r->scratch))
		return err;
	pv_resolve_move(r, &nowhere);
	return PV_RESOLVE_MORE;
}

/* Go to the directory that @virtual names. */
static int pv_resolve_enter(struct pv_resolver *r)
{
	struct pv_hit hit;
	struct path path;
	ssize_t len;
	int err;

	len = pv_resolve_real(r, r->real, &hit);
	if (len < 0)
		return len;
	if (len) {
		err = pv_resolve_lookup(r, r->real, &path);
		if (err)
			return pv_resolve_absent(r, err);
	} else if (r->root) {
		path = r->root->outer;
		path_get(&path);
	} else {
		get_fs_root(current->fs, &path);
	}
	pv_resolve_move(r, &path);
	return PV_RESOLVE_MORE;
}

/* The length of the root directory's own name in @virtual. */
static size_t pv_resolve_floor(const struct pv_resolver *r)
{
	return r->root ? strlen(r->root->virtual) : 0;
}

/* It is what the process has, wherever its name may lead by now. */
static int pv_resolve_enter_changed_root(struct pv_resolver *r)
{
	struct path path = r->root->inner;

	strscpy(r->virtual, r->root->virtual, PATH_MAX);
	pv_resolve_truncate(r, pv_resolve_floor(r));
	strscpy(r->real, r->root->real, PATH_MAX);
	path_get(&path);
	pv_resolve_move(r, &path);
	return PV_RESOLVE_MORE;
}

static int pv_resolve_enter_root(struct pv_resolver *r)
{
	int err;

	if (r->root)
		return pv_resolve_enter_changed_root(r);
	pv_resolve_truncate(r, 0);
	err = pv_resolve_enter(r);
	if (*r->real)
		r->matched = true;
	return err;
}

/* One component, looked up where the walk is. */
static int pv_resolve_child(struct pv_resolver *r, const char *name,
			    unsigned int flags, struct path *path)
{
	return pv_resolve_walk(r, name, flags, path, &r->dir);
}

/* Is @child an entry of @parent, going by their names? */
static bool pv_resolve_is_child(const char *child, const char *parent)
{
	const char *slash = strrchr(child, '/');
	size_t len = strlen(parent);

	return slash && slash - child == len && !memcmp(child, parent, len);
}

/* Above the root directory there is the root directory. */
static void pv_resolve_stay(struct pv_resolver *r)
{
	/* The kernel's own walk knows nothing of a rule for "/". */
	if (!r->root && *r->real)
		r->matched = true;
}

static int pv_resolve_up(struct pv_resolver *r)
{
	struct path path;
	char *slash;
	int err;

	if (!r->dir.mnt)
		return -ENOENT;
	/* Even a ".." takes the right to search. */
	err = pv_resolve_child(r, ".", 0, &path);
	if (err)
		return err;
	path_put(&path);
	slash = strrchr(r->virtual, '/');
	if (r->len <= pv_resolve_floor(r)) {
		pv_resolve_stay(r);
		return PV_RESOLVE_MORE;
	}
	pv_resolve_truncate(r, slash - r->virtual);
	strscpy(r->next, r->real, PATH_MAX);
	err = pv_resolve_enter(r);
	if (!pv_resolve_is_child(r->next, r->real))
		r->matched = true;
	return err;
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

/*
 * Is ORIGINAL itself there in its parent, @parent, and a directory, so that the
 * parent can be named by way of it?
 */
static bool pv_resolve_has_entry(struct pv_resolver *r, const char *parent,
				 const char *entry)
{
	struct path path;
	char *name;
	bool has;

	if (snprintf(r->scratch, PATH_MAX, "%s/%s", parent, entry) >= PATH_MAX ||
	    pv_resolve_lookup(r, r->scratch, &path))
		return false;
	name = pv_original_d_path(&path, r->scratch, PATH_MAX);
	path_put(&path);
	has = !IS_ERR(name) && pv_resolve_is_child(name, parent) &&
	      !strcmp(strrchr(name, '/') + 1, entry);
	return has;
}

/*
 * The name ends in "..".  Where the real directories are parent and child too,
 * ".." says it best, as some calls refuse a name that ends so; where a rule
 * begins between them it must not be walked: then by way of what ORIGINAL itself
 * is there, or else ".".
 */
static ssize_t pv_resolve_ends_up(struct pv_resolver *r, char *result)
{
	char *slash = strrchr(r->virtual, '/');
	struct pv_hit hit;
	ssize_t len;

	if (!r->dir.mnt)
		return -ENOENT;
	if (r->len <= pv_resolve_floor(r)) {
		pv_resolve_stay(r);
		return pv_resolve_result(result, r->real,
					 *r->real ? "/." : "/..");
	}
	pv_resolve_truncate(r, slash - r->virtual);
	len = pv_resolve_real(r, r->next, &hit);
	if (len < 0)
		return len;
	if (pv_resolve_is_child(r->real, r->next))
		return pv_resolve_result(result, r->real, "/..");
	r->matched = true;
	if (!pv_resolve_has_entry(r, r->next, slash + 1))
		return pv_resolve_result(result, r->next, "/.");
	snprintf(r->scratch, PATH_MAX, "/%s/..", slash + 1);
	return pv_resolve_result(result, r->next, r->scratch);
}

/*
 * The protection of links in sticky directories that anybody may write to: the
 * kernel is asked whether it is on.
 */
static int pv_resolve_may_follow(struct pv_resolver *r, const char *name,
				 const struct path *link)
{
	const struct inode *dir = d_inode(r->dir.dentry);
	const struct inode *inode = d_inode(link->dentry);
	struct path path;
	int err;

	if ((dir->i_mode & 01002) != 01002 ||
	    uid_eq(inode->i_uid, current_fsuid()) ||
	    uid_eq(inode->i_uid, dir->i_uid))
		return 0;
	err = pv_resolve_child(r, name, LOOKUP_FOLLOW, &path);
	if (!err)
		path_put(&path);
	return err == -EACCES ? err : 0;
}

/* Put the target of a link in front of what is still to be walked. */
static int pv_resolve_splice(struct pv_resolver *r, const char *target,
			     char *after)
{
	size_t len = strlen(target);

	if (!len)
		return -ENOENT;
	if (after - r->todo < len)
		return -ENAMETOOLONG;
	r->rest = after - len;
	memcpy(r->rest, target, len);
	return *target == '/' ? pv_resolve_enter_root(r) : PV_RESOLVE_MORE;
}

/*
 * Go on from a directory that was come by without a name.  0 if it has none, so
 * that no rule can speak of it.
 */
static int pv_resolve_from(struct pv_resolver *r, const struct pv_start *start)
{
	struct pv_place *place;
	struct pv_hit hit;
	int err = 0;

	place = pv_place_alloc(GFP_KERNEL);
	if (!place)
		return -ENOMEM;
	if (!pv_place_name(place, r->layers, r->root, start))
		goto out;
	strscpy(r->virtual, place->virtual, PATH_MAX);
	r->len = strlen(r->virtual);
	err = pv_resolve_real(r, r->real, &hit);
	if (err < 0)
		goto out;
	if (strcmp(r->real, place->real)) {
		/* It was opened before the rules counted. */
		r->matched = true;
		err = pv_resolve_enter(r);
		goto out;
	}
	path_get(&start->path);
	pv_resolve_move(r, &start->path);
	err = PV_RESOLVE_MORE;
out:
	pv_place_free(place);
	return err;
}

/* A link that is no string, of procfs: it leads straight to a directory. */
static int pv_resolve_jump(struct pv_resolver *r, const char *name,
			   const struct dentry *link, char *after)
{
	struct pv_start start;
	int err;

	if (r->flags & LOOKUP_IS_SCOPED)
		return -EXDEV;
	err = pv_resolve_child(r, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY,
			       &start.path);
	if (err)
		return err;
	start.how = pv_reached_by_fd(pv_reached_link_fd(link), &start.path);
	r->rest = after;
	err = pv_resolve_from(r, &start);
	path_put(&start.path);
	return err;
}

/* The name ends in such a link, which will be walked. */
static void pv_resolve_ends_in_jump(struct pv_resolver *r, const char *name,
				    const struct dentry *link)
{
	struct path path;

	r->resolved.how = PV_BY_FIRST;
	if (pv_resolve_child(r, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path))
		return;
	r->resolved.how = pv_reached_by_fd(pv_reached_link_fd(link), &path);
	path_put(&path);
}

static int pv_resolve_follow(struct pv_resolver *r, const char *name,
			     const struct path *link, char *after, bool last)
{
	DEFINE_DELAYED_CALL(done);
	const char *target;
	int err = 0;

	if (++r->links > MAXSYMLINKS || r->flags & LOOKUP_NO_SYMLINKS ||
	    link->mnt->mnt_flags & MNT_NOSYMFOLLOW)
		return -ELOOP;
	if (last)
		err = pv_resolve_may_follow(r, name, link);
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
	if (r->flags & PV_RESOLVE_PARENT)
		return false;
	return *c->after || r->flags & LOOKUP_FOLLOW;
}

/* The name @c is there: a link to follow, the end of the name, or the next. */
static ssize_t pv_resolve_found(struct pv_resolver *r, const char *name,
				const struct pv_component *c,
				const struct path *path, size_t old_len,
				char *result)
{
	const struct inode *inode = d_inode(path->dentry);
	size_t real_len = strlen(r->real);

	if (d_is_symlink(path->dentry) && pv_resolve_follows(r, c)) {
		if (!inode->i_op->readlink) {
			pv_resolve_truncate(r, old_len);
			return pv_resolve_follow(r, name, path, c->after,
						 c->last);
		}
		if (!c->last)
			return pv_resolve_jump(r, name, path->dentry, c->after);
		pv_resolve_ends_in_jump(r, name, path->dentry);
	}
	if (c->last)
		return pv_resolve_result(result, r->next, c->after);
	if (!d_can_lookup(path->dentry))
		return -ENOTDIR;
	strscpy(r->real + real_len, r->next + real_len, PATH_MAX - real_len);
	r->rest = c->after;
	path_get(path);
	pv_resolve_move(r, path);
	return PV_RESOLVE_MORE;
}

/* From one directory down by a component that is neither "." nor "..". */
static ssize_t pv_resolve_down(struct pv_resolver *r,
			       const struct pv_component *c, char *result)
{
	size_t old_len = r->len;
	struct pv_hit hit;
	struct path path;
	ssize_t len, err;
	char *name;

	if (old_len + 1 + c->len >= PATH_MAX || c->len > NAME_MAX)
		return -ENAMETOOLONG;
	r->virtual[r->len++] = '/';
	memcpy(r->virtual + r->len, c->name, c->len);
	pv_resolve_truncate(r, r->len + c->len);

	len = pv_resolve_real(r, r->next, &hit);
	if (len < 0)
		return len;
	if (!pv_resolve_is_step(r, len, c)) {
		r->matched = true;
		r->rest = c->after;
		return c->last ? pv_resolve_result(result, r->next, c->after) :
				 pv_resolve_enter(r);
	}
	if (!r->dir.mnt) {
		r->rest = c->after;
		memcpy(r->real, r->next, len + 1);
		return c->last ? pv_resolve_result(result, r->next, c->after) :
				 pv_resolve_absent(r, -ENOENT);
	}

	name = kstrndup(c->name, c->len, GFP_KERNEL);
	if (!name)
		return -ENOMEM;
	err = pv_resolve_child(r, name, 0, &path);
	if (!err) {
		err = pv_resolve_found(r, name, c, &path, old_len, result);
		path_put(&path);
	} else if (c->last) {
		/* It is made there, or the walk says what is wrong. */
		err = pv_resolve_result(result, r->next, c->after);
	} else {
		r->rest = c->after;
		memcpy(r->real, r->next, len + 1);
		err = pv_resolve_absent(r, err);
	}
	kfree(name);
	return err;
}

static ssize_t pv_resolve_component(struct pv_resolver *r, char *result)
{
	struct pv_component c;

	c.name = r->rest + strspn(r->rest, "/");
	c.len = strcspn(c.name, "/");
	c.after = c.name + c.len;
	c.last = !c.after[strspn(c.after, "/")];

	if (!c.len)
		return pv_resolve_result(result, r->real, "/");
	if (pv_component_is(&c, ".")) {
		r->rest = c.after;
		return c.last ? pv_resolve_result(result, r->real, "/.") :
				PV_RESOLVE_MORE;
	}
	if (pv_component_is(&c, "..")) {
		r->rest = c.after;
		return c.last ? pv_resolve_ends_up(r, result) :
				pv_resolve_up(r);
	}
	return pv_resolve_down(r, &c, result);
}

/**
 * pv_resolve - find out what to walk for a name
 * @layers: what it passes; the caller holds a reference
 * @root: the root directory that the running task has changed to, or NULL; if
 *	there is one, @real is to be walked from its outer root
 * @start: what @name is relative to, or NULL for the root directory
 * @name: the name
 * @real: receives what is to be walked, PV_REAL_SIZE bytes
 * @flags: the LOOKUP_ flags that @name is to be walked with, and
 *	%PV_RESOLVE_PARENT
 * @resolved: receives what is found out besides
 *
 * Context: may sleep, and walks; links that are met meanwhile are none of ours
 * (pv_walk_lead() must see to that).
 * Return: the length of @real; 0 if no rule has to do with @name, and it is to
 * be walked as it is; or what walking it would return: -ENOENT, -ENOTDIR,
 * -EACCES, ...
 */
ssize_t pv_resolve(const struct pv_layers *layers, const struct pv_root *root,
		   const struct pv_start *start, const char *name, char *real,
		   unsigned int flags, struct pv_resolved *resolved)
{
	size_t size = strlen(name) + 1;
	struct pv_resolver *r;
	ssize_t err;

	resolved->hit.layer = 0;
	resolved->hit.rule = PV_NO_RULE;
	resolved->how = PV_BY_FIRST;
	if (flags & LOOKUP_CACHED)
		return -EAGAIN;
	if (size > PATH_MAX)
		return -ENAMETOOLONG;
	r = kmem_cache_alloc(pv_resolver_cache, GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	memset(r, 0, offsetof(struct pv_resolver, virtual));
	r->layers = layers;
	r->root = root;
	r->flags = flags;
	r->resolved = *resolved;
	r->rest = r->todo + sizeof(r->todo) - size;
	memcpy(r->rest, name, size);

	err = start ? pv_resolve_from(r, start) : pv_resolve_enter_root(r);
	while (err == PV_RESOLVE_MORE)
		err = pv_resolve_component(r, real);
	if (r->dir.mnt)
		path_put(&r->dir);
	*resolved = r->resolved;
	/* So far it has been the kernel's own walk, which does all the rest. */
	if (!r->matched && err != -ENOMEM)
		err = 0;
	kmem_cache_free(pv_resolver_cache, r);
	return err;
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
					      sizeof(struct pv_resolver), 0, 0,
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
