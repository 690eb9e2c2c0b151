// SPDX-License-Identifier: GPL-2.0
/*
 * Roots.
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
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/limits.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "hook/hooks.h"
#include "process/layers.h"
#include "process/process.h"
#include "process/route.h"
#include "process/root.h"

/* Letting go of a path may sleep, and the last reference may go where one must not. */
static LLIST_HEAD(pv_roots_dead);
static void pv_roots_free(struct work_struct *work);
static DECLARE_WORK(pv_roots_work, pv_roots_free);

static void pv_roots_free(struct work_struct *work)
{
	struct llist_node *dead = llist_del_all(&pv_roots_dead);
	struct pv_root *root, *next;

	llist_for_each_entry_safe(root, next, dead, node) {
		path_put(&root->outer);
		path_put(&root->inner);
		kfree(root);
	}
}

/**
 * pv_root_get - take a reference
 * @root: the root or NULL
 *
 * Return: @root.
 */
struct pv_root *pv_root_get(struct pv_root *root)
{
	if (root)
		refcount_inc(&root->refs);
	return root;
}

/**
 * pv_root_put - drop a reference
 * @root: the root or NULL
 *
 * Context: any.
 */
void pv_root_put(struct pv_root *root)
{
	if (!root || !refcount_dec_and_test(&root->refs))
		return;
	llist_add(&root->node, &pv_roots_dead);
	schedule_work(&pv_roots_work);
}

/* Nobody can be told that memory is short: the root changes all the same. */
#define PV_ROOT_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NOFAIL)

static struct pv_root *pv_root_alloc(const struct path *outer,
				     const struct path *inner,
				     const char *real, const char *virtual,
				     gfp_t gfp)
{
	size_t real_size = strlen(real) + 1;
	size_t virtual_size = virtual ? strlen(virtual) + 1 : 0;
	struct pv_root *root;

	root = kmalloc(struct_size(root, strings, real_size + virtual_size),
		       gfp);
	if (!root)
		return NULL;
	refcount_set(&root->refs, 1);
	root->outer = *outer;
	path_get(&root->outer);
	root->inner = *inner;
	path_get(&root->inner);
	root->real = memcpy(root->strings, real, real_size);
	root->virtual = virtual ? memcpy(root->strings + real_size, virtual,
					 virtual_size) : NULL;
	return root;
}

static bool pv_thread_root(struct task_struct *task, struct path *root)
{
	bool has;

	task_lock(task);
	has = task->fs;
	if (has)
		get_fs_root(task->fs, root);
	task_unlock(task);
	return has;
}

/**
 * pv_task_root - which root directory has a task?
 * @task: the task; a reference is held.  For one that has ended, any thread that is left
 *	stands.
 * @root: receives it, with a reference
 *
 * Return: false if all have ended.
 */
bool pv_task_root(struct task_struct *task, struct path *root)
{
	struct task_struct *thread;
	bool has = pv_thread_root(task, root);

	if (has)
		return true;
	rcu_read_lock();
	pv_for_each_thread(task, thread) {
		has = pv_thread_root(thread, root);
		if (has)
			break;
	}
	rcu_read_unlock();
	return has;
}

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

/**
 * pv_root_name - name a path from the root that rules are spelled from
 * @root: the running task's root
 * @path: the path
 * @name: what d_path() says of it, normalised: "" for the root directory
 * @full: receives the name; PATH_MAX bytes
 *
 * Return: false if it is too long.
 */
bool pv_root_name(const struct pv_root *root, const struct path *path,
		  const char *name, char *full)
{
	/* What is out of reach has been told from the outermost root already. */
	const char *above = path_is_under(path, &root->inner) ? root->real : "";

	return snprintf(full, PATH_MAX, "%s%s", above, name) < PATH_MAX;
}

/**
 * pv_root_spell - undo pv_root_strip()
 * @root: a task's root
 * @path: an absolute path as the task spells it
 * @full: receives it as rules spell it; PATH_MAX bytes
 *
 * Return: false if it is too long.
 */
bool pv_root_spell(const struct pv_root *root, const char *path, char *full)
{
	if (!path[1] && *root->virtual)
		path++;
	return snprintf(full, PATH_MAX, "%s%s", root->virtual, path) < PATH_MAX;
}

/* What @path has behind @above, or NULL if it does not lie there. */
static const char *pv_root_rest(const char *path, const char *above)
{
	size_t len;

	if (!above)
		return NULL;
	len = strlen(above);
	if (strncmp(path, above, len) || (path[len] && path[len] != '/'))
		return NULL;
	return path + len;
}

/**
 * pv_root_strip - name a virtual path as a task does
 * @root: the task's root
 * @virtual: the path, as rules spell it
 *
 * Return: what comes after the name of the root directory, or NULL if @virtual
 * does not lie there.
 */
const char *pv_root_strip(const struct pv_root *root, const char *virtual)
{
	return pv_root_rest(virtual, root->virtual);
}

/**
 * pv_root_below - name a real path from a task's root directory
 * @root: the root
 * @real: the path, from the outer root
 *
 * Return: as with pv_root_strip().
 */
const char *pv_root_below(const struct pv_root *root, const char *real)
{
	return pv_root_rest(real, root->real);
}

/**
 * pv_root_of - the root directory of a task, seen from itself
 * @task: the task; a reference is held
 *
 * Context: may sleep.
 * Return: a reference; ERR_PTR(-ESRCH) if the task has ended, or ERR_PTR(-ENOMEM).
 */
struct pv_root *pv_root_of(struct task_struct *task)
{
	struct pv_root *root;
	struct path now;

	if (!pv_task_root(task, &now))
		return ERR_PTR(-ESRCH);
	root = pv_root_alloc(&now, &now, "", "",
			     GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN);
	path_put(&now);
	return root ?: ERR_PTR(-ENOMEM);
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
				  view->virtual, view->scratch, false);
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

/**
 * pv_task_refresh_root - let the layers of a process be seen from the root directory of a task
 * @task: the task; a reference is held
 *
 * Context: may sleep.
 */
void pv_task_refresh_root(struct task_struct *task)
{
	struct pv_process *process = pv_process_get_task(task);
	struct path now;

	if (process && pv_task_root(task, &now)) {
		pv_process_see_from(process, &now, false);
		path_put(&now);
	}
	pv_process_put(process);
}

/* The same layers, seen from the root directory that the running task has; a reference. */
static struct pv_layers *pv_layers_seen_now(struct pv_layers *layers)
{
	struct pv_layers *copy;
	struct path now;

	get_fs_root(current->fs, &now);
	copy = pv_layers_seen_from(layers, &now, false);
	path_put(&now);
	if (!copy)
		return layers;
	pv_layers_put(layers);
	return copy;
}

/**
 * pv_layers_get_fresh - what the running task's names pass
 *
 * Context: may sleep.
 * Return: a reference, to layers that are seen from the task's root directory, or NULL.
 */
struct pv_layers *pv_layers_get_fresh(void)
{
	struct pv_layers *layers = pv_layers_get_current();

	if (likely(!layers || pv_layers_at_home(layers)))
		return layers;
	pv_layers_put(layers);
	pv_task_refresh_root(current);
	layers = pv_layers_get_current();
	if (!layers || pv_layers_at_home(layers))
		return layers;
	/* Another thread has another root, or the call is pinned. */
	return pv_layers_seen_now(layers);
}

/**
 * pv_layers_refresh_root - let the running task's layers be seen from its root directory
 *
 * Context: may sleep.
 */
void pv_layers_refresh_root(void)
{
	const struct pv_layers *layers;
	bool home;

	rcu_read_lock_sched();
	layers = pv_layers_current();
	home = !layers || pv_layers_at_home(layers);
	rcu_read_unlock_sched();
	if (unlikely(!home))
		pv_task_refresh_root(current);
}

/* Stands for set_fs_root(): chroot, fchroot, pivot_root, setns. */
void pv_handle_set_root(struct fs_struct *fs, const struct path *path)
{
	struct pv_process *process = NULL;

	pv_call_begin();
	if (fs == current->fs)
		process = pv_process_get_current();
	if (process)
		pv_process_see_from(process, path, true);
	pv_process_put(process);
	pv_original_set_root(fs, path);
	pv_call_end();
}

/**
 * pv_roots_uninit - wait for all that is to be freed
 *
 * Context: module unload; there are no layers any more.
 */
void pv_roots_uninit(void)
{
	flush_work(&pv_roots_work);
}
