// SPDX-License-Identifier: GPL-2.0
/* Places: naming directories, and names that are walked from them. */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/path.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "hook/hooks.h"
#include "names/vpath.h"
#include "process/layers.h"
#include "process/process.h"
#include "process/root.h"
#include "process/standin.h"
#include "rules/path.h"
#include "rules/trie_match.h"

/*
 * Places come and go with every relative name, and are large.  That this cache
 * has a constructor saves clearing them where the kernel clears what it
 * allocates (init_on_alloc): strings need none.
 */
static struct kmem_cache *pv_vpath_cache;

static void pv_vpath_construct(void *vpath)
{
	memset(vpath, 0, sizeof(struct pv_vpath));
}

/**
 * pv_vpath_alloc - make room for what a directory is called
 * @gfp: how
 *
 * Return: room for it, for pv_vpath_free(), or NULL.  It says nothing yet.
 */
struct pv_vpath *pv_vpath_alloc(gfp_t gfp)
{
	return kmem_cache_alloc(pv_vpath_cache, gfp);
}

/**
 * pv_vpath_free - undo pv_vpath_alloc()
 * @vpath: what pv_vpath_alloc() returned
 */
void pv_vpath_free(struct pv_vpath *vpath)
{
	if (vpath)
		kmem_cache_free(pv_vpath_cache, vpath);
}

/**
 * pv_dir_name - what the kernel calls a directory
 * @path: the directory; a reference is held, or RCU read-locked
 * @buf: for the name
 * @size: the size of @buf
 *
 * Context: any in which d_path() may be called.
 * Return: the name, somewhere in @buf and normalised: "" for the root directory;
 * NULL if it has none: it was removed; ERR_PTR(-ENAMETOOLONG).
 */
const char *pv_dir_name(const struct path *path, char *buf, int size)
{
	const char *name;

	if (d_unlinked(path->dentry))
		return NULL;
	name = pv_original_d_path(path, buf, size);
	if (IS_ERR(name))
		return name;
	if (*name != '/')
		return NULL;
	return name[1] ? name : "";
}

/**
 * pv_vpath_set - say what a directory is called
 * @vpath: receives its names
 * @layers: what the process's names pass
 * @name: the real one, from pv_dir_name(); may lie in @scratch of @vpath
 * @route: how the process calls it
 */
void pv_vpath_set(struct pv_vpath *vpath, const struct pv_layers *layers,
		  const char *name, pv_route_t route)
{
	strscpy(vpath->real, name, PATH_MAX);
	vpath->route = pv_layers_reverse(layers, vpath->real, route, vpath->virtual,
					 vpath->scratch, PV_FOR_US);
}

/**
 * pv_vpath_name - name a directory
 * @vpath: receives its names
 * @layers: what the process's names pass
 * @root: the root directory that the running task has changed to, or NULL
 * @start: the directory; as with pv_dir_name()
 *
 * Context: as with pv_dir_name(); with @root may sleep.
 * Return: false if it has no name, or one that is too long for any call.  The
 * kernel's own walk is right there.
 */
bool pv_vpath_name(struct pv_vpath *vpath, const struct pv_layers *layers,
		   const struct pv_root *root, const struct pv_start *start)
{
	const char *name = pv_dir_name(&start->path, vpath->scratch, PATH_MAX);

	if (IS_ERR_OR_NULL(name))
		return false;
	if (root) {
		if (!pv_root_name(root, &start->path, name, vpath->virtual))
			return false;
		name = vpath->virtual;
	}
	pv_vpath_set(vpath, layers, name, start->route);
	return true;
}

/* Say it from the root directory that the task has changed to. */
static bool pv_vpath_reverse_from(struct pv_vpath *vpath, struct pv_layers *layers,
				  const struct pv_start *start, const char *real)
{
	char *name = vpath->scratch;
	const char *told = NULL;
	pv_route_t route;

	/* @real may lie in @vpath. */
	if (pv_root_name(layers->root, &start->path, real, name)) {
		strscpy(vpath->real, name, PATH_MAX);
		route = pv_layers_reverse(layers, vpath->real, start->route,
					  vpath->virtual, vpath->scratch, PV_FOR_PROCESS);
		/* If not by a rule, only the kernel can say what is out of reach. */
		if (route != PV_ROUTE_NATIVE || pv_standin_is(&start->path) ||
		    path_is_under(&start->path, &layers->root->inner))
			told = pv_root_strip(layers->root, vpath->virtual);
	}
	if (told)
		memmove(vpath->virtual, told, strlen(told) + 1);
	return told;
}

/**
 * pv_vpath_reverse - say a path as the running task would
 * @vpath: receives it in @virtual, ready to be told
 * @start: the path, which need be no directory
 * @real: what the kernel says; it need not lead anywhere, and may lie in @real
 *	of @vpath
 *
 * Return: %PV_REVERSED_OTHER if rules have it otherwise than the kernel,
 * %PV_REVERSED_SAME if it is @real, %PV_REVERSED_NOTHING if only the kernel can say it.
 */
enum pv_reversed pv_vpath_reverse(struct pv_vpath *vpath, const struct pv_start *start,
				  const char *real)
{
	struct pv_layers *layers = pv_layers_get_current();
	enum pv_reversed told = PV_REVERSED_NOTHING;

	if (layers && *real == '/' && likely(pv_layers_at_home(layers))) {
		if (!real[1])
			real = "";
		if (unlikely(layers->root))
			told = pv_vpath_reverse_from(vpath, layers, start, real) ?
			       PV_REVERSED_OTHER : PV_REVERSED_NOTHING;
		else
			told = pv_layers_reverse(layers, real, start->route,
						 vpath->virtual,
						 vpath->scratch, PV_FOR_PROCESS) ?
			       PV_REVERSED_OTHER : PV_REVERSED_SAME;
	}
	pv_layers_put(layers);
	if (told == PV_REVERSED_SAME && pv_standin_is(&start->path))
		told = PV_REVERSED_OTHER;
	if (told != PV_REVERSED_NOTHING && !*vpath->virtual)
		strscpy(vpath->virtual, "/", PATH_MAX);
	return told;
}

/**
 * pv_vpath_up - go up by one component
 * @dir: a path, normalised; becomes that of its parent
 */
void pv_vpath_up(char *dir)
{
	char *slash = strrchr(dir, '/');

	if (slash)
		*slash = '\0';
}

/*
 * Go up by the ".." that @name begins with; return the rest of it, or NULL if
 * nothing is left: a name must not lose its end, which can mean something.
 */
static const char *pv_vpath_leave(struct pv_vpath *vpath, const char *name)
{
	const char *next;

	for (;;) {
		next = name;
		while (*next == '/' || (next[0] == '.' && next[1] == '/'))
			next++;
		if (next[0] != '.' || next[1] != '.' ||
		    (next[2] != '/' && next[2]))
			return *next ? next : name;
		name = next + 2;
		if (!name[strspn(name, "/")])
			return NULL;
		pv_vpath_up(vpath->real);
		pv_vpath_up(vpath->virtual);
	}
}

static bool pv_vpath_append(char *dir, const char *name)
{
	size_t len = strlen(dir);

	if (len + 1 >= PATH_MAX)
		return false;
	dir[len++] = '/';
	return strscpy(dir + len, name, PATH_MAX - len) >= 0;
}

/**
 * pv_vpath_leads - does one of a directory's names lead there?
 * @vpath: the directory
 * @layers: what the process's names pass
 * @name: its @real or its @virtual
 *
 * Return: true if it does, and rules speak of nothing below it.
 */
bool pv_vpath_leads(struct pv_vpath *vpath, const struct pv_layers *layers,
		    const char *name)
{
	const char *leads = pv_layers_plain(layers, name, vpath->scratch);

	return leads && !strcmp(leads, vpath->real);
}

/**
 * pv_vpath_plain - is all that lies below a directory where the kernel's own walk finds it?
 * @vpath: the directory
 * @layers: what the process's names pass
 *
 * Return: true if it is.
 */
bool pv_vpath_plain(struct pv_vpath *vpath, const struct pv_layers *layers)
{
	return pv_vpath_leads(vpath, layers, vpath->virtual);
}

/**
 * pv_vpath_way - where does a name lead?
 * @vpath: from here; afterwards it is the name itself that it says: @real by
 *	the kernel's own walk, @virtual by the process's spelling, and with
 *	%PV_WAY_OTHER @scratch holds where it leads; but for %PV_WAY_UNKNOWN,
 *	@route is how the process calls what is there
 * @layers: what the process's names pass
 * @name: the name, relative
 * @more: more components may follow, whatever they are
 * @hit: receives the first rule that matched
 *
 * A directory has no symbolic links in its name, so a ".." that @name begins
 * with can be read off; what comes after a component cannot.
 *
 * Context: as with pv_layers_translate().
 * Return: see enum pv_way.
 */
enum pv_way pv_vpath_way(struct pv_vpath *vpath,
			 const struct pv_layers *layers, const char *name,
			 bool more, struct pv_hit *hit)
{
	const char *leads = vpath->virtual;
	ssize_t len;

	hit->rule = PV_NO_RULE;
	hit->under = false;
	if (!pv_name_dots(name) && pv_vpath_plain(vpath, layers))
		return PV_WAY_NATIVE;

	name = pv_vpath_leave(vpath, name);
	if (!name || !pv_vpath_append(vpath->real, name) ||
	    !pv_vpath_append(vpath->virtual, name) ||
	    pv_path_dots(vpath->virtual))
		return PV_WAY_UNKNOWN;

	len = pv_layers_translate(layers, vpath->virtual, vpath->scratch, hit);
	if (len < 0 || hit->under)
		return PV_WAY_UNKNOWN;
	vpath->route = hit->route;
	if (len)
		leads = vpath->scratch;
	if (strcmp(leads, vpath->real)) {
		if (!len)
			strscpy(vpath->scratch, vpath->virtual, PATH_MAX);
		return PV_WAY_OTHER;
	}
	if (!more)
		return PV_WAY_NATIVE;
	if (pv_path_normalise(vpath->virtual) < 0 ||
	    !pv_layers_plain(layers, vpath->virtual, vpath->scratch))
		return PV_WAY_UNKNOWN;
	return PV_WAY_NATIVE;
}

/**
 * pv_vpaths_init - get ready for places
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int __init pv_vpaths_init(void)
{
	/* getcwd() copies to user space from @virtual. */
	pv_vpath_cache =
		kmem_cache_create_usercopy("pathvirt_vpath",
					   sizeof(struct pv_vpath), 0,
					   SLAB_ACCOUNT,
					   offsetof(struct pv_vpath, virtual),
					   sizeof_field(struct pv_vpath, virtual),
					   pv_vpath_construct);
	return pv_vpath_cache ? 0 : -ENOMEM;
}

/**
 * pv_vpaths_uninit - undo pv_vpaths_init()
 *
 * Context: module load or unload; there are no places any more.
 */
void pv_vpaths_uninit(void)
{
	kmem_cache_destroy(pv_vpath_cache);
}
