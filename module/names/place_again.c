// SPDX-License-Identifier: GPL-2.0
/*
 * Seeing whether rules still lead where they have led.
 *
 * Who sets a table again is to have what he would have had by looking all up anew.  So
 * each NEW has to be what its name leads to now, for who asks.  Mostly that takes no walk:
 * where many NEWs lie in one directory, that is looked up, with the right to search it,
 * and of each NEW it is seen that it is in there still, by its name, and that nobody would
 * have to be asked.
 */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "hook/hooks.h"
#include "names/place_find.h"
#include "names/vpath.h"
#include "process/place.h"
#include "rules/rule.h"

/**
 * struct pv_again - where we are
 * @root: the root directory that names are looked up from
 * @parent: the directory in which the last NEW was; a reference; without mnt if it is not
 *	known
 * @name: what it is called, in a rule
 * @len: how long that is
 * @buf: for names
 */
struct pv_again {
	const struct path *root;
	struct path parent;
	const char *name;
	size_t len;
	char buf[PATH_MAX];
};

/* What a name leads to: a reference, or nothing, without mnt. */
static struct path pv_again_lookup(const struct pv_again *again, const char *name)
{
	struct filename *filename = getname_kernel(name);
	struct path path = { };

	if (IS_ERR(filename))
		return path;
	if (pv_lookup(AT_FDCWD, filename, LOOKUP_FOLLOW, &path, again->root))
		path.mnt = NULL;
	putname(filename);
	return path;
}

/* Does the kernel call it so?  The name is @len bytes long. */
static bool pv_again_called(struct pv_again *again, const struct path *path,
			    const char *name, size_t len)
{
	const char *called = pv_dir_name(path, again->buf, PATH_MAX);

	return !IS_ERR_OR_NULL(called) && !strncmp(called, name, len) &&
	       !called[len];
}

static void pv_again_leave(struct pv_again *again)
{
	if (again->parent.mnt)
		path_put(&again->parent);
	again->parent.mnt = NULL;
}

/* Go to the directory with that name, if it leads straight there. */
static void pv_again_enter(struct pv_again *again, const char *name, size_t len)
{
	if (again->parent.mnt && again->len == len &&
	    !memcmp(again->name, name, len))
		return;
	pv_again_leave(again);
	/* The dot asks for the right to search it. */
	if (snprintf(again->buf, PATH_MAX, "%.*s/.", (int)len, name) >= PATH_MAX)
		return;
	again->parent = pv_again_lookup(again, again->buf);
	again->name = name;
	again->len = len;
	if (again->parent.mnt &&
	    !pv_again_called(again, &again->parent, name, len))
		pv_again_leave(again);
}

/* A walk would do more than find these by their name. */
#define PV_DENTRY_ASKS	(DCACHE_MANAGED_DENTRY | DCACHE_OP_REVALIDATE | \
			 DCACHE_OP_WEAK_REVALIDATE | DCACHE_OP_HASH | \
			 DCACHE_OP_COMPARE)

/* Would a walk from @parent by @name find @place? */
static bool pv_again_is_in(const struct path *place, const struct path *parent,
			   const char *name)
{
	struct dentry *dentry = place->dentry;
	size_t len = strlen(name);
	bool found;

	if (place->mnt != parent->mnt || d_is_symlink(dentry))
		return false;
	spin_lock(&dentry->d_lock);
	found = dentry->d_parent == parent->dentry && !d_unhashed(dentry) &&
		!(dentry->d_flags & PV_DENTRY_ASKS) && !d_is_negative(dentry) &&
		dentry->d_name.len == len &&
		!memcmp(dentry->d_name.name, name, len);
	spin_unlock(&dentry->d_lock);
	return found;
}

/* Is NEW seen to be where it was? */
static bool pv_again_seen(struct pv_again *again, const struct pv_rule *rule,
			  const struct path *place)
{
	const char *slash = strrchr(rule->new, '/');

	/* It was said by a link, or is the root directory. */
	if (!slash || strcmp(rule->given, rule->new))
		return false;
	pv_again_enter(again, rule->new, slash - rule->new);
	return again->parent.mnt &&
	       pv_again_is_in(place, &again->parent, slash + 1);
}

/* Is it found there?  It must be called as it was, too. */
static bool pv_again_found(struct pv_again *again, const struct pv_rule *rule,
			   const struct path *place)
{
	struct path path;
	bool same;

	path = pv_again_lookup(again, *rule->given ? rule->given : "/");
	if (!path.mnt)
		return false;
	same = path_equal(&path, place);
	path_put(&path);
	return same && pv_again_called(again, place, rule->new, rule->new_len);
}

/* 1 if all lead where they have led, 0 if not; or -EINTR. */
static int pv_again_all(struct pv_again *again, const struct pv_table *table)
{
	const struct path *place = table->places->new;
	const struct pv_rule *rule = table->rules;
	u32 i;

	for (i = 0; i < table->nr_rules; i++, rule++, place++) {
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		/* An exception. */
		if (!place->mnt)
			continue;
		if (!pv_again_seen(again, rule, place) &&
		    !pv_again_found(again, rule, place))
			return 0;
		if (rule->under && pv_place_check_union(rule, again->root))
			return 0;
	}
	return 1;
}

/**
 * pv_places_lead_again - would what a table leads to be found again?
 * @table: the table; a reference is held, and it has places
 *
 * Context: may sleep; with the rights of the running task.
 * Return: 1 if the running task, setting the same rules, would get the very same; 0 if not,
 * or if that cannot be told; -EINTR, -ENOMEM.
 */
int pv_places_lead_again(const struct pv_table *table)
{
	const struct pv_places *places = table->places;
	struct pv_again *again;
	int same;

	if (!pv_places_ours(places))
		return 0;
	again = kmalloc(sizeof(*again), GFP_KERNEL_ACCOUNT);
	if (!again)
		return -ENOMEM;
	again->root = &places->root;
	again->parent.mnt = NULL;
	same = pv_again_all(again, table);
	pv_again_leave(again);
	kfree(again);
	if (same <= 0)
		return same;
	same = pv_places_float(table);
	return same < 0 ? same : same == !!places->standins;
}
