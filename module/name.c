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
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/task_work.h>

#include "compat.h"
#include "dots.h"
#include "hooks.h"
#include "name.h"
#include "process.h"
#include "proof.h"
#include "trace.h"
#include "translate.h"

/* Results up to this size need no allocation. */
#define PV_BRIEF_SIZE	128

/**
 * struct pv_walk - one walk on its way
 * @name: the name that is walked
 * @virtual: what it says, or NULL if the walk goes by it
 * @long_real: the string that is walked instead if it needed an allocation
 * @hit: the rule that the name met first
 * @brief_real: the string that is walked instead if it did not
 */
struct pv_walk {
	struct filename *name;
	const char *virtual;
	char *long_real;
	struct pv_hit hit;
	char brief_real[PV_BRIEF_SIZE + PV_COPY_SLACK];
};

static DEFINE_PER_CPU(u64, pv_translated);

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
 * (RESOLVE_IN_ROOT), nor when the kernel looks for firmware or writes a core
 * file, which it does on its own behalf.
 */
static __always_inline bool pv_walk_concerned(const struct filename *name,
					      unsigned int flags,
					      const struct path *root)
{
	return !IS_ERR_OR_NULL(name) && name->name[0] == '/' && !root &&
	       !(flags & LOOKUP_IN_ROOT) && !(current->flags & PF_DUMPCORE) &&
	       !pv_task_borrows_fs(current);
}

/* What the running task's names pass, as a reference, or NULL. */
static struct pv_layers *pv_walk_get_layers(void)
{
	struct pv_layers *layers = NULL;
	struct pv_process *process;

	rcu_read_lock_sched();
	process = pv_process_current();
	while (process) {
		layers = (struct pv_layers *)pv_process_layers(process);
		if (!layers || refcount_inc_not_zero(&layers->refs))
			break;
	}
	rcu_read_unlock_sched();
	return layers;
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

/*
 * The name needs more than a look: it has ".." components, or the result is
 * long.  Return the result's length, 0 if the name stays, or an error.
 */
static noinline ssize_t pv_walk_slowly(struct pv_walk *walk, bool dots,
				       unsigned int flags)
{
	const char *name = walk->name->name;
	struct pv_layers *layers;
	ssize_t len = -ENOMEM;
	char *real;

	layers = pv_walk_get_layers();
	if (!layers)
		return 0;
	walk->hit.rule = PV_NO_RULE;
	real = kmalloc(PV_REAL_SIZE, GFP_KERNEL);
	walk->long_real = real;
	if (real && dots)
		len = pv_dots_resolve(layers, name, real, flags);
	else if (real)
		len = pv_layers_translate(layers, name, real, &walk->hit);
	if (len == -ENAMETOOLONG && !dots)
		len = pv_walk_squeezed(layers, name, real, &walk->hit);
	pv_layers_put(layers);
	return len;
}

static __always_inline int pv_walk_begin(struct pv_walk *walk,
					 struct filename *name,
					 unsigned int flags,
					 const struct path *root)
{
	const struct pv_layers *layers;
	struct pv_process *process;
	bool dots = false;
	ssize_t len = 0;

	walk->virtual = NULL;
	walk->long_real = NULL;
	walk->name = name;
	walk->hit.layer = 0;
	pv_call_begin();
	if (!pv_walk_concerned(name, flags, root))
		return 0;

	rcu_read_lock_sched();
	process = pv_process_current();
	if (likely(process)) {
		layers = pv_process_layers(process);
		if (likely(layers && layers->nr == 1)) {
			len = pv_translate(layers->tables[0], name->name, false,
					   walk->brief_real, PV_BRIEF_SIZE,
					   &walk->hit.rule, &dots);
			dots = pv_translate_dots(name->name, len, dots);
		} else if (layers) {
			len = pv_layers_translate_dots(layers, name->name,
						       walk->brief_real,
						       PV_BRIEF_SIZE,
						       &walk->hit, &dots);
		}
	}
	rcu_read_unlock_sched();

	if (unlikely(dots || len == -ENOSPC))
		len = pv_walk_slowly(walk, dots, flags);
	if (len <= 0)
		return len;

	walk->virtual = name->name;
	name->name = walk->long_real ?: walk->brief_real;
	trace_translate(walk->virtual, name->name, walk->hit.layer,
			walk->hit.rule);
	this_cpu_inc(pv_translated);
	return 0;
}

static __always_inline void pv_walk_end(struct pv_walk *walk)
{
	if (walk->virtual)
		walk->name->name = walk->virtual;
	if (unlikely(walk->long_real))
		kfree(walk->long_real);
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

/* Stands for do_filp_open() and do_file_open(). */
struct file *pv_handle_open(int dfd, struct filename *name,
			    const struct pv_open_flags *op)
{
	struct pv_walk walk __uninitialized;
	struct file *file;
	int err;

	pv_proof_note_open(op);
	err = pv_walk_begin(&walk, name, op->lookup_flags, NULL);
	file = err ? ERR_PTR(err) : pv_original_open(dfd, name, op);
	pv_walk_end(&walk);
	return file;
}

/* Stands for filename_lookup(). */
int pv_handle_lookup(int dfd, struct filename *name, unsigned int flags,
		     struct path *path, const struct path *root)
{
	struct pv_walk walk __uninitialized;
	int err;

	err = pv_walk_begin(&walk, name, flags, root);
	if (!err)
		err = pv_original_lookup(dfd, name, flags, path, root);
	pv_walk_end(&walk);
	return err;
}

/* Stands for __filename_parentat(). */
int pv_handle_parent(int dfd, struct filename *name, unsigned int flags,
		     struct path *parent, struct qstr *last, int *type,
		     const struct path *root)
{
	struct pv_walk walk __uninitialized;
	int err;

	err = pv_walk_begin(&walk, name, flags, root);
	if (!err)
		err = pv_original_parent(dfd, name, flags, parent, last, type,
					 root);
	if (!err && walk.virtual) {
		err = pv_walk_keep_last(&walk, last);
		if (err)
			path_put(parent);
	}
	pv_walk_end(&walk);
	return err;
}
