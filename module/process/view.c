// SPDX-License-Identifier: GPL-2.0
/*
 * View.
 *
 * Names mean something else after a chroot, and rules do not: "/f" in the new
 * root is what "/jail/f" was, and a rule for /jail/f goes on to speak of it, while
 * its NEW may lie where the process itself cannot get any more.  After pivot_root the
 * rule is found where the old root has been put; where that is out of reach, it is
 * out of sight.  In a copy of the mount namespace, or at another mount of the same
 * root directory, it is where it was.  Rules that count by name (--by-name) are spelled
 * from whatever root directory there is.
 *
 * So each stack of layers says from which root directory it is seen.  When an attached
 * process changes its own, another stack is made; and when it is found to have another
 * one, as pivot_root changes those of others and a copied namespace has other mounts.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "process/layers.h"
#include "process/root.h"
#include "process/route.h"
#include "process/view.h"

/* Nobody can be told that memory is short: the root changes all the same. */
#define PV_ROOT_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NOFAIL)

/**
 * pv_layers_held - has a task the root directory that layers are seen from?
 * @layers: the stack
 * @task: the task; a reference is held
 *
 * Context: may sleep.
 * Return: true if it has.
 */
bool pv_layers_held(const struct pv_layers *layers, struct task_struct *task)
{
	struct path now;
	bool same;

	if (!pv_task_root(task, &now))
		return true;
	same = path_equal(&now, pv_layers_home(layers));
	path_put(&now);
	return same;
}

/* Put a component in front of @name, which lies in @buf. */
static char *pv_root_prepend(char *buf, char *name, struct dentry *dentry)
{
	struct name_snapshot snapshot;
	size_t len;

	take_dentry_name_snapshot(&snapshot, dentry);
	len = snapshot.name.len;
	if (name - buf > len) {
		name -= len;
		memcpy(name, snapshot.name.name, len);
		*--name = '/';
	} else {
		name = NULL;
	}
	release_dentry_name_snapshot(&snapshot);
	return name;
}

/* One step up; false if there is none, or if @at covers @root. */
static bool pv_root_climb(struct path *at, const struct path *root, char *buf,
			  char **name)
{
	struct dentry *parent;

	if (at->dentry == at->mnt->mnt_root)
		return follow_up(at) && !path_equal(at, root);
	*name = pv_root_prepend(buf, *name, at->dentry);
	parent = dget_parent(at->dentry);
	dput(at->dentry);
	at->dentry = parent;
	return *name;
}

/*
 * What @path is called from @root, in @buf of PATH_MAX bytes; "" if they are the same,
 * NULL if it does not lie there, or cannot be told.
 */
static char *pv_root_path(const struct path *path, const struct path *root,
			  char *buf)
{
	char *name = buf + PATH_MAX - 1;
	struct path at = *path;
	bool there;

	*name = '\0';
	path_get(&at);
	for (;;) {
		there = path_equal(&at, root);
		if (there || !pv_root_climb(&at, root, buf, &name))
			break;
	}
	path_put(&at);
	return there ? name : NULL;
}

/*
 * What @now is called from the base of @layers, in @buf of PATH_MAX bytes; or NULL.  That
 * may be out of reach by now, but not the root directory that they are seen from.
 */
static char *pv_base_path(const struct pv_layers *layers, const struct path *now,
			  char *buf)
{
	const struct pv_root *root = layers->root;
	char *name = pv_root_path(now, &layers->base->inner, buf);
	size_t len;

	if (name || !root)
		return name;
	name = pv_root_path(now, &root->inner, buf);
	len = strlen(root->real);
	if (!name || name - buf < len)
		return NULL;
	return memcpy(name - len, root->real, len);
}

/*
 * The same of a directory that is mounted once more: what it is called where it lies.
 * NULL if no rule speaks of anything there.
 */
static char *pv_base_twin(const struct pv_layers *layers, const struct path *now,
			  char *buf)
{
	const struct path *base = &layers->base->inner;
	struct path twin = { .mnt = base->mnt, .dentry = now->dentry };
	char *name;

	if (now->mnt == base->mnt || now->mnt->mnt_sb != base->mnt->mnt_sb ||
	    !is_subdir(now->dentry, base->dentry))
		return NULL;
	name = pv_root_path(&twin, base, buf);
	return name && *name && pv_layers_concern(layers, name) ? name : NULL;
}

/*
 * Another mount of the root directory that @layers are seen from, in a copy of the mount
 * namespace perhaps: which is its @base?  Receives a reference.
 */
static bool pv_base_again(const struct pv_layers *layers, const struct path *now,
			  struct path *base)
{
	const struct path *old = &layers->base->inner;
	struct path at = *pv_layers_home(layers);
	bool same = true;

	if (now->dentry != at.dentry)
		return false;
	*base = *now;
	path_get(base);
	path_get(&at);
	while (same && at.mnt != old->mnt)
		same = follow_up(&at) && follow_up(base) &&
		       at.dentry == base->dentry;
	same = same && base->mnt->mnt_root == at.mnt->mnt_root;
	path_put(&at);
	if (same) {
		dput(base->dentry);
		base->dentry = dget(old->dentry);
	} else {
		path_put(base);
	}
	return same;
}

/**
 * struct pv_view - a stack of layers, seen from another root directory
 * @base: as in struct pv_layers; a reference
 * @root: the same
 * @from: the same
 * @buf: for names; PATH_MAX bytes
 * @virtual: the same
 * @scratch: the same
 */
struct pv_view {
	struct pv_root *base;
	struct pv_root *root;
	struct pv_root *from[PV_MAX_LAYERS];
	char *buf;
	char *virtual;
	char *scratch;
};

/* The root directory that layer @i is spelled from. */
static const struct path *pv_layers_origin(const struct pv_layers *layers, u32 i)
{
	return layers->from[i] ? &layers->from[i]->inner : &layers->base->inner;
}

/* Seen from @base, which is another mount of what it was. */
static void pv_view_again(struct pv_view *view, const struct pv_layers *layers,
			  const struct path *now, const struct path *base)
{
	const struct pv_root *root = layers->root, *from;
	u32 i;

	view->base = pv_root_alloc(base, base, "", "", PV_ROOT_GFP);
	if (root)
		view->root = pv_root_alloc(base, now, root->real,
					   root->virtual, PV_ROOT_GFP);
	for (i = 0; i < layers->nr; i++) {
		from = layers->from[i];
		if (!from)
			continue;
		/* Where its place has another mount as well, the name still leads there. */
		view->from[i] = from == root ? pv_root_get(view->root) :
				pv_root_alloc(base, &from->inner, from->real,
					      from->virtual, PV_ROOT_GFP);
	}
}

/* Seen from @now, which is called @name below the base there is. */
static void pv_view_below(struct pv_view *view, const struct pv_layers *layers,
			  const struct path *now, const char *name)
{
	const struct path *base = &layers->base->inner;
	const struct path *origin;
	u32 i;

	view->base = pv_root_get(layers->base);
	if (*name) {
		pv_layers_reverse(layers, name, pv_route_of(now, now),
				  view->virtual, view->scratch, PV_FOR_US);
		view->root = pv_root_alloc(base, now, name, view->virtual,
					   PV_ROOT_GFP);
	}
	for (i = 0; i < layers->nr; i++) {
		origin = pv_layers_origin(layers, i);
		/* Another mount of its root directory has its rules, too. */
		if (layers->tables[i]->by_name ||
		    (origin->mnt != now->mnt && origin->dentry == now->dentry))
			view->from[i] = pv_root_get(view->root);
		else
			view->from[i] = pv_root_get(layers->from[i]);
	}
}

/* Where a layer's own root directory @origin is, seen from @now. */
static struct pv_root *pv_view_origin(struct pv_view *view,
				      const struct path *now,
				      const struct path *origin, bool moved)
{
	const char *name;

	/* Who has gone to other mounts himself finds there what is there. */
	if (path_equal(origin, now) || (!moved && origin->dentry == now->dentry))
		return NULL;
	name = pv_root_path(origin, now, view->buf);
	/* Mounted on the root directory itself it is come to by no name. */
	if (name && !*name)
		name = NULL;
	return pv_root_alloc(now, origin, name ?: "", name, PV_ROOT_GFP);
}

/* Seen from @now, which has nothing to do with the base there is. */
static void pv_view_anew(struct pv_view *view, const struct pv_layers *layers,
			 const struct path *now, bool moved)
{
	u32 i;

	view->base = pv_root_alloc(now, now, "", "", PV_ROOT_GFP);
	for (i = 0; i < layers->nr; i++)
		if (!layers->tables[i]->by_name)
			view->from[i] = pv_view_origin(view, now,
						       pv_layers_origin(layers, i),
						       moved);
}

static void pv_view_make(struct pv_view *view, const struct pv_layers *layers,
			 const struct path *now, bool moved)
{
	const char *name = pv_base_path(layers, now, view->buf), *twin = NULL;
	struct path base;

	/* What another mount of a directory shows is what it shows itself. */
	if (name ? !pv_layers_concern(layers, name) : !moved)
		twin = pv_base_twin(layers, now, view->virtual);
	if (twin)
		name = memmove(view->buf, twin, strlen(twin) + 1);
	if (name) {
		pv_view_below(view, layers, now, name);
	} else if (!moved && pv_base_again(layers, now, &base)) {
		pv_view_again(view, layers, now, &base);
		path_put(&base);
	} else {
		pv_view_anew(view, layers, now, moved);
	}
}

static void pv_view_free(struct pv_view *view)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(view->from); i++)
		pv_root_put(view->from[i]);
	pv_root_put(view->root);
	pv_root_put(view->base);
	kfree(view->buf);
	kfree(view->virtual);
	kfree(view->scratch);
}

/**
 * pv_layers_seen_from - see layers from another root directory
 * @layers: the stack; a reference is held
 * @now: the root directory
 * @moved: the process itself goes there, by chroot() or setns(); if not, it was found
 *	there
 *
 * Context: may sleep.
 * Return: the stack that is to take the place of @layers; NULL if they are seen from
 * there.
 */
struct pv_layers *pv_layers_seen_from(const struct pv_layers *layers,
				      const struct path *now, bool moved)
{
	struct pv_layers *copy;
	struct pv_view view;

	if (path_equal(now, pv_layers_home(layers)))
		return NULL;
	view = (struct pv_view) {
		.buf = kmalloc(PATH_MAX, PV_ROOT_GFP),
		.virtual = kmalloc(PATH_MAX, PV_ROOT_GFP),
		.scratch = kmalloc(PATH_MAX, PV_ROOT_GFP),
	};
	pv_view_make(&view, layers, now, moved);
	copy = pv_layers_copy(layers, view.base, view.root, view.from);
	pv_view_free(&view);
	return copy;
}
