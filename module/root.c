// SPDX-License-Identifier: GPL-2.0
/*
 * Roots.
 *
 * Names mean something else after a chroot, and rules do not: "/f" in the new
 * root is what "/jail/f" was, and a rule for /jail/f goes on to speak of it, while
 * its NEW may lie where the process itself cannot get any more.  So when an
 * attached process changes its root directory, what the new one is called is
 * noted with its layers.  A process without a rule for its new root's contents
 * pays for that with a slower look at each name.
 *
 * A root that is not below the one before (another mount namespace's) is none of
 * which anything could be noted: there rules go on by name.  So they do where a
 * thread has a root of its own.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/limits.h>
#include <linux/mount.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "hooks.h"
#include "layers.h"
#include "process.h"
#include "reached.h"
#include "root.h"
#include "vpath.h"

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

/**
 * pv_root_current - has the running task this root directory?
 * @root: the root or NULL
 *
 * Return: true if it has; if not, its rules go by name.
 */
bool pv_root_current(const struct pv_root *root)
{
	struct path now;
	bool same;

	if (!root)
		return false;
	get_fs_root(current->fs, &now);
	same = path_equal(&now, &root->inner);
	path_put(&now);
	return same;
}

/**
 * pv_root_held - has a task this root directory?
 * @root: the root or NULL
 * @task: the task; a reference is held
 *
 * A leader that has ended before its threads stands for what they have.
 *
 * Context: may sleep.
 * Return: as pv_root_current().
 */
bool pv_root_held(const struct pv_root *root, struct task_struct *task)
{
	struct path now;
	bool same;

	if (!root)
		return false;
	task_lock(task);
	if (!task->fs) {
		task_unlock(task);
		return true;
	}
	get_fs_root(task->fs, &now);
	task_unlock(task);
	same = path_equal(&now, &root->inner);
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
	size_t len = strlen(above);

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

/* Nobody can be told that memory is short: the root changes all the same. */
#define PV_ROOT_GFP	(GFP_KERNEL | __GFP_NOFAIL)

static struct pv_root *pv_root_alloc(const struct path *outer,
				     const struct path *inner,
				     const char *real, const char *virtual)
{
	size_t real_size = strlen(real) + 1, virtual_size = strlen(virtual) + 1;
	struct pv_root *root;

	root = kmalloc(struct_size(root, strings, real_size + virtual_size),
		       PV_ROOT_GFP);
	refcount_set(&root->refs, 1);
	root->outer = *outer;
	path_get(&root->outer);
	root->inner = *inner;
	path_get(&root->inner);
	root->real = memcpy(root->strings, real, real_size);
	root->virtual = memcpy(root->strings + real_size, virtual,
			       virtual_size);
	return root;
}

/* @inner, called @name by d_path(), is seen from @outer. */
static struct pv_root *pv_root_make(const struct pv_layers *layers,
				    const struct path *outer,
				    const struct path *inner, const char *name)
{
	char *real = kmalloc(PATH_MAX, PV_ROOT_GFP);
	char *virtual = kmalloc(PATH_MAX, PV_ROOT_GFP);
	char *scratch = kmalloc(PATH_MAX, PV_ROOT_GFP);
	struct pv_root *root = NULL;
	bool fits = true;

	if (pv_root_current(layers->root))
		fits = pv_root_name(layers->root, inner, name, real);
	else
		strscpy(real, name, PATH_MAX);
	if (fits) {
		pv_layers_reverse(layers, real, pv_reached_how(inner, inner),
				  virtual, scratch, false);
		root = pv_root_alloc(outer, inner, real, virtual);
	}
	kfree(scratch);
	kfree(virtual);
	kfree(real);
	return root;
}

/* What is to be noted when the running task's root becomes @inner. */
static struct pv_root *pv_root_next(const struct pv_layers *layers,
				    const struct path *inner)
{
	struct pv_root *root = NULL;
	struct path outer;
	const char *name;
	char *buf;

	if (pv_root_current(layers->root)) {
		outer = layers->root->outer;
		path_get(&outer);
	} else {
		get_fs_root(current->fs, &outer);
	}
	if (path_equal(&outer, inner) || !path_is_under(inner, &outer))
		goto out;
	buf = kmalloc(PATH_MAX, PV_ROOT_GFP);
	name = pv_dir_name(inner, buf, PATH_MAX);
	if (!IS_ERR_OR_NULL(name))
		root = pv_root_make(layers, &outer, inner, name);
	kfree(buf);
out:
	path_put(&outer);
	return root;
}

/* Stands for set_fs_root(): chroot, fchroot, pivot_root, setns. */
void pv_handle_set_root(struct fs_struct *fs, const struct path *path)
{
	struct pv_layers *layers = NULL;
	struct pv_root *root;

	pv_call_begin();
	if (fs == current->fs)
		layers = pv_layers_get_current();
	if (layers) {
		root = pv_root_next(layers, path);
		if (root || layers->root)
			pv_process_set_root(root);
		pv_root_put(root);
		pv_layers_put(layers);
	}
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
