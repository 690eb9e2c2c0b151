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
#include <linux/errno.h>
#include <linux/path.h>
#include <linux/string.h>

#include "compat.h"
#include "hooks.h"
#include "place.h"
#include "process.h"
#include "proof.h"
#include "walk.h"

/* The error; nobody but us sees it. */
#define PV_LINK_MET	(-EBADTYPE)

/* May @target lead elsewhere than the kernel takes it? */
static bool pv_link_leads_away(struct pv_place *place,
			       const struct pv_layers *layers,
			       const struct pv_start *dir, const char *target,
			       bool *names)
{
	struct pv_hit hit;

	if (!pv_place_name(place, layers, NULL, dir))
		return false;
	*names = place->how != PV_BY_NONE;
	return pv_place_way(place, layers, target, true, &hit) != PV_WAY_NATIVE;
}

/*
 * May the target lead elsewhere than the kernel takes it?  For an absolute one
 * @path is the root directory already, and @target has lost its first "/".
 *
 * By which of its names the walk has come to a directory that has several is not
 * known here, as a walk may begin once more.  The target must lead to the same
 * place from all of them.
 */
static bool pv_link_matters_in(struct pv_place *place,
			       const struct pv_layers *layers,
			       const struct path *path, const char *target)
{
	struct pv_start dir = { .path = *path, .how = PV_BY_FIRST };
	bool names = false;

	if (pv_link_leads_away(place, layers, &dir, target, &names))
		return true;
	if (!names)
		return false;
	dir.how = PV_BY_NONE;
	return pv_layers_overlap(layers) ||
	       pv_link_leads_away(place, layers, &dir, target, &names);
}

static bool pv_link_matters(const struct path *dir, const char *target)
{
	struct pv_layers *layers = pv_layers_get_current();
	struct pv_place *place;
	bool matters = true;

	if (!layers)
		return false;
	/* Maybe in RCU walk.  Without memory, resolving decides what to do. */
	place = pv_place_alloc(GFP_NOWAIT | __GFP_NOWARN);
	if (place)
		matters = pv_link_matters_in(place, layers, dir, target);
	pv_place_free(place);
	pv_layers_put(layers);
	return matters;
}

/*
 * A link was followed: to @target, or, if that is NULL, straight to where the
 * walk is now.  Return what is to be walked next.
 */
static const char *pv_link_followed(const struct path *dir, const char *target)
{
	struct pv_walk *walk = pv_walk_now();

	pv_proof_note_step(dir, target);
	if (!walk || walk->native)
		return target;
	walk->linked = true;
	if (!pv_link_matters(dir, target ?: ""))
		return target;
	walk->met = true;
	return ERR_PTR(PV_LINK_MET);
}

/*
 * Stands for pick_link() and step_into(), whose arguments it only passes on.
 * They return what is to be walked next.
 */
const char *pv_handle_step(struct nameidata *nd, unsigned long a,
			   unsigned long b, unsigned long c)
{
	/* Its first member: where the walk has come to. */
	const struct path *dir = (const struct path *)nd;
	const char *target;
	bool link;

	pv_call_begin();
	link = pv_step_is_link(a, b);
	target = pv_original_step(nd, a, b, c);
	/* A link that is the end of the walk itself has not been followed. */
	if (unlikely(link) && !IS_ERR(target) &&
	    (target || !d_is_symlink(dir->dentry)))
		target = pv_link_followed(dir, target);
	pv_call_end();
	return target;
}
