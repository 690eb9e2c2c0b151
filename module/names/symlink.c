// SPDX-License-Identifier: GPL-2.0
/*
 * Links: the handler of the function that follows a symbolic link.
 *
 * The kernel goes on with the target of the link by itself.  Where that, or what
 * may come after it, is not what the process would find there, the walk is
 * broken off with an error that no walk ends in, and who handles the name
 * resolves it (resolve.c) and walks what comes of it.
 */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/path.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "compat.h"
#include "hook/hooks.h"
#include "hook/inflight.h"
#include "names/glance.h"
#include "names/handlers.h"
#include "names/nameidata.h"
#include "names/selftest.h"
#include "names/start.h"
#include "names/vpath.h"
#include "names/walk.h"
#include "process/layers.h"
#include "process/places.h"
#include "process/process.h"
#include "process/root.h"
#include "rules/path.h"
#include "rules/trie_match.h"

/* May @target lead elsewhere than the kernel takes it? */
static bool pv_link_leads_away(struct pv_vpath *vpath,
			       const struct pv_layers *layers,
			       const struct pv_start *dir, const char *target,
			       bool *names)
{
	struct pv_hit hit;

	if (!pv_vpath_name(vpath, layers, NULL, dir))
		return false;
	*names = vpath->route != PV_ROUTE_NATIVE;
	return pv_vpath_way(vpath, layers, target, true, &hit) != PV_WAY_NATIVE;
}

/*
 * May the target lead elsewhere than the kernel takes it?  For an absolute one
 * @path is the root directory already, and @target has lost its first "/".
 *
 * By which of its names the walk has come to a directory that has several is not
 * known here, as a walk may begin once more.  The target must lead to the same
 * place from all of them.
 */
static bool pv_link_matters_in(struct pv_vpath *vpath,
			       const struct pv_layers *layers,
			       const struct path *path, const char *target)
{
	struct pv_start dir = { .path = *path, .route = PV_ROUTE_FIRST };
	bool names = false;

	if (pv_link_leads_away(vpath, layers, &dir, target, &names))
		return true;
	if (!names)
		return false;
	dir.route = PV_ROUTE_NATIVE;
	return pv_layers_overlap(layers) ||
	       pv_link_leads_away(vpath, layers, &dir, target, &names);
}

static bool pv_link_matters(const struct path *dir, const char *target)
{
	struct pv_layers *layers = pv_layers_get_current();
	struct pv_vpath *vpath;
	bool matters = true;

	if (!layers)
		return false;
	/* Maybe in RCU walk.  Without memory, resolving decides what to do. */
	vpath = pv_vpath_alloc(GFP_NOWAIT | __GFP_NOWARN);
	if (vpath)
		matters = pv_link_matters_in(vpath, layers, dir, target);
	pv_vpath_free(vpath);
	pv_layers_put(layers);
	return matters;
}

/* Does any rule lead to @dir, so that the process may have made links there? */
static bool pv_link_is_exposed(struct pv_vpath *vpath,
			       const struct pv_layers *layers,
			       const struct pv_root *root,
			       const struct path *dir)
{
	struct pv_start start = { .path = *dir, .route = PV_ROUTE_FIRST };
	const char *outer = pv_dir_name(&root->outer, vpath->real, PATH_MAX);

	/* What is out of reach is named from the root of all. */
	if (IS_ERR_OR_NULL(outer) || *outer)
		return true;
	return !pv_vpath_name(vpath, layers, root, &start) ||
	       vpath->route != PV_ROUTE_NATIVE;
}

/*
 * May a link in @dir be followed by a walk from the root directory that the process
 * had before it changed it?  Only if the process cannot have put it there: it has
 * no name for that directory.
 */
static bool pv_link_trusted(const struct pv_root *root, const struct path *dir)
{
	struct pv_layers *layers;
	struct pv_vpath *vpath;
	bool trusted = false;

	if (path_is_under(dir, &root->inner))
		return false;
	layers = pv_layers_get_current();
	/* Maybe in RCU walk. */
	vpath = pv_vpath_alloc(GFP_NOWAIT | __GFP_NOWARN);
	if (layers && vpath)
		trusted = !pv_link_is_exposed(vpath, layers, root, dir);
	pv_vpath_free(vpath);
	pv_layers_put(layers);
	return trusted;
}

/*
 * A link was followed: to @target, or, if that is NULL, straight to where the
 * walk is now.  Return what is to be walked next.
 */
static const char *pv_link_followed(struct pv_walk *walk,
				    const struct path *dir, const char *target)
{
	pv_selftest_note_step(dir, target);
	if (!walk)
		return target;
	if (walk->strict && target) {
		walk->met = true;
		return ERR_PTR(PV_LINK_MET);
	}
	if (walk->native)
		return target;
	walk->linked = true;
	if (!pv_link_matters(dir, target ?: ""))
		return target;
	walk->met = true;
	return ERR_PTR(PV_LINK_MET);
}

/*
 * By which rule does an absolute target lead elsewhere?  It has no ".."; behind it more may
 * follow, whatever it is.  Return false if only a walk can tell.
 */
static bool pv_link_match(const struct pv_layers *layers, const char *target,
			  u32 *rule, const char **rest)
{
	const struct pv_table *table = layers->tables[0];

	*rule = PV_NO_RULE;
	if (layers->root && layers->seek.used == PV_SEEK_NOWHERE)
		return true;
	if (!pv_layers_only(layers) || !pv_path_is_normal(target) ||
	    pv_path_scan(target))
		return false;
	if (layers->root) {
		*rule = pv_table_match_from(table, layers->seek, target + 1, rest);
		return !pv_table_has_below_from(table, layers->seek, target + 1);
	}
	*rule = pv_table_match(table, target, rest);
	return !pv_table_has_below(table, target, *rule);
}

/*
 * An absolute target of a link in a brief walk, which is at the root directory: its name.
 * Before what is left of the target there is at least one "/".
 */
static const char *pv_link_to_root(struct pv_nameidata *nd, const char *target)
	__releases(RCU_SCHED)
{
	const struct pv_layers *layers = pv_layers_current();
	const struct pv_table *table;
	const struct path *place;
	const char *rest;
	u32 rule;

	if (!layers || !layers->quick ||
	    !path_equal(&nd->path, pv_layers_home(layers)) ||
	    !pv_link_match(layers, target - 1, &rule, &rest))
		goto at_length;
	table = layers->tables[0];
	if (rule != PV_NO_RULE && table->rules[rule].under)
		goto at_length;
	if (rule == PV_NO_RULE || table->rules[rule].exception) {
		rcu_read_unlock_sched();
		/* Where that leads may have another name by a rule. */
		pv_started_note(nd->m_seq, 0);
		return target;
	}
	place = pv_places_new(table->places, rule);
	if (!place || !d_is_dir(place->dentry))
		goto at_length;
	if (!pv_start_go(nd, layers, place))
		return ERR_PTR(PV_WALK_AT_LENGTH);
	pv_started_note(nd->m_seq, PV_STARTED_FIRST);
	rest += strspn(rest, "/");
	/* Something has to be walked next. */
	return *rest ? rest : ".";

at_length:
	rcu_read_unlock_sched();
	return ERR_PTR(PV_WALK_AT_LENGTH);
}

/*
 * May what @target, relative to a directory which no rule leads to, leads to, or what lies
 * there, be what a rule speaks of?
 */
static bool pv_link_meets_rule(const struct pv_table *table,
			       struct pv_seek seek, const char *target)
{
	const char *rest;

	return pv_table_match_from(table, seek, target, &rest) != PV_NO_RULE ||
	       pv_table_has_below_from(table, seek, target);
}

/* A relative path without ".", ".." and empty components. */
static bool pv_link_is_simple(const char *target)
{
	const char *p = target;

	for (;;) {
		/* A component that begins with a dot may be one. */
		if (unlikely(*p == '.' || *p == '/' || !*p))
			return !pv_name_dots(target) && pv_path_is_normal(target);
		do
			p++;
		while (*p != '/' && *p);
		if (!*p++)
			return true;
	}
}

/* Does a relative target without ".." lead where the kernel takes it? */
static bool pv_link_stays_by(const struct pv_layers *layers,
			     const struct pv_glance *glance, const char *target)
{
	const struct pv_table *table;

	if (glance->plain)
		return glance->own;
	table = pv_layers_only(layers);
	if (!glance->open || !table)
		return false;
	return pv_seek_misses(table, glance->seek, target) ||
	       (pv_link_is_simple(target) &&
		!pv_link_meets_rule(table, glance->seek, target));
}

/* The same of one in a directory that is not remembered. */
static noinline bool pv_link_stays_slowly(const struct pv_nameidata *nd,
					  const char *target)
{
	const struct pv_layers *layers;
	struct pv_glance glance;
	bool stays;

	if (!pv_glance_get(&nd->path, nd->m_seq, nd->r_seq, &glance))
		return false;
	rcu_read_lock_sched();
	layers = pv_layers_current();
	/* Other rules may have come meanwhile. */
	stays = layers && glance.layers == layers &&
		pv_link_stays_by(layers, &glance, target);
	rcu_read_unlock_sched();
	return stays;
}

static bool pv_link_stays(const struct pv_nameidata *nd, const char *target)
{
	const struct pv_layers *layers;
	const struct pv_glance *glance = NULL;
	bool stays = false;

	rcu_read_lock_sched();
	layers = pv_layers_current();
	if (likely(layers))
		glance = pv_glance_find(layers, &nd->path, nd->m_seq, nd->r_seq);
	if (likely(glance))
		stays = pv_link_stays_by(layers, glance, target);
	rcu_read_unlock_sched();
	return likely(glance) ? stays : pv_link_stays_slowly(nd, target);
}

/* Has it a ".." component?  True also if only a closer look than here could tell. */
static bool pv_link_climbs(const char *target)
{
	if (likely(*target != '.' && *target && !pv_path_may_dot(target)))
		return false;
	return !pv_link_is_simple(target);
}

/* The same in a brief walk, where it takes no more than a look. */
static const char *pv_link_briefly(struct pv_nameidata *nd, const char *target)
{
	if (!target || nd->flags & PV_LOOKUP_STRICT)
		return ERR_PTR(PV_WALK_AT_LENGTH);
	if (nd->state & PV_ND_JUMPED) {
		rcu_read_lock_sched();
		return pv_link_to_root(nd, target);
	}
	if (pv_link_climbs(target) || !pv_link_stays(nd, target))
		return ERR_PTR(PV_WALK_AT_LENGTH);
	return target;
}

/*
 * Stands for pick_link() and step_into(), whose arguments it only passes on.
 * They return what is to be walked next.
 */
const char *pv_handle_step(struct nameidata *nameidata, unsigned long a,
			   unsigned long b, unsigned long c)
{
	struct pv_nameidata *nd = (struct pv_nameidata *)nameidata;
	const struct path *dir = &nd->path;
	struct pv_walk *walk = NULL;
	bool link, brief, trusted = true;
	const char *target;

	pv_call_begin();
	/* The step is given its flags and where it goes to. */
	link = pv_links_picked || d_is_symlink((const struct dentry *)b);
	brief = pv_starts_taken && nd->flags & PV_LOOKUP_BRIEF;
	if (unlikely(link) && !brief)
		walk = pv_walk_now();
	/* Only now is it where the link lies. */
	if (unlikely(walk && walk->guarded))
		trusted = pv_link_trusted(walk->root, dir);
	target = pv_original_step(nameidata, a, b, c);
	/* A link that is the end of the walk itself has not been followed. */
	if (likely(!link) || IS_ERR(target) ||
	    (!target && d_is_symlink(dir->dentry)))
		goto out;
	if (brief)
		target = pv_link_briefly(nd, target);
	else
		target = trusted ? pv_link_followed(walk, dir, target) :
				   ERR_PTR(-ELOOP);
out:
	pv_call_end();
	return target;
}
