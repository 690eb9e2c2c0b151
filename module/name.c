// SPDX-License-Identifier: GPL-2.0
/*
 * Names: the handlers of the functions that walk one.
 *
 * The struct filename stays what the process wrote; only while the walk runs
 * does it point to another string.  So each walk translates afresh from the
 * untouched name, a retry of the caller's included, and what is not walked is
 * not translated: the contents of a symbolic link, the name that an exec'd
 * program gets as its own, what audit logs.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/task_work.h>

#include "compat.h"
#include "hooks.h"
#include "name.h"
#include "place.h"
#include "process.h"
#include "proof.h"
#include "resolve.h"
#include "root.h"
#include "trace.h"
#include "translate.h"
#include "walk.h"

static DEFINE_PER_CPU(u64, pv_translated);

/* Buffers of PV_REAL_SIZE; why they are not just allocated is told in place.c. */
static struct kmem_cache *pv_real_cache;

/**
 * pv_names_translated - how many names were translated
 *
 * Return: their number since the module was loaded.
 */
u64 pv_names_translated(void)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu(pv_translated, cpu);
	return sum;
}

/*
 * Is this a name that rules speak of?  Not so with a root of the caller's own
 * (RESOLVE_IN_ROOT and RESOLVE_BENEATH), nor when the kernel looks for firmware
 * or writes a core file, which it does on its own behalf.
 */
static __always_inline bool pv_walk_concerned(unsigned int flags,
					      const struct path *root)
{
	return !root && !(flags & LOOKUP_IS_SCOPED) &&
	       !(current->flags & PF_DUMPCORE) && !pv_task_borrows_fs(current);
}

/* The directory that @dfd names, as the kernel would take it; a reference. */
static int pv_walk_dir(int dfd, struct path *dir)
{
	struct file *file;

	if (dfd == AT_FDCWD) {
		get_fs_pwd(current->fs, dir);
		return 0;
	}
	file = fget_raw(dfd);
	if (!file)
		return -EBADF;
	*dir = file->f_path;
	path_get(dir);
	fput(file);
	if (d_can_lookup(dir->dentry))
		return 0;
	path_put(dir);
	return -ENOTDIR;
}

/* Make room for a result of any length. */
static char *pv_walk_room(struct pv_walk *walk)
{
	if (!walk->long_real)
		walk->long_real = kmem_cache_alloc(pv_real_cache, GFP_KERNEL);
	return walk->long_real;
}

/*
 * The result does not fit.  What changes nothing in the name must not be what
 * makes it too long.
 */
static ssize_t pv_walk_squeezed(const struct pv_layers *layers,
				const char *name, char *real,
				struct pv_hit *hit)
{
	char *squeezed = kstrdup(name, GFP_KERNEL);
	ssize_t len;

	if (!squeezed)
		return -ENOMEM;
	pv_path_squeeze(squeezed);
	len = pv_layers_translate(layers, squeezed, real, hit);
	kfree(squeezed);
	return len;
}

/* The result is long. */
static noinline ssize_t pv_walk_long(struct pv_walk *walk)
{
	struct pv_layers *layers = pv_layers_get_current();
	const char *name = walk->name->name;
	char *real = pv_walk_room(walk);
	ssize_t len = -ENOMEM;

	if (!layers)
		return 0;
	if (real)
		len = pv_layers_translate(layers, name, real, &walk->hit);
	if (len == -ENAMETOOLONG)
		len = pv_walk_squeezed(layers, name, real, &walk->hit);
	pv_layers_put(layers);
	return len;
}

/*
 * Only a walk of ours can tell where the name leads.  The links on the way are
 * followed then, so the kernel's walk of the result has none left that rules
 * have to do with.
 */
static noinline ssize_t pv_walk_resolve(struct pv_walk *walk, int dfd,
					unsigned int flags)
{
	struct pv_layers *layers = pv_layers_get_current();
	const char *name = walk->name->name;
	char *real = pv_walk_room(walk);
	struct pv_root *root = NULL;
	ssize_t len = -ENOMEM;
	struct path dir;

	walk->native = true;
	if (!layers)
		return 0;
	if (unlikely(pv_root_current(layers->root)))
		root = layers->root;
	if (!real)
		goto out;
	if (*name == '/') {
		len = pv_resolve(layers, root, NULL, name, real, flags,
				 &walk->hit);
		goto out;
	}
	len = 0;
	if (pv_walk_dir(dfd, &dir))
		goto out;
	len = pv_resolve(layers, root, &dir, name, real, flags, &walk->hit);
	path_put(&dir);
out:
	if (len > 0 && root && !walk->root)
		walk->root = pv_root_get(root);
	pv_layers_put(layers);
	return len;
}

/* Walk a copy of @real. */
static ssize_t pv_walk_take(struct pv_walk *walk, const char *real)
{
	size_t len = strlen(real);
	char *to = walk->brief_real;

	if (len >= PV_BRIEF_SIZE || walk->long_real)
		to = pv_walk_room(walk);
	if (!to)
		return -ENOMEM;
	memcpy(to, real, len + 1);
	return len;
}

/*
 * A name that is relative to a directory which the kernel calls @name, or whose
 * name is too long for a glance.
 */
static enum pv_way pv_walk_way(struct pv_walk *walk, struct pv_place *place,
			       const struct pv_layers *layers,
			       const struct path *dir, const char *name)
{
	if (!IS_ERR(name))
		pv_place_set(place, layers, name);
	else if (!pv_place_name(place, layers, NULL, dir))
		return PV_WAY_NATIVE;
	return pv_place_way(place, layers, walk->name->name, false,
			    &walk->hit);
}

/* A name that is relative to @dir. */
static ssize_t pv_walk_from(struct pv_walk *walk, const struct path *dir,
			    const struct pv_layers *layers, int dfd,
			    unsigned int flags)
{
	struct pv_place *place;
	const char *name;
	enum pv_way way;
	ssize_t len;

	/* Mostly one glance at where it is says that rules have no say. */
	name = pv_dir_name(dir, walk->brief_real, PV_BRIEF_SIZE);
	if (!name || (!IS_ERR(name) && !pv_name_dots(walk->name->name) &&
		      !pv_layers_concern(layers, name)))
		return 0;
	place = pv_place_alloc(GFP_KERNEL);
	if (!place)
		return -ENOMEM;
	way = pv_walk_way(walk, place, layers, dir, name);
	len = way == PV_WAY_OTHER ? pv_walk_take(walk, place->scratch) : 0;
	pv_place_free(place);
	return way == PV_WAY_UNKNOWN ? pv_walk_resolve(walk, dfd, flags) : len;
}

static noinline ssize_t pv_walk_relative(struct pv_walk *walk, int dfd,
					 unsigned int flags)
{
	struct pv_layers *layers = pv_layers_get_current();
	struct path dir;
	ssize_t len = 0;

	/* What is wrong with the directory the kernel will say. */
	if (layers && !pv_walk_dir(dfd, &dir)) {
		len = pv_walk_from(walk, &dir, layers, dfd, flags);
		path_put(&dir);
	}
	pv_layers_put(layers);
	return len;
}

/* The process has changed its root directory since it was attached. */
static noinline ssize_t pv_walk_rooted(struct pv_walk *walk, int dfd,
				       unsigned int flags)
{
	struct pv_layers *layers = pv_layers_get_current();
	bool rooted = layers && pv_root_current(layers->root);

	pv_layers_put(layers);
	if (!rooted && walk->name->name[0] != '/')
		return pv_walk_relative(walk, dfd, flags);
	return pv_walk_resolve(walk, dfd, flags);
}

/* Let the kernel walk another string. */
static __always_inline void pv_walk_swap(struct pv_walk *walk)
{
	struct filename *name = walk->name;

	walk->virtual = name->name;
	name->name = walk->long_real ?: walk->brief_real;
	trace_translate(walk->virtual, name->name, walk->hit.layer,
			walk->hit.rule);
	this_cpu_inc(pv_translated);
}

static __always_inline int pv_walk_begin(struct pv_walk *walk, int dfd,
					 struct filename *name,
					 unsigned int flags,
					 const struct path *root)
{
	const struct pv_layers *layers = NULL;
	struct pv_process *process;
	bool dots = false, rooted, concerned;
	ssize_t len = 0;

	walk->virtual = NULL;
	walk->long_real = NULL;
	walk->root = NULL;
	walk->name = name;
	walk->hit.layer = 0;
	walk->entered = false;
	walk->met = false;
	pv_call_begin();
	if (IS_ERR_OR_NULL(name))
		return 0;
	concerned = pv_walk_concerned(flags, root);

	rcu_read_lock_sched();
	process = pv_process_current();
	if (likely(process))
		layers = pv_process_layers(process);
	if (unlikely(!layers)) {
		rcu_read_unlock_sched();
		return 0;
	}
	rooted = layers->root;
	if (unlikely(!concerned || rooted || name->name[0] != '/')) {
		/* Later, if at all. */
	} else if (likely(layers->nr == 1)) {
		len = pv_translate(layers->tables[0], name->name, false,
				   walk->brief_real, PV_BRIEF_SIZE,
				   &walk->hit.rule, &dots);
		dots = pv_translate_dots(name->name, len, dots);
	} else {
		len = pv_layers_translate_dots(layers, name->name,
					       walk->brief_real, PV_BRIEF_SIZE,
					       &walk->hit, &dots);
	}
	rcu_read_unlock_sched();

	walk->native = !concerned || !pv_links_followed;
	walk->telling = false;
	pv_walk_enter(walk);
	if (unlikely(!concerned || !*name->name))
		return 0;
	if (unlikely(rooted))
		len = pv_walk_rooted(walk, dfd, flags);
	else if (unlikely(name->name[0] != '/'))
		len = pv_walk_relative(walk, dfd, flags);
	else if (unlikely(dots))
		len = pv_walk_resolve(walk, dfd, flags);
	else if (unlikely(len == -ENOSPC))
		len = pv_walk_long(walk);
	if (len <= 0)
		return len;
	pv_walk_swap(walk);
	return 0;
}

/* The walk was broken off at a link.  Find out what to walk instead. */
static noinline int pv_walk_again(struct pv_walk *walk, int dfd,
				  unsigned int flags)
{
	ssize_t len;

	if (walk->virtual)
		walk->name->name = walk->virtual;
	walk->virtual = NULL;
	walk->met = false;
	len = pv_walk_resolve(walk, dfd, flags);
	if (len > 0)
		pv_walk_swap(walk);
	return len < 0 ? len : 0;
}

static __always_inline void pv_walk_end(struct pv_walk *walk)
{
	if (walk->virtual)
		walk->name->name = walk->virtual;
	if (likely(walk->entered))
		pv_walk_leave(walk);
	if (unlikely(walk->long_real))
		kmem_cache_free(pv_real_cache, walk->long_real);
	if (unlikely(walk->root))
		pv_root_put(walk->root);
	pv_call_end();
}

/* A string that lives until its task is back in user space. */
struct pv_keepsake {
	struct callback_head work;
	char string[];
};

static void pv_keepsake_drop(struct callback_head *work)
{
	kfree(container_of(work, struct pv_keepsake, work));
	/* pv_hooks_uninit() waits for our last few instructions. */
	module_put(THIS_MODULE);
}

/*
 * The last component of a walked parent points into the walked string, which
 * is about to go.  Mostly it stands in the name as the process wrote it too; if
 * not, for then it comes from NEW, it is kept until the call is over.
 */
static int pv_walk_keep_last(struct pv_walk *walk, struct qstr *last)
{
	const char *real = walk->name->name;
	size_t tail = strlen((const char *)last->name);
	size_t len = strlen(walk->virtual);
	struct pv_keepsake *keepsake;

	if ((const char *)last->name < real ||
	    (const char *)last->name > real + strlen(real))
		return 0;	/* not ours: a constant of the kernel's */
	if (tail <= len &&
	    !strcmp(walk->virtual + len - tail, (const char *)last->name)) {
		last->name = (const unsigned char *)walk->virtual + len - tail;
		return 0;
	}

	keepsake = kmalloc(struct_size(keepsake, string, tail + 1), GFP_KERNEL);
	if (!keepsake)
		return -ENOMEM;
	memcpy(keepsake->string, last->name, tail + 1);
	init_task_work(&keepsake->work, pv_keepsake_drop);
	__module_get(THIS_MODULE);
	if (task_work_add(current, &keepsake->work, TWA_RESUME)) {
		pv_keepsake_drop(&keepsake->work);
		return -ESRCH;	/* exiting tasks make no calls */
	}
	last->name = (const unsigned char *)keepsake->string;
	return 0;
}

/* Where the walk is to begin; the caller's own wish, if it has one, is @root. */
static __always_inline const struct path *
pv_walk_root(const struct pv_walk *walk, const struct path *root)
{
	return unlikely(walk->root) ? &walk->root->outer : root;
}

static __always_inline struct file *pv_walk_open(const struct pv_walk *walk,
						 int dfd,
						 const struct pv_open_flags *op)
{
	if (unlikely(walk->root))
		return pv_open_root(&walk->root->outer, walk->name->name, op);
	return pv_original_open(dfd, walk->name, op);
}

/* Stands for do_filp_open() and do_file_open(). */
struct file *pv_handle_open(int dfd, struct filename *name,
			    const struct pv_open_flags *op)
{
	struct pv_walk walk __uninitialized;
	struct file *file;
	int err;

	pv_proof_note_open(op);
	err = pv_walk_begin(&walk, dfd, name, op->lookup_flags, NULL);
	file = err ? ERR_PTR(err) : pv_walk_open(&walk, dfd, op);
	if (unlikely(walk.met)) {
		err = pv_walk_again(&walk, dfd, op->lookup_flags);
		file = err ? ERR_PTR(err) : pv_walk_open(&walk, dfd, op);
	}
	pv_walk_end(&walk);
	return file;
}

/* Stands for filename_lookup(). */
int pv_handle_lookup(int dfd, struct filename *name, unsigned int flags,
		     struct path *path, const struct path *root)
{
	struct pv_walk walk __uninitialized;
	int err;

	err = pv_walk_begin(&walk, dfd, name, flags, root);
	if (!err)
		err = pv_original_lookup(dfd, name, flags, path,
					 pv_walk_root(&walk, root));
	if (unlikely(walk.met)) {
		err = pv_walk_again(&walk, dfd, flags);
		if (!err)
			err = pv_original_lookup(dfd, name, flags, path,
						 pv_walk_root(&walk, root));
	}
	pv_walk_end(&walk);
	return err;
}

/* Stands for __filename_parentat(). */
int pv_handle_parent(int dfd, struct filename *name, unsigned int flags,
		     struct path *parent, struct qstr *last, int *type,
		     const struct path *root)
{
	unsigned int how = flags | PV_RESOLVE_PARENT;
	struct pv_walk walk __uninitialized;
	int err;

	err = pv_walk_begin(&walk, dfd, name, how, root);
	if (!err)
		err = pv_original_parent(dfd, name, flags, parent, last, type,
					 pv_walk_root(&walk, root));
	if (unlikely(walk.met)) {
		err = pv_walk_again(&walk, dfd, how);
		if (!err)
			err = pv_original_parent(dfd, name, flags, parent, last,
						 type,
						 pv_walk_root(&walk, root));
	}
	if (!err && walk.virtual) {
		err = pv_walk_keep_last(&walk, last);
		if (err)
			path_put(parent);
	}
	pv_walk_end(&walk);
	return err;
}

static void pv_real_construct(void *real)
{
	memset(real, 0, PV_REAL_SIZE);
}

/**
 * pv_names_init - get ready for names
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int __init pv_names_init(void)
{
	pv_real_cache = kmem_cache_create("pathvirt_real", PV_REAL_SIZE, 0, 0,
					  pv_real_construct);
	return pv_real_cache ? 0 : -ENOMEM;
}

/**
 * pv_names_uninit - undo pv_names_init()
 *
 * Context: module load or unload; nobody walks a name any more.
 */
void pv_names_uninit(void)
{
	kmem_cache_destroy(pv_real_cache);
}
