// SPDX-License-Identifier: GPL-2.0
/* Glances: finding out, and remembering. */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/path.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/string.h>

#include "names/glance.h"
#include "names/vpath.h"
#include "process/layers.h"
#include "process/process.h"
#include "rules/reverse_match.h"
#include "rules/trie_match.h"

struct pv_glance __percpu *pv_glances;

/* Have rules nothing to do with it, and with nothing that lies there? */
static bool pv_glance_is_foreign(struct pv_vpath *vpath,
				 const struct pv_layers *layers)
{
	return !pv_layers_concern(layers, vpath->real);
}

/* Is it NEW itself? */
static bool pv_glance_is_new(const struct pv_vpath *vpath,
			     const struct pv_layers *layers)
{
	const struct pv_table *table = pv_layers_only(layers);
	u32 rule = table ? pv_table_find_new(table, vpath->real) : PV_NO_RULE;

	return rule != PV_NO_RULE &&
	       table->rules[rule].new_len == strlen(vpath->real);
}

/*
 * Names go on from @vpath, @far directories above the one that @glance is about.  Who has
 * left NEW in a root directory that the process has changed to may have left that.
 */
static void pv_glance_far(const struct pv_vpath *vpath, const struct pv_layers *layers,
			  unsigned int far, struct pv_glance *glance)
{
	const struct pv_table *table = pv_layers_only(layers);
	const char *rest;

	glance->far = far;
	if (!table || (layers->root && !glance->outside) ||
	    pv_table_match(table, vpath->virtual, &rest) != PV_NO_RULE) {
		glance->far_edge = false;
		return;
	}
	glance->far_native = glance->outside;
	glance->far_seek = pv_table_seek(table, vpath->virtual);
}

/*
 * Go up by @far directories, or more: while @plain holds there; @holds tells whether it does
 * where it begins.  A name of @floor bytes is that of the root directory, which nothing lies
 * above.
 */
static void pv_glance_climb(struct pv_vpath *vpath, const struct pv_layers *layers,
			    size_t floor, unsigned int far, bool holds,
			    bool (*plain)(struct pv_vpath *vpath,
					  const struct pv_layers *layers),
			    struct pv_glance *glance)
{
	unsigned int nr = 0;
	bool edge;

	glance->up = 0;
	while (nr < PV_UP_UNKNOWN - 1 && (holds || nr < far) &&
	       strlen(vpath->real) > floor && *vpath->virtual) {
		edge = holds && !glance->outside && pv_glance_is_new(vpath, layers);
		pv_vpath_up(vpath->real);
		pv_vpath_up(vpath->virtual);
		nr++;
		holds = holds && plain(vpath, layers);
		if (holds)
			glance->up = nr;
		else if (edge)
			glance->far_edge = true;
	}
	if (far > glance->up && far < PV_UP_UNKNOWN)
		pv_glance_far(vpath, layers, far, glance);
}

/* Can it be told by a rule's ORIGINAL which names lead elsewhere? */
static void pv_glance_seek(const struct pv_vpath *vpath,
			   const struct pv_layers *layers,
			  struct pv_glance *glance)
{
	const struct pv_table *table = pv_layers_only(layers);
	const char *rest;

	if (!table || !glance->outside ||
	    pv_table_match(table, vpath->real, &rest) != PV_NO_RULE)
		return;
	glance->open = true;
	glance->seek = pv_table_seek(table, vpath->real);
}

/*
 * What @dir, that the process calls @name, is called from the root directory that rules are
 * spelled from; @floor receives the length of that of the process, if @dir lies there.
 * ERR_PTR(-ENAMETOOLONG); NULL if that cannot be told.
 */
static const char *pv_glance_name(struct pv_vpath *vpath, const struct pv_root *root,
				  const struct path *dir, const char *name,
				  size_t *floor)
{
	const char *outer;

	if (path_is_under(dir, &root->inner)) {
		*floor = strlen(root->real);
	} else {
		/* What is out of reach is named from the root of all. */
		outer = pv_dir_name(&root->outer, vpath->real, PATH_MAX);
		if (IS_ERR_OR_NULL(outer) || *outer)
			return NULL;
	}
	if (!pv_root_name(root, dir, name, vpath->virtual))
		return ERR_PTR(-ENAMETOOLONG);
	return vpath->virtual;
}

/*
 * Find out what a directory is to rules: @plain, @own, @outside, @open with @seek, and for
 * who climbs by @up directories @up and @far with what belongs to it.  @layers are what the
 * names of the process pass.  What has no name, or one that is too long for any call, is
 * no business of rules.
 */
static void pv_glance_fill(struct pv_vpath *vpath, const struct pv_layers *layers,
			   const struct path *dir, unsigned int up,
			   struct pv_glance *glance)
{
	const char *name = pv_dir_name(dir, vpath->scratch, PATH_MAX);
	bool told = true;
	size_t floor = 0;

	if (unlikely(layers->root) && !IS_ERR_OR_NULL(name)) {
		name = pv_glance_name(vpath, layers->root, dir, name, &floor);
		told = name;
	}
	glance->plain = told;
	glance->own = told;
	glance->outside = told;
	if (IS_ERR_OR_NULL(name))
		return;
	if (!pv_layers_concern(layers, name)) {
		if (!up)
			return;
		strscpy(vpath->real, name, PATH_MAX);
		strscpy(vpath->virtual, vpath->real, PATH_MAX);
		pv_glance_climb(vpath, layers, floor, up, true,
				pv_glance_is_foreign, glance);
		return;
	}
	pv_vpath_set(vpath, layers, name, PV_ROUTE_FIRST);
	glance->outside = vpath->route == PV_ROUTE_NATIVE;
	glance->plain = pv_vpath_plain(vpath, layers);
	glance->own = pv_vpath_leads(vpath, layers, vpath->real);
	pv_glance_seek(vpath, layers, glance);
	if (up && (glance->plain || glance->open))
		pv_glance_climb(vpath, layers, floor, up, glance->plain,
				pv_vpath_plain, glance);
}

/* Names up to this size, and what stands before them by a rule, need no allocation. */
#define PV_GLANCE_NAME	192
#define PV_GLANCE_ROOM	96

/* The same of a directory with a name of no great length, for one table and without @up. */
static bool pv_glance_fill_briefly(const struct pv_table *table, const struct path *dir,
				   struct pv_glance *glance)
{
	char buf[PV_GLANCE_ROOM + PV_GLANCE_NAME];
	char *name = (char *)pv_dir_name(dir, buf + PV_GLANCE_ROOM, PV_GLANCE_NAME);
	u32 rule, new;
	const char *rest;

	if (IS_ERR(name))
		return false;
	glance->plain = true;
	glance->own = true;
	glance->outside = true;
	if (!name)
		return true;
	rule = pv_table_match(table, name, &rest);
	new = pv_table_find_new(table, name);
	/* In a union a name may be in another tree than that which the directory is in. */
	if (unlikely(table->unions) && (rule != PV_NO_RULE || new != PV_NO_RULE))
		return false;
	glance->own = (rule == PV_NO_RULE || table->rules[rule].exception) &&
		      !pv_table_has_below(table, name, rule);
	glance->plain = glance->own;
	if (!glance->own && rule == PV_NO_RULE) {
		glance->open = true;
		glance->seek = pv_table_seek(table, name);
	}
	if (new == PV_NO_RULE || table->rules[new].exception)
		return true;
	name = pv_table_reverse_there(table, name, name - buf);
	if (!name)
		return false;
	glance->outside = false;
	glance->open = false;
	glance->plain = !pv_table_has_below(table, name, new);
	return true;
}

/* Nothing is known yet. */
static void pv_glance_begin(struct pv_glance *glance, const struct path *dir,
			    const struct pv_layers *layers, unsigned int m_seq,
			    unsigned int r_seq)
{
	*glance = (struct pv_glance) {
		.dentry = dir->dentry,
		.mnt = dir->mnt,
		.layers = layers,
		.m_seq = m_seq,
		.r_seq = r_seq,
		.cookie = get_state_synchronize_rcu(),
		.up = PV_UP_UNKNOWN,
	};
}

/* Find it out; false if memory is short. */
static bool pv_glance_look(const struct pv_layers *layers, const struct path *dir,
			   unsigned int up, struct pv_glance *glance)
{
	struct pv_vpath *vpath;

	if (!up && layers->home.mnt &&
	    pv_glance_fill_briefly(layers->tables[0], dir, glance))
		return true;
	vpath = pv_vpath_alloc(GFP_NOWAIT | __GFP_NOWARN);
	if (!vpath)
		return false;
	glance->open = false;
	pv_glance_fill(vpath, layers, dir, up, glance);
	pv_vpath_free(vpath);
	return true;
}

/**
 * pv_glance_take - find out what a directory is to the running task's rules
 * @dir: the directory; a reference is held, or RCU read-locked
 * @m_seq: as with pv_glance_find()
 * @r_seq: the same
 * @up: by how many directories a name climbs; if it does, @up of @glance is wanted, too, and
 *	if that is less @far
 * @glance: receives it
 *
 * Context: any in which d_path() may be called.
 * Return: false if memory is short just now, or the task has no rules any more.
 */
bool pv_glance_take(const struct path *dir, unsigned int m_seq,
		    unsigned int r_seq, unsigned int up, struct pv_glance *glance)
{
	struct pv_layers *layers = pv_layers_get_current();
	bool known;

	if (!layers)
		return false;
	pv_glance_begin(glance, dir, layers, m_seq, r_seq);
	/* If not, what it is called is not what rules would say. */
	known = pv_layers_at_home(layers) &&
		pv_glance_look(layers, dir, up, glance);
	if (known) {
		preempt_disable();
		*pv_glance_slot(dir->dentry) = *glance;
		preempt_enable();
	}
	pv_layers_put(layers);
	return known;
}

/**
 * pv_glance_get - what is a directory to the running task's rules?
 * @dir: as with pv_glance_take()
 * @m_seq: the same
 * @r_seq: the same
 * @glance: receives it, without @up; remembered, or found out
 *
 * Context: as with pv_glance_take().
 * Return: the same.
 */
bool pv_glance_get(const struct path *dir, unsigned int m_seq,
		   unsigned int r_seq, struct pv_glance *glance)
{
	const struct pv_glance *known = NULL;
	const struct pv_layers *layers;

	rcu_read_lock_sched();
	layers = pv_layers_current();
	if (layers)
		known = pv_glance_find(layers, dir, m_seq, r_seq);
	if (known)
		*glance = *known;
	rcu_read_unlock_sched();
	return known || pv_glance_take(dir, m_seq, r_seq, 0, glance);
}

/**
 * pv_glances_init - make room
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int __init pv_glances_init(void)
{
	pv_glances = __alloc_percpu(sizeof(struct pv_glance) << PV_GLANCE_BITS,
				    SMP_CACHE_BYTES);
	return pv_glances ? 0 : -ENOMEM;
}

/**
 * pv_glances_uninit - undo pv_glances_init()
 *
 * Context: module load or unload; nobody walks a name any more.
 */
void pv_glances_uninit(void)
{
	free_percpu(pv_glances);
}
