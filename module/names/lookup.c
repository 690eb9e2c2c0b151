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
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/task_work.h>

#include "compat.h"
#include "hook/hooks.h"
#include "hook/inflight.h"
#include "names/audit.h"
#include "names/calls.h"
#include "names/handlers.h"
#include "names/lookup.h"
#include "names/resolve.h"
#include "names/selftest.h"
#include "names/start.h"
#include "names/vpath.h"
#include "names/walk.h"
#include "process/layers.h"
#include "process/pin_list.h"
#include "process/places.h"
#include "process/process.h"
#include "process/refresh.h"
#include "process/root.h"
#include "process/route.h"
#include "process/standin.h"
#include "rules/path.h"
#include "rules/translate.h"
#include "rules/trie_match.h"
#include "trace.h"

/* Buffers of PV_REAL_SIZE; why they are not just allocated is told in vpath.c. */
static struct kmem_cache *pv_real_cache;

/*
 * Is this a name that rules speak of?  Not so with a root of the caller's own,
 * nor when the kernel looks for firmware or writes a core file, which it does on
 * its own behalf.
 */
static __always_inline bool pv_walk_concerned(const struct path *root)
{
	return !root && !(current->flags & PF_DUMPCORE) &&
	       !pv_task_borrows_fs(current);
}

/* The directory that @dfd names, as the kernel would take it; a reference. */
static int pv_walk_dir(int dfd, struct pv_start *start)
{
	struct path *dir = &start->path;
	struct file *file;

	if (dfd == AT_FDCWD) {
		get_fs_pwd(current->fs, dir);
		start->route = pv_route_of(&current->fs->pwd, dir);
		return 0;
	}
	file = fget_raw(dfd);
	if (!file)
		return -EBADF;
	*dir = file->f_path;
	start->route = pv_route_of(&file->f_path, dir);
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
	struct pv_layers *layers = pv_layers_get_fresh();
	const char *name = walk->name->name;
	char *real = pv_walk_room(walk);
	ssize_t len = -ENOMEM;

	if (!layers)
		return 0;
	if (real)
		len = pv_layers_translate(layers, name, real, &walk->hit);
	if (len == -ENAMETOOLONG)
		len = pv_walk_squeezed(layers, name, real, &walk->hit);
	walk->route = walk->hit.route;
	pv_layers_put(layers);
	return len;
}

/* Forget what was found out when the name was resolved before. */
static void pv_walk_reset(struct pv_walk *walk)
{
	if (walk->from.mnt)
		path_put(&walk->from);
	walk->from.mnt = NULL;
	pv_root_put(walk->root);
	walk->root = NULL;
	walk->strict = false;
	walk->guarded = false;
	walk->jumps = false;
}

static ssize_t pv_walk_resolve_from(struct pv_walk *walk,
				    const struct pv_layers *layers,
				    const struct pv_start *start,
				    const char *name, char *real,
				    unsigned int flags)
{
	struct pv_resolved resolved = { .hit.rule = PV_NO_RULE };
	ssize_t len;

	len = pv_resolve(walk, layers, walk->root, start, name, real, flags,
			 &resolved);
	walk->hit = resolved.hit;
	walk->route = resolved.route;
	walk->from = resolved.from;
	walk->strict = resolved.strict && len > 0;
	walk->guarded = resolved.guarded && len > 0;
	walk->jumps = resolved.jumps;
	walk->linked = false;
	return walk->met ? PV_LINK_MET : len;
}

/*
 * Only a walk of ours can tell where the name leads.  The links on the way are
 * followed then, so the kernel's walk of the result has none left that rules
 * have to do with; if it meets one, somebody has put it there meanwhile.
 */
static noinline ssize_t pv_walk_resolve(struct pv_walk *walk, int dfd,
					unsigned int flags)
{
	struct pv_layers *layers = pv_layers_get_fresh();
	const char *name = walk->name->name;
	char *real = pv_walk_room(walk);
	struct pv_start start, *from = NULL;
	ssize_t len = -ENOMEM;

	pv_walk_reset(walk);
	walk->native = true;
	if (!layers)
		return 0;
	if (unlikely(layers->root))
		walk->root = pv_root_get(layers->root);
	if (!real)
		goto out;
	/* What a scope begins with, a "/" in front of the name or not. */
	if (*name != '/' || flags & LOOKUP_IS_SCOPED) {
		len = 0;
		if (pv_walk_dir(dfd, &start))
			goto out;
		from = &start;
	}
	len = pv_walk_resolve_from(walk, layers, from, name, real, flags);
	if (from)
		path_put(&start.path);
out:
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
static enum pv_way pv_walk_way(struct pv_walk *walk, struct pv_vpath *vpath,
			       const struct pv_layers *layers,
			       const struct pv_start *start, const char *name)
{
	enum pv_way way;

	if (!IS_ERR(name))
		pv_vpath_set(vpath, layers, name, start->route);
	else if (!pv_vpath_name(vpath, layers, NULL, start))
		return PV_WAY_NATIVE;
	way = pv_vpath_way(vpath, layers, walk->name->name, false, &walk->hit);
	walk->route = vpath->route;
	return way;
}

/*
 * May the process search the directories that the ".." of @name leave, as it takes to leave
 * them?  Some of those looked at here may lie above NEW, where nobody goes: so if not, only
 * a walk of ours can tell.
 */
static bool pv_walk_may_climb(const struct path *dir, const char *name)
{
	struct dentry *parent, *dentry = dget(dir->dentry);
	bool may = true;

	while (may) {
		while (*name == '/' || (name[0] == '.' && name[1] == '/'))
			name++;
		if (name[0] != '.' || name[1] != '.' || (name[2] != '/' && name[2]))
			break;
		name += 2;
		may = dentry != dir->mnt->mnt_root &&
		      !inode_permission(mnt_idmap(dir->mnt), d_inode(dentry),
					MAY_EXEC);
		parent = dget_parent(dentry);
		dput(dentry);
		dentry = parent;
	}
	dput(dentry);
	return may;
}

/* A name that is relative to @start. */
static ssize_t pv_walk_from(struct pv_walk *walk, const struct pv_start *start,
			    const struct pv_layers *layers, int dfd,
			    unsigned int flags)
{
	struct pv_vpath *vpath;
	const char *name;
	enum pv_way way;
	ssize_t len;

	if (pv_standin_is(&start->path))
		return pv_walk_resolve(walk, dfd, flags);
	/* Mostly one glance at where it is says that rules have no say. */
	name = pv_dir_name(&start->path, walk->brief_real, PV_BRIEF_SIZE);
	if (!name || (!IS_ERR(name) && !pv_name_dots(walk->name->name) &&
		      !pv_layers_concern(layers, name)))
		return 0;
	vpath = pv_vpath_alloc(GFP_KERNEL);
	if (!vpath)
		return -ENOMEM;
	way = pv_walk_way(walk, vpath, layers, start, name);
	if (way == PV_WAY_OTHER &&
	    !pv_walk_may_climb(&start->path, walk->name->name))
		way = PV_WAY_UNKNOWN;
	len = way == PV_WAY_OTHER ? pv_walk_take(walk, vpath->scratch) : 0;
	pv_vpath_free(vpath);
	return way == PV_WAY_UNKNOWN ? pv_walk_resolve(walk, dfd, flags) : len;
}

static noinline ssize_t pv_walk_relative(struct pv_walk *walk, int dfd,
					 unsigned int flags)
{
	struct pv_layers *layers = pv_layers_get_fresh();
	struct pv_start start;
	ssize_t len = 0;

	/* What is wrong with the directory the kernel will say. */
	if (layers && !pv_walk_dir(dfd, &start)) {
		len = pv_walk_from(walk, &start, layers, dfd, flags);
		path_put(&start.path);
	}
	pv_layers_put(layers);
	return len;
}

/* The process has changed its root directory, since it was attached or just now. */
static noinline ssize_t pv_walk_rooted(struct pv_walk *walk, int dfd,
				       unsigned int flags)
{
	struct pv_layers *layers = pv_layers_get_fresh();
	bool rooted = layers && layers->root;

	pv_layers_put(layers);
	if (!rooted && walk->name->name[0] != '/')
		return pv_walk_relative(walk, dfd, flags);
	return pv_walk_resolve(walk, dfd, flags);
}

/* Let the kernel walk another string. */
static __always_inline void pv_walk_swap(struct pv_walk *walk)
{
	struct filename *name = walk->name;

	walk->audit = pv_audit_mute();
	walk->virtual = name->name;
	name->name = walk->long_real ?: walk->brief_real;
	trace_translate(walk->virtual, name->name, walk->hit.layer,
			walk->hit.rule);
	pv_name_translated();
}

static __always_inline int pv_walk_begin(struct pv_walk *walk, int dfd,
					 struct filename *name,
					 unsigned int flags,
					 const struct path *root)
{
	const struct pv_layers *layers;
	/* What is not to be left or crossed is seen at each step only. */
	bool by_steps = flags & (LOOKUP_IS_SCOPED | LOOKUP_NO_XDEV |
				 PV_LOOKUP_STEPS);
	bool dots = false;
	bool rooted, concerned;
	pv_route_t route = PV_ROUTE_NATIVE;
	ssize_t len = 0;

	walk->virtual = NULL;
	walk->long_real = NULL;
	walk->name = name;
	walk->hit.layer = 0;
	walk->entered = false;
	walk->met = false;
	walk->from.mnt = NULL;
	walk->root = NULL;
	walk->tries = 0;
	if (IS_ERR_OR_NULL(name))
		return 0;
	concerned = pv_walk_concerned(root);

	rcu_read_lock_sched();
	layers = pv_layers_current();
	if (unlikely(!layers)) {
		rcu_read_unlock_sched();
		return 0;
	}
	rooted = layers->root || !pv_layers_at_home(layers);
	if (unlikely(!concerned || by_steps || rooted ||
		     name->name[0] != '/')) {
		/* Later, if at all. */
	} else if (likely(layers->nr == 1 && !layers->from[0])) {
		len = pv_translate(layers->tables[0], name->name, false,
				   walk->brief_real, PV_BRIEF_SIZE,
				   &walk->hit.rule, &dots);
		dots = pv_translate_dots(name->name, len, dots);
		/* Which tree of a union has it only a walk can tell. */
		if (len && unlikely(layers->tables[0]->rules[walk->hit.rule].under))
			dots = true;
		if (len > 0)
			route = layers->tables[0]->overlap ?
				      walk->hit.rule + 1ULL : PV_ROUTE_FIRST;
	} else {
		len = pv_layers_translate_dots(layers, name->name,
					       walk->brief_real, PV_BRIEF_SIZE,
					       &walk->hit, &dots);
		route = walk->hit.route;
	}
	rcu_read_unlock_sched();

	walk->native = !concerned || by_steps || !pv_links_followed;
	walk->reverse = false;
	walk->linked = false;
	walk->route = concerned ? route : PV_ROUTE_FIRST;
	pv_walk_enter(walk);
	if (unlikely(!concerned || !*name->name))
		return 0;
	if (unlikely(by_steps))
		len = pv_walk_resolve(walk, dfd, flags);
	else if (unlikely(rooted))
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

/* The name says again what the process wrote.  Return whether it did not. */
static __always_inline bool pv_walk_unswap(struct pv_walk *walk)
{
	if (likely(!walk->virtual))
		return false;
	walk->name->name = walk->virtual;
	walk->virtual = NULL;
	pv_audit_unmute(walk->audit);
	return true;
}

/*
 * The walk was broken off at a link.  Find out what to walk instead.  Who always
 * puts another link there than was there keeps his own name from being walked.
 */
static noinline int pv_walk_again(struct pv_walk *walk, int dfd,
				  unsigned int flags)
{
	ssize_t len;

	pv_walk_unswap(walk);
	walk->met = false;
	if (fatal_signal_pending(current))
		return -EINTR;
	if (walk->tries++ == MAXSYMLINKS)
		return -ELOOP;
	len = pv_walk_resolve(walk, dfd, flags);
	if (len > 0)
		pv_walk_swap(walk);
	return len < 0 ? len : 0;
}

static __always_inline void pv_walk_end(struct pv_walk *walk)
{
	pv_walk_unswap(walk);
	if (likely(walk->entered))
		pv_walk_leave(walk);
	if (unlikely(walk->long_real))
		kmem_cache_free(pv_real_cache, walk->long_real);
	if (unlikely(walk->root || walk->from.mnt))
		pv_walk_reset(walk);
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
	return unlikely(walk->from.mnt) ? &walk->from : root;
}

/* Where links are not seen (symlink.c), the kernel is asked to meet none. */
static __always_inline unsigned int pv_walk_blind(const struct pv_walk *walk)
{
	if (likely(!walk->from.mnt || pv_links_followed) || walk->jumps ||
	    !(walk->strict || walk->guarded))
		return 0;
	return LOOKUP_NO_SYMLINKS;
}

/* The walk has come to @err; was it at a link that was to be followed? */
static __always_inline int pv_walk_done(struct pv_walk *walk,
					unsigned int flags, int err)
{
	if (unlikely(err == -ELOOP) && pv_walk_blind(walk) && walk->strict &&
	    flags & LOOKUP_FOLLOW && !(flags & LOOKUP_NO_SYMLINKS))
		walk->met = true;
	return err;
}

static noinline struct file *pv_walk_open_from(struct pv_walk *walk,
					       const struct pv_open_flags *op)
{
	struct pv_open_flags blind = *op;
	struct file *file;

	blind.lookup_flags |= pv_walk_blind(walk);
	file = pv_open_root(&walk->from, walk->name->name, &blind);
	pv_walk_done(walk, op->lookup_flags, PTR_ERR_OR_ZERO(file));
	return file;
}

static __always_inline struct file *pv_walk_open(struct pv_walk *walk, int dfd,
						 const struct pv_open_flags *op)
{
	if (unlikely(walk->from.mnt))
		return pv_walk_open_from(walk, op);
	return pv_original_open(dfd, walk->name, op);
}

static __always_inline int pv_walk_lookup(struct pv_walk *walk, int dfd,
					  unsigned int flags, struct path *path,
					  const struct path *root)
{
	int err = pv_original_lookup(dfd, walk->name,
				     flags | pv_walk_blind(walk), path,
				     pv_walk_root(walk, root));

	return pv_walk_done(walk, flags, err);
}

/* How is a directory called by the first rule that leads there?  0, or -ENOMEM. */
static int pv_walk_first_how(const struct pv_layers *layers,
			     const struct path *path, pv_route_t *route)
{
	struct pv_start start = { .path = *path, .route = PV_ROUTE_FIRST };
	const struct pv_root *root = layers->root;
	char brief[PV_BRIEF_SIZE];
	struct pv_vpath *vpath;
	const char *name;

	*route = PV_ROUTE_NATIVE;
	name = pv_dir_name(path, brief, sizeof(brief));
	if (!name || (!root && !IS_ERR(name) &&
		      !pv_layers_concern(layers, name)))
		return 0;
	vpath = pv_vpath_alloc(GFP_KERNEL);
	if (!vpath)
		return -ENOMEM;
	if (pv_vpath_name(vpath, layers, root, &start))
		*route = vpath->route;
	pv_vpath_free(vpath);
	return 0;
}

/* How does the process call where the walk has led?  0, or -ENOMEM. */
static int pv_walk_route(struct pv_walk *walk, const struct pv_layers *layers,
			 int dfd, unsigned int flags, pv_route_t *route)
{
	int err = 0;

	if (walk->linked) {
		/* Once more, keeping account. */
		pv_walk_unswap(walk);
		err = pv_walk_resolve(walk, dfd, flags);
		walk->met = false;
	}
	*route = err < 0 ? PV_ROUTE_FIRST : walk->route;
	return err == -ENOMEM ? err : 0;
}

/* A directory has been come to.  Note how. */
static noinline int pv_walk_note_route(struct pv_walk *walk, int dfd,
				       unsigned int flags, const struct path *at)
{
	struct pv_layers *layers = pv_layers_get_fresh();
	u64 first, route = PV_ROUTE_FIRST;
	int err;

	if (!layers)
		return 0;
	err = pv_walk_first_how(layers, at, &first);
	if (!err && first != PV_ROUTE_NATIVE)
		err = pv_walk_route(walk, layers, dfd, flags, &route);
	pv_layers_put(layers);
	if (err)
		return err;
	return pv_route_note(at, route == first ? PV_ROUTE_FIRST : route);
}

static __always_inline int pv_walk_came_to(struct pv_walk *walk, int dfd,
					   unsigned int flags,
					   const struct path *at)
{
	if (likely(!walk->entered || !d_is_dir(at->dentry)))
		return 0;
	if (walk->route != PV_ROUTE_FIRST || walk->linked)
		return pv_walk_note_route(walk, dfd, flags, at);
	return pv_route_note(at, PV_ROUTE_FIRST);
}

/* The file, or its error. */
static __always_inline struct file *pv_walk_opened(struct pv_walk *walk, int dfd,
						   unsigned int flags,
						   struct file *file)
{
	int err;

	if (IS_ERR(file))
		return file;
	err = pv_walk_came_to(walk, dfd, flags, &file->f_path);
	if (likely(!err))
		return file;
	fput(file);
	return ERR_PTR(err);
}

/* Only who asks for a directory keeps it: chdir(), chroot(). */
static __always_inline int pv_walk_found(struct pv_walk *walk, int dfd,
					 unsigned int flags, struct path *path)
{
	int err;

	if (!(flags & LOOKUP_DIRECTORY))
		return 0;
	err = pv_walk_came_to(walk, dfd, flags, path);
	if (err)
		path_put(path);
	return err;
}

/*
 * May the walk be a brief one?  Not where a directory is not to be left, or no mount to be
 * crossed, as NEW is one to the process.
 */
static __always_inline bool pv_walk_may_be_brief(unsigned int flags,
						 const struct path *root)
{
	return likely(pv_starts_taken) &&
	       likely(!(flags & (LOOKUP_IS_SCOPED | LOOKUP_NO_XDEV))) &&
	       pv_walk_concerned(root);
}

/* May there be stand-ins for directories that are not there? */
static noinline bool pv_walk_has_standins(void)
{
	const struct pv_layers *layers;
	bool any;

	rcu_read_lock_sched();
	layers = pv_layers_current();
	any = layers && pv_layers_have_standins(layers);
	rcu_read_unlock_sched();
	return any;
}

/* What is in a directory that is there is too long, and not missing. */
static bool pv_name_is_too_long(const char *name)
{
	size_t len;

	do {
		name += strspn(name, "/");
		len = strcspn(name, "/");
		name += len;
	} while (len && len <= NAME_MAX);
	return len;
}

/*
 * What is not there for the kernel may be for rules; mostly that is seen in the name, if
 * nothing is to be made: that can fail otherwise where a stand-in is.
 */
static noinline bool pv_walk_may_stand_in(const struct filename *name,
					  const struct path *root, bool make)
{
	const struct pv_layers *layers;
	bool may = false;
	u32 i;

	if (IS_ERR_OR_NULL(name) || !pv_walk_concerned(root))
		return false;
	rcu_read_lock_sched();
	layers = pv_layers_current();
	if (layers && pv_layers_have_standins(layers)) {
		may = make || *name->name != '/' || layers->root ||
		      !pv_path_is_normal(name->name) || pv_path_dots(name->name) ||
		      pv_name_is_too_long(name->name);
		for (i = 0; i < layers->nr && !may; i++)
			may = pv_table_has_below(layers->tables[i], name->name,
						 PV_NO_RULE);
	}
	rcu_read_unlock_sched();
	return may;
}

static noinline struct file *pv_open_at_length(int dfd, struct filename *name,
					       const struct pv_open_flags *op,
					       unsigned int flags)
{
	struct pv_walk walk __uninitialized;
	struct file *file;
	int err;

	flags |= op->lookup_flags;
	/* What is made where a stand-in is would be in its way. */
	if (op->open_flag & O_CREAT && pv_walk_has_standins())
		flags |= PV_LOOKUP_STEPS;
	err = pv_walk_begin(&walk, dfd, name, flags, NULL);
	file = err ? ERR_PTR(err) : pv_walk_open(&walk, dfd, op);
	while (unlikely(walk.met)) {
		err = pv_walk_again(&walk, dfd, op->lookup_flags);
		file = err ? ERR_PTR(err) : pv_walk_open(&walk, dfd, op);
	}
	if (pv_walk_unswap(&walk) && unlikely(walk.audit) && !IS_ERR(file))
		pv_audit_opened(name, file, op->open_flag);
	file = pv_walk_opened(&walk, dfd, op->lookup_flags, file);
	pv_walk_end(&walk);
	return file;
}

static __always_inline struct file *
pv_open_briefly(int dfd, struct filename *name, const struct pv_open_flags *op)
{
	struct pv_open_flags brief = *op;
	struct file *file;

	brief.lookup_flags |= PV_LOOKUP_BRIEF | PV_LOOKUP_TELL;
	/* What may be made is no more than a name in its parent. */
	if (op->open_flag & O_CREAT)
		brief.lookup_flags |= PV_LOOKUP_PARENT;
	file = pv_original_open(dfd, name, &brief);
	if (IS_ERR(file) || likely(!d_is_dir(file->f_path.dentry)) ||
	    pv_start_is_first(&file->f_path))
		return file;
	fput(file);
	return ERR_PTR(PV_WALK_AT_LENGTH);
}

/* A brief walk has come to @file, or has not been tried: is there more to do? */
static noinline struct file *pv_open_otherwise(int dfd, struct filename *name,
					       const struct pv_open_flags *op,
					       struct file *file)
{
	if (file == ERR_PTR(PV_WALK_AT_LENGTH))
		file = pv_open_at_length(dfd, name, op, 0);
	if (file == ERR_PTR(-ENOENT) &&
	    pv_walk_may_stand_in(name, NULL, op->open_flag & O_CREAT))
		file = pv_open_at_length(dfd, name, op, PV_LOOKUP_STEPS);
	return file;
}

/* Stands for do_filp_open() and do_file_open(). */
struct file *pv_handle_open(int dfd, struct filename *name,
			    const struct pv_open_flags *op)
{
	struct file *file = ERR_PTR(PV_WALK_AT_LENGTH);

	pv_selftest_note_open(op);
	pv_call_begin();
	if (pv_walk_may_be_brief(op->lookup_flags, NULL))
		file = pv_open_briefly(dfd, name, op);
	if (IS_ERR(file))
		file = pv_open_otherwise(dfd, name, op, file);
	pv_call_end();
	return file;
}

static noinline int pv_lookup_at_length(int dfd, struct filename *name,
					unsigned int flags, struct path *path,
					const struct path *root, unsigned int extra)
{
	struct pv_walk walk __uninitialized;
	int err;

	err = pv_walk_begin(&walk, dfd, name, flags | extra, root);
	if (!err)
		err = pv_walk_lookup(&walk, dfd, flags, path, root);
	while (unlikely(walk.met)) {
		err = pv_walk_again(&walk, dfd, flags);
		if (!err)
			err = pv_walk_lookup(&walk, dfd, flags, path, root);
	}
	if (pv_walk_unswap(&walk) && unlikely(walk.audit) && !err)
		pv_audit_found(name, path, flags);
	if (likely(!err))
		err = pv_walk_found(&walk, dfd, flags, path);
	pv_walk_end(&walk);
	return err;
}

static __always_inline int pv_lookup_briefly(int dfd, struct filename *name,
					     unsigned int flags,
					     struct path *path)
{
	unsigned int brief = flags | PV_LOOKUP_BRIEF;
	int err;

	/* Only who asks for a directory keeps it: chdir(), chroot(). */
	if (unlikely(flags & LOOKUP_DIRECTORY))
		brief |= PV_LOOKUP_TELL;
	err = pv_original_lookup(dfd, name, brief, path, NULL);
	if (err || likely(!(flags & LOOKUP_DIRECTORY)) ||
	    pv_start_is_first(path))
		return err;
	path_put(path);
	return PV_WALK_AT_LENGTH;
}

/* A brief walk has come to @err, or has not been tried: is there more to do? */
static noinline int pv_lookup_otherwise(int dfd, struct filename *name,
					unsigned int flags, struct path *path,
					const struct path *root, int err)
{
	if (err == PV_WALK_AT_LENGTH)
		err = pv_lookup_at_length(dfd, name, flags, path, root, 0);
	if (err == -ENOENT && pv_walk_may_stand_in(name, root, false))
		err = pv_lookup_at_length(dfd, name, flags, path, root,
					  PV_LOOKUP_STEPS);
	return err;
}

/* Stands for filename_lookup(). */
int pv_handle_lookup(int dfd, struct filename *name, unsigned int flags,
		     struct path *path, const struct path *root)
{
	int err = PV_WALK_AT_LENGTH;

	pv_call_begin();
	if (pv_walk_may_be_brief(flags, root)) {
		/* So it need not be kept. */
		root = NULL;
		err = pv_lookup_briefly(dfd, name, flags, path);
	}
	if (err)
		err = pv_lookup_otherwise(dfd, name, flags, path, root, err);
	pv_call_end();
	return err;
}

/**
 * pv_lookup_as_told - look a name up where the running process finds it
 * @dfd: the directory that it is relative to
 * @name: the name
 * @flags: LOOKUP_x
 * @path: receives what it leads to, a reference
 *
 * Context: may sleep; not in a walk.
 * Return: 0 or an error.
 */
int pv_lookup_as_told(int dfd, struct filename *name, unsigned int flags,
		      struct path *path)
{
	return pv_handle_lookup(dfd, name, flags, path, NULL);
}

/*
 * The NEW that the name comes to by ORIGINAL's own name, as @last in @parent, or NULL.
 */
static const struct dentry *
pv_walk_place(const struct pv_walk *walk, const struct pv_table *table,
	      const struct path *parent, const struct qstr *last)
{
	const struct path *place = &table->places->new[walk->hit.rule];
	const struct pv_rule *rule = &table->rules[walk->hit.rule];
	const char *component = strrchr(rule->original, '/');
	const char *name = walk->virtual;
	size_t len = strlen(name), n;
	bool same;

	if (!place->mnt || !component)
		return NULL;
	spin_lock(&place->dentry->d_lock);
	same = place->dentry->d_parent == parent->dentry &&
	       d_same_name(place->dentry, parent->dentry, last);
	spin_unlock(&place->dentry->d_lock);
	if (!same)
		return NULL;
	/* By ORIGINAL, and not by NEW's own name from somewhere else. */
	while (len && name[len - 1] == '/')
		len--;
	n = strlen(++component);
	if (len < n || memcmp(name + len - n, component, n))
		return NULL;
	/* A "/" behind what is no directory is wrong before it is busy. */
	return d_is_dir(place->dentry) || !name[len] ? place->dentry : NULL;
}

/*
 * ORIGINAL itself is to be removed or renamed.  A mount point would be busy; else it
 * would be NEW.  A rename is told when it has come to both of its files.
 */
static noinline int pv_walk_busy(const struct pv_walk *walk,
				 const struct path *parent,
				 const struct qstr *last)
{
	const struct dentry *place = NULL;
	const struct pv_table *table;
	struct pv_layers *layers;
	int err = 0;

	if (walk->hit.rule == PV_NO_RULE)
		return 0;
	layers = pv_layers_get_fresh();
	if (layers && walk->hit.layer < layers->nr) {
		table = layers->tables[walk->hit.layer];
		if (table->places && walk->hit.rule < table->nr_rules)
			place = pv_walk_place(walk, table, parent, last);
	}
	if (place && !pv_pin_note_busy(place) &&
	    pv_call_takes_away(d_is_dir(place)))
		err = -EBUSY;
	pv_layers_put(layers);
	return err;
}

static noinline int pv_parent_at_length(int dfd, struct filename *name,
					unsigned int flags, struct path *parent,
					struct qstr *last, int *type,
					const struct path *root)
{
	unsigned int asked = flags | PV_LOOKUP_PARENT;
	struct pv_walk walk __uninitialized;
	int err;

	/* What is made where a stand-in is would be in its way. */
	if (pv_walk_has_standins())
		asked |= PV_LOOKUP_STEPS;
	err = pv_walk_begin(&walk, dfd, name, asked, root);
	if (!err)
		err = pv_original_parent(dfd, name, flags, parent, last, type,
					 pv_walk_root(&walk, root));
	while (unlikely(walk.met)) {
		err = pv_walk_again(&walk, dfd, asked);
		if (!err)
			err = pv_original_parent(dfd, name, flags, parent, last,
						 type,
						 pv_walk_root(&walk, root));
	}
	if (!err && walk.virtual) {
		err = pv_walk_busy(&walk, parent, last) ?:
		      pv_walk_keep_last(&walk, last);
		if (err)
			path_put(parent);
	}
	if (pv_walk_unswap(&walk) && unlikely(walk.audit) && !err)
		pv_audit_parent(name, parent);
	pv_walk_end(&walk);
	return err;
}

/* Stands for __filename_parentat(). */
int pv_handle_parent(int dfd, struct filename *name, unsigned int flags,
		     struct path *parent, struct qstr *last, int *type,
		     const struct path *root)
{
	unsigned int brief = flags | PV_LOOKUP_BRIEF | PV_LOOKUP_PARENT;
	int err = PV_WALK_AT_LENGTH;

	pv_call_begin();
	if (pv_walk_may_be_brief(flags, root))
		err = pv_original_parent(dfd, name, brief, parent, last, type,
					 NULL);
	if (unlikely(err == PV_WALK_AT_LENGTH))
		err = pv_parent_at_length(dfd, name, flags, parent, last, type,
					  root);
	if (unlikely(err == -ENOENT) && pv_walk_may_stand_in(name, root, true))
		err = pv_parent_at_length(dfd, name, flags, parent, last, type,
					  root);
	pv_call_end();
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
	pv_real_cache = kmem_cache_create("pathvirt_real", PV_REAL_SIZE, 0,
					  SLAB_ACCOUNT, pv_real_construct);
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
