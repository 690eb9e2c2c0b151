// SPDX-License-Identifier: GPL-2.0
/*
 * Starts: the handler of the function with which every walk begins.
 *
 * The kernel has found out where a walk begins: at the root directory, or in the
 * directory that a name is relative to.  Where a rule matches the name it begins at NEW
 * instead, with what ORIGINAL does not cover; the string stays what it is.  From a
 * directory from which all names lead where the kernel takes them nothing is changed.
 *
 * That is a brief walk.  Where it cannot be told by a look at the name, the walk is
 * broken off with PV_WALK_AT_LENGTH, and who handles the name (lookup.c) resolves it.  It
 * has not had any effect by then.
 */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/path.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "compat.h"
#include "hook/hooks.h"
#include "names/glance.h"
#include "names/handlers.h"
#include "names/selftest.h"
#include "names/start.h"
#include "names/walk.h"
#include "process/layers.h"
#include "process/notes.h"
#include "process/places.h"
#include "process/process.h"
#include "process/route.h"
#include "rules/path.h"
#include "rules/trie_match.h"
#include "trace.h"

struct pv_started pv_started[1 << PV_STARTED_BITS];

/* A name with ".." up to this length can be told by a look at it. */
#define PV_START_DOTS	128

static const char *pv_start_at_length(void)
{
	return ERR_PTR(PV_WALK_AT_LENGTH);
}

/*
 * A walk that is none under RCU.  @layers hold @place, but who holds @layers may just be
 * dropping them.  Preemption is off, and on afterwards.
 */
static noinline bool pv_start_go_held(struct pv_nameidata *nd,
				      const struct pv_layers *layers,
				      const struct path *place)
	__releases(RCU_SCHED)
{
	struct pv_layers *held = (struct pv_layers *)layers;
	struct path old = nd->path;

	if (!refcount_inc_not_zero(&held->refs)) {
		rcu_read_unlock_sched();
		return false;
	}
	rcu_read_unlock_sched();
	path_get(place);
	nd->path = *place;
	nd->inode = d_backing_inode(place->dentry);
	path_put(&old);
	pv_layers_put(held);
	return true;
}

/**
 * pv_start_go - let a walk go on at NEW
 * @nd: the walk
 * @layers: the running task's
 * @place: NEW, of these
 *
 * Context: rcu_read_lock_sched() is held; released.  May sleep if @nd is no walk under
 * RCU.
 * Return: false if there are other layers by now.
 */
bool pv_start_go(struct pv_nameidata *nd, const struct pv_layers *layers,
		 const struct path *place)
	__releases(RCU_SCHED)
{
	struct inode *inode;
	unsigned int seq;

	if (unlikely(!(nd->flags & LOOKUP_RCU)))
		return pv_start_go_held(nd, layers, place);
	seq = read_seqcount_begin(&place->dentry->d_seq);
	inode = d_backing_inode(place->dentry);
	if (likely(inode)) {
		nd->path = *place;
		nd->inode = inode;
		nd->seq = seq;
	}
	rcu_read_unlock_sched();
	return inode;
}

/* Append a component to a path of @len bytes.  The new length, 0 if it is too much. */
static size_t pv_start_append(char *path, size_t len, const char *name, size_t n)
{
	if (len + n + 2 > PV_START_DOTS)
		return 0;
	path[len++] = '/';
	memcpy(path + len, name, n);
	path[len + n] = '\0';
	return len + n;
}

/*
 * Does an absolute name with ".." lead where @rule (or, with PV_NO_RULE, the kernel)
 * takes it?  If there is no symbolic link on the way its directories are those that it
 * says, and each of them has to meet that rule.
 */
static noinline bool pv_start_dots(const struct pv_table *table,
				   const char *name, u32 rule)
{
	char path[PV_START_DOTS] = "";
	const char *rest;
	size_t len = 0, n;

	for (;;) {
		name += strspn(name, "/");
		n = strcspn(name, "/");
		if (!n)
			break;
		if (n == 2 && name[0] == '.' && name[1] == '.') {
			/* Above NEW for "/" there is more. */
			if ((!len && rule != PV_NO_RULE) ||
			    pv_table_match(table, path, &rest) != rule)
				return false;
			while (len && path[--len] != '/')
				;
			path[len] = '\0';
			if (pv_table_match(table, path, &rest) != rule)
				return false;
		} else if (n > 1 || *name != '.') {
			len = pv_start_append(path, len, name, n);
			if (!len)
				return false;
		}
		name += n;
	}
	return pv_table_match(table, path, &rest) == rule;
}

/**
 * struct pv_climb - the ".." of a relative name
 * @up: how far it climbs
 * @strict: it comes back from where it went down, so that a symbolic link would make a
 *	difference
 * @below: what follows behind the last "..", if they all come first; or NULL
 */
struct pv_climb {
	unsigned int up;
	bool strict;
	const char *below;
};

/* The same where "." and ".." may be anywhere. */
static void pv_start_climbs_slowly(const char *name, struct pv_climb *climb)
{
	unsigned int depth = 0;
	size_t n;

	for (;;) {
		name += strspn(name, "/");
		n = strcspn(name, "/");
		if (!n)
			return;
		if (n == 2 && name[0] == '.' && name[1] == '.') {
			if (depth) {
				depth--;
				climb->strict = true;
			} else {
				climb->up++;
			}
		} else if (n > 1 || *name != '.') {
			depth++;
		}
		name += n;
	}
}

/* How far does a relative name climb? */
static __always_inline void pv_start_climbs(const char *name, struct pv_climb *climb)
{
	climb->up = 0;
	climb->strict = false;
	climb->below = NULL;
	/* Mostly it climbs first, if at all. */
	while (name[0] == '.' && name[1] == '.' && name[2] == '/' && name[3] != '/') {
		climb->up++;
		name += 3;
	}
	if (likely(*name != '.' && !pv_path_may_dot(name)))
		climb->below = name;
	else
		pv_start_climbs_slowly(name, climb);
}

/*
 * May @rest of a name be walked from NEW?  Not where ORIGINAL itself is made, removed or
 * renamed: NEW has no name in a walk that begins there.  Nor if more follows than a file
 * can have, which the kernel does not look for where a walk begins.
 */
static __always_inline bool pv_start_rest(const struct path *place,
					  const char *rest, unsigned int flags)
{
	if (unlikely(flags & PV_LOOKUP_PARENT) &&
	    !*pv_path_skip_noops(rest + (*rest == '/')))
		return false;
	return likely(d_can_lookup(place->dentry)) || !*rest;
}

/* Let a walk begin at NEW; @rest is what ORIGINAL does not cover.  Preemption as below. */
static __always_inline const char *
pv_start_at_new(struct pv_nameidata *nd, const struct pv_layers *layers,
		const struct pv_table *table, u32 rule, const char *rest,
		unsigned int flags)
	__releases(RCU_SCHED)
{
	const struct path *place;

	place = pv_places_new(table->places, rule);
	if (unlikely(!place || !pv_start_rest(place, rest, flags) ||
		     trace_translate_enabled())) {
		rcu_read_unlock_sched();
		return pv_start_at_length();
	}
	if (unlikely(!pv_start_go(nd, layers, place)))
		return pv_start_at_length();
	pv_name_translated();
	if (flags & PV_LOOKUP_TELL)
		pv_started_note(nd->m_seq, PV_STARTED_FIRST);
	return rest;
}

/* What matched a name says where it is walked.  Preemption as below. */
static __always_inline const char *
pv_start_by(struct pv_nameidata *nd, const struct pv_layers *layers,
	    const struct pv_table *table, u32 rule, const char *rest,
	    const char *name, unsigned int flags)
	__releases(RCU_SCHED)
{
	if (rule != PV_NO_RULE && likely(!table->rules[rule].special))
		return pv_start_at_new(nd, layers, table, rule, rest, flags);
	rcu_read_unlock_sched();
	/* Which tree of a union has it only a look at each component can tell. */
	if (unlikely(rule != PV_NO_RULE && table->rules[rule].under))
		return pv_start_at_length();
	if (flags & PV_LOOKUP_TELL)
		pv_started_note(nd->m_seq, 0);
	return name;
}

/* An absolute name.  Preemption is off, and on again afterwards. */
static const char *
pv_start_absolute(struct pv_nameidata *nd, const struct pv_layers *layers,
		  const char *name, unsigned int flags)
	__releases(RCU_SCHED)
{
	const struct pv_table *table = layers->tables[0];
	const char *rest;
	u32 rule;

	/* Who has another root directory has other names. */
	if (unlikely(!path_equal(&nd->path, &table->places->root)))
		goto at_length;
	rule = pv_table_match(table, name, &rest);
	if (unlikely(flags & PV_LOOKUP_PARENT && table->places->standins) &&
	    rule == PV_NO_RULE &&
	    (!pv_path_is_normal(name) ||
	     pv_table_has_below(table, name, PV_NO_RULE)))
		goto at_length;
	if (unlikely(pv_path_scan(name))) {
		if (!pv_start_dots(table, name, rule))
			goto at_length;
		nd->flags |= PV_LOOKUP_STRICT;
	}
	return pv_start_by(nd, layers, table, rule, rest, name, flags);

at_length:
	rcu_read_unlock_sched();
	return pv_start_at_length();
}

/*
 * An absolute name that passes several tables, of which one at most changes it.  Preemption
 * as above.
 */
static noinline const char *pv_start_layers(struct pv_nameidata *nd,
					    const struct pv_layers *layers,
					    const char *name, unsigned int flags)
	__releases(RCU_SCHED)
{
	const struct pv_table *table;
	const char *rest = name;
	u32 i, rule = PV_NO_RULE;

	if (!path_equal(&nd->path, &layers->base->inner) || pv_path_scan(name) ||
	    (flags & PV_LOOKUP_PARENT && pv_layers_have_standins(layers))) {
		rcu_read_unlock_sched();
		return pv_start_at_length();
	}
	for (i = 0; i < layers->nr; i++) {
		table = layers->tables[i];
		rule = pv_table_match(table, name, &rest);
		if (rule != PV_NO_RULE && !table->rules[rule].exception)
			break;
	}
	return pv_start_by(nd, layers, table, rule, rest, name, flags);
}

/*
 * A name without "..", @below a directory which no rule leads to, but below which there
 * are ORIGINALs.  Preemption as below.
 */
static const char *pv_start_above(struct pv_nameidata *nd,
				  const struct pv_layers *layers,
				  struct pv_seek seek, const char *below,
				  const char *name, unsigned int flags)
	__releases(RCU_SCHED)
{
	const char *rest;
	const struct pv_table *table = layers->tables[0];
	u32 rule = pv_table_match_from(table, seek, below, &rest);

	if (unlikely(flags & PV_LOOKUP_PARENT && table->places->standins) &&
	    rule == PV_NO_RULE &&
	    (!pv_path_is_normal(below) ||
	     pv_table_has_below_from(table, seek, below))) {
		rcu_read_unlock_sched();
		return pv_start_at_length();
	}
	return pv_start_by(nd, layers, table, rule, rest, name, flags);
}

/*
 * The process has changed its root directory, and a rule may lead to outside of that.  Then
 * the kernel's own ".." must not follow a directory that somebody is just moving there.
 */
static bool pv_start_may_escape(const struct pv_layers *layers)
{
	return layers->seek.used != PV_SEEK_NOWHERE;
}

/*
 * An absolute name, from a root directory that the process has changed to.  Preemption as
 * above.
 */
static noinline const char *pv_start_rooted(struct pv_nameidata *nd,
					    const struct pv_layers *layers,
					    const char *name, unsigned int flags)
	__releases(RCU_SCHED)
{
	bool plain = !pv_start_may_escape(layers);

	if (!path_equal(&nd->path, &layers->root->inner) ||
	    (!plain && pv_path_scan(name))) {
		rcu_read_unlock_sched();
		return pv_start_at_length();
	}
	if (!plain)
		return pv_start_above(nd, layers, layers->seek, name + 1, name,
				      flags);
	rcu_read_unlock_sched();
	if (flags & PV_LOOKUP_TELL)
		pv_started_note(nd->m_seq, 0);
	return name;
}

/*
 * What is known of where the walk is, for a name that climbs by @up directories, after it
 * was found out if need be.  Preemption as below; it is on meanwhile.
 */
static bool pv_start_glance(struct pv_nameidata *nd, const struct pv_layers *layers,
			    unsigned int up, struct pv_glance *glance)
{
	const struct pv_glance *known;

	known = pv_glance_find(layers, &nd->path, nd->m_seq, nd->r_seq);
	if (likely(known && (!up || (known->up != PV_UP_UNKNOWN &&
				     (up <= known->up || up == known->far))))) {
		*glance = *known;
		return true;
	}
	rcu_read_unlock_sched();
	known = pv_glance_take(&nd->path, nd->m_seq, nd->r_seq, up, glance) ?
		glance : NULL;
	rcu_read_lock_sched();
	/* Other rules may have come meanwhile. */
	return known && pv_layers_current() == layers &&
	       glance->layers == layers;
}

/*
 * May the process go up by so many directories from where the walk is?  That takes the right
 * to search each of them.  Return false also if it cannot be told here.
 */
static bool pv_start_may_climb(const struct pv_nameidata *nd, unsigned int up)
{
	const struct dentry *dentry = nd->path.dentry;
	struct inode *inode;

	if (!(nd->flags & LOOKUP_RCU))
		return false;
	while (up--) {
		inode = d_inode_rcu(dentry);
		/* Above a mount there is another one. */
		if (!inode || dentry == nd->path.mnt->mnt_root ||
		    inode_permission(mnt_idmap(nd->path.mnt), inode,
				     MAY_EXEC | MAY_NOT_BLOCK))
			return false;
		dentry = READ_ONCE(dentry->d_parent);
	}
	return true;
}

/*
 * A relative name that climbs over the edge of a rule, or out of a directory that rules do not
 * speak of to one below which they do: to NEW by the rule that it meets then, or the kernel's
 * own way.  Preemption as below.
 */
static noinline const char *pv_start_over(struct pv_nameidata *nd,
					  const struct pv_layers *layers,
					  const struct pv_glance *glance,
					  const struct pv_climb *climb,
					  const char *name, unsigned int flags)
	__releases(RCU_SCHED)
{
	const struct pv_table *table = layers->tables[0];
	unsigned int up = glance->far_native ? climb->up : glance->up + 1;
	const char *rest;
	bool may;
	u32 rule;

	if (!climb->below || climb->up != glance->far ||
	    !(glance->far_native || glance->far_edge) ||
	    (flags & PV_LOOKUP_PARENT && table->places->standins))
		goto at_length;
	rule = pv_table_match_from(table, glance->far_seek, climb->below, &rest);
	if (rule == PV_NO_RULE || table->rules[rule].exception) {
		if (!glance->far_native)
			goto at_length;
	} else {
		rcu_read_unlock_sched();
		may = pv_start_may_climb(nd, up);
		rcu_read_lock_sched();
		if (!may || pv_layers_current() != layers)
			goto at_length;
	}
	return pv_start_by(nd, layers, table, rule, rest, name, flags);

at_length:
	rcu_read_unlock_sched();
	return pv_start_at_length();
}

/*
 * A relative name, from a directory of which nothing is noted.  Preemption as above.
 */
static noinline const char *
pv_start_relative_slowly(struct pv_nameidata *nd, const struct pv_layers *layers,
			 const char *name, unsigned int flags)
	__releases(RCU_SCHED)
{
	struct pv_glance glance;
	struct pv_climb climb;

	pv_start_climbs(name, &climb);
	if (unlikely(layers->root) && pv_start_may_escape(layers) &&
	    (climb.up || climb.strict))
		goto at_length;
	if (unlikely(!pv_start_glance(nd, layers, climb.up, &glance)))
		goto at_length;
	if (unlikely(!glance.plain)) {
		if (!glance.open || climb.strict)
			goto at_length;
		if (!climb.up)
			return pv_start_above(nd, layers, glance.seek, name, name,
					      flags);
		return pv_start_over(nd, layers, &glance, &climb, name, flags);
	}
	if (unlikely(climb.up && (glance.up == PV_UP_UNKNOWN || climb.up > glance.up)))
		return pv_start_over(nd, layers, &glance, &climb, name, flags);
	rcu_read_unlock_sched();
	if (unlikely(climb.strict))
		nd->flags |= PV_LOOKUP_STRICT;
	/* From outside of NEW it may lead there by NEW's own name. */
	if (flags & PV_LOOKUP_TELL)
		pv_started_note(nd->m_seq,
				glance.outside ? 0 : PV_STARTED_FIRST);
	return name;

at_length:
	rcu_read_unlock_sched();
	return pv_start_at_length();
}

/* The same, where a look is enough. */
static __always_inline const char *
pv_start_relative(struct pv_nameidata *nd, const struct pv_layers *layers,
		  const char *name, unsigned int flags)
	__releases(RCU_SCHED)
{
	const struct pv_glance *glance;
	bool outside;

	if (unlikely((name[0] == '.' && name[1] == '.') || pv_path_may_dot(name)))
		goto slowly;
	glance = pv_glance_find(layers, &nd->path, nd->m_seq, nd->r_seq);
	if (unlikely(!glance))
		goto slowly;
	if (unlikely(!glance->plain) &&
	    !(glance->open &&
	      pv_seek_misses(layers->tables[0], glance->seek, name)))
		goto slowly;
	outside = glance->outside;
	rcu_read_unlock_sched();
	if (flags & PV_LOOKUP_TELL)
		pv_started_note(nd->m_seq, outside ? 0 : PV_STARTED_FIRST);
	return name;

slowly:
	return pv_start_relative_slowly(nd, layers, name, flags);
}

/* A name that takes more than a look.  Preemption as above. */
static noinline const char *pv_start_slowly(struct pv_nameidata *nd,
					    const struct pv_layers *layers,
					    const char *name, unsigned int flags)
	__releases(RCU_SCHED)
{
	if (*name == '/' && layers->quick) {
		if (unlikely(layers->root))
			return pv_start_rooted(nd, layers, name, flags);
		if (likely(layers->nr == 1))
			return pv_start_absolute(nd, layers, name, flags);
		return pv_start_layers(nd, layers, name, flags);
	}
	rcu_read_unlock_sched();
	return pv_start_at_length();
}

/* A relative name of a process that has notes, or an empty one.  Preemption as above. */
static noinline const char *pv_start_noted(struct pv_nameidata *nd,
					   const struct pv_process *process,
					   const struct pv_layers *layers,
					   const char *name, unsigned int flags)
	__releases(RCU_SCHED)
{
	if (layers->quick && *name &&
	    !pv_notes_mention(&process->notes, nd->path.dentry))
		return pv_start_relative(nd, layers, name, flags);
	rcu_read_unlock_sched();
	return pv_start_at_length();
}

/* Does the kernel's own way lead where an absolute name does?  A look tells, or false. */
static __always_inline bool pv_start_is_native(const struct pv_table *table,
					       const char *name, unsigned int flags)
{
	/* What is made may have a stand-in. */
	if (unlikely(flags & PV_LOOKUP_PARENT) && table->places->standins)
		return false;
	return pv_table_misses(table, name) && likely(!pv_path_may_dot(name));
}

static noinline const char *pv_start_noting(const struct pv_nameidata *nd,
					    const char *name)
{
	pv_started_note(nd->m_seq, 0);
	return name;
}

/* What the names of @process pass is known.  Preemption as above. */
static __always_inline const char *
pv_start_by_layers(struct pv_nameidata *nd, const struct pv_process *process,
		   const struct pv_layers *layers, const char *name,
		   unsigned int flags)
	__releases(RCU_SCHED)
{
	if (*name != '/') {
		if (likely(layers->quick && *name) &&
		    likely(!rcu_access_pointer(process->notes.notes)))
			return pv_start_relative(nd, layers, name, flags);
		return pv_start_noted(nd, process, layers, name, flags);
	}
	if (unlikely(!path_equal(&nd->path, &layers->home)) ||
	    !pv_start_is_native(layers->tables[0], name, flags))
		return pv_start_slowly(nd, layers, name, flags);
	rcu_read_unlock_sched();
	return flags & PV_LOOKUP_TELL ? pv_start_noting(nd, name) : name;
}

/* Some calls of @process go by other layers than it has by now.  Preemption as above. */
static noinline const char *pv_start_pinned(struct pv_nameidata *nd,
					    struct pv_process *process,
					    const char *name, unsigned int flags)
	__releases(RCU_SCHED)
{
	const struct pv_layers *layers = pv_process_layers(process);

	if (layers)
		return pv_start_by_layers(nd, process, layers, name, flags);
	rcu_read_unlock_sched();
	nd->flags &= ~PV_LOOKUP_BRIEF;
	return name;
}

/*
 * Most walks of attached processes end here, with nothing to be changed: so it needs
 * neither room nor many registers, and leaves all else to others by a jump.
 */
static __always_inline const char *pv_start_brief(struct pv_nameidata *nd,
						  const char *name,
						  unsigned int flags)
{
	const struct pv_layers *layers = NULL;
	struct pv_process *process;

	nd->flags &= ~PV_LOOKUP_STRICT;
	rcu_read_lock_sched();
	process = pv_process_current();
	if (likely(process)) {
		layers = rcu_dereference_sched(process->layers);
		if (unlikely(READ_ONCE(process->pins)))
			return pv_start_pinned(nd, process, name, flags);
	}
	if (likely(layers))
		return pv_start_by_layers(nd, process, layers, name, flags);
	rcu_read_unlock_sched();
	nd->flags &= ~PV_LOOKUP_BRIEF;
	return name;
}

/* Stands for path_init(). */
const char *pv_handle_start(struct nameidata *nameidata, unsigned int flags)
{
	struct pv_nameidata *nd = (struct pv_nameidata *)nameidata;
	const char *name = pv_original_start(nameidata, flags);

	pv_selftest_note_start(nd, name, flags);
	if (!(flags & PV_LOOKUP_BRIEF) || IS_ERR(name))
		return name;
	return pv_start_brief(nd, name, flags);
}

static noinline bool pv_start_outside_slowly(const struct path *at,
					     unsigned int m_seq, unsigned int r_seq)
{
	struct pv_glance glance;

	return pv_glance_take(at, m_seq, r_seq, 0, &glance) && glance.outside;
}

/* Is it called what it is, as no rule leads there? */
static bool pv_start_outside(const struct path *at, unsigned int m_seq)
{
	unsigned int r_seq = read_seqbegin(&rename_lock);
	const struct pv_glance *known = NULL;
	const struct pv_layers *layers;
	bool outside = false;

	rcu_read_lock_sched();
	layers = pv_layers_current();
	if (likely(layers))
		known = pv_glance_find(layers, at, m_seq, r_seq);
	if (likely(known))
		outside = known->outside;
	rcu_read_unlock_sched();
	return likely(known) ? outside : pv_start_outside_slowly(at, m_seq, r_seq);
}

/**
 * pv_start_is_first - has a brief walk led to a directory as the process calls it first?
 * @at: the directory, where its path is kept; a reference
 *
 * Context: may sleep.
 * Return: false if only another walk can tell how the process calls it, or if memory is
 * short.
 */
bool pv_start_is_first(const struct path *at)
{
	u64 word = READ_ONCE(*pv_started_word());
	u32 who = word >> 32;

	if (who >> PV_STARTED_NOTE_BITS != current->pid)
		return false;
	return (who & PV_STARTED_FIRST || pv_start_outside(at, word)) &&
	       !pv_route_note(at, PV_ROUTE_FIRST);
}
