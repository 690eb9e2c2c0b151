// SPDX-License-Identifier: GPL-2.0
/* Roots: the counted object, and what paths are called from there. */
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

#include "compat.h"
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

/**
 * pv_root_alloc - describe a root directory
 * @outer: from where it is seen
 * @inner: the root directory
 * @real: as in struct pv_root
 * @virtual: the same
 * @gfp: how
 *
 * Return: a reference, or NULL.
 */
struct pv_root *pv_root_alloc(const struct path *outer, const struct path *inner,
			      const char *real, const char *virtual, gfp_t gfp)
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

/**
 * pv_roots_flush - wait for all that is to be freed
 *
 * Context: module unload; there are no layers any more.
 */
void pv_roots_flush(void)
{
	flush_work(&pv_roots_work);
}
