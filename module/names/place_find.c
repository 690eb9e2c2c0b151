// SPDX-License-Identifier: GPL-2.0
/*
 * Finding the places that rules lead to.
 *
 * NEW is looked up when its rule is set, by who sets it, as a mount would be: from the
 * root directory of the process, by whatever links.  From then on the rule leads there.
 * Looked up by name each time are NEWs that something was mounted on since, all of them
 * for who has another root directory by now, and those of a table that asks for it
 * (--late): that has no places but for its stand-ins' sake.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/overflow.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "compat.h"
#include "hook/hooks.h"
#include "names/place_find.h"
#include "names/vpath.h"
#include "process/layers.h"
#include "process/places.h"
#include "process/root.h"
#include "process/standin.h"
#include "rules/draft.h"
#include "rules/rule.h"

/*
 * NEW passes the layers below, as any name does; in @buf, if that changes it.  In @trees is
 * where it is looked for, if some of them are unions.
 */
static const char *pv_place_name(const struct pv_rule *rule,
				 const struct pv_layers *below, char *buf,
				 struct pv_trees *trees)
{
	struct pv_hit hit;
	ssize_t len = 0;

	if (below && below->unions)
		len = pv_trees_translate(below, trees, rule->new, buf, &hit);
	else if (below)
		len = pv_layers_translate(below, rule->new, buf, &hit);
	if (len < 0)
		return ERR_PTR(len);
	if (len)
		return buf;
	return *rule->new ? rule->new : "/";
}

static int pv_place_find_in(const struct pv_rule *rule, const struct path *root,
			    const struct pv_layers *below, char *buf,
			    struct pv_trees *trees, struct path *place)
{
	struct filename *filename;
	const char *name;
	int err;

	name = pv_place_name(rule, below, buf, trees);
	if (IS_ERR(name))
		return PTR_ERR(name);
	filename = getname_kernel(name);
	if (IS_ERR(filename))
		return PTR_ERR(filename);
	err = pv_lookup(AT_FDCWD, filename, LOOKUP_FOLLOW, place, root);
	putname(filename);
	if (err)
		place->mnt = NULL;
	return err;
}

/**
 * pv_place_check_union - can what a union lacks be found at ORIGINAL?
 * @rule: the union
 * @root: the root directory that names are looked up from
 *
 * The last tree of a union is ORIGINAL, which a name has come to by no link.
 *
 * Context: may sleep; with the rights of the running task.
 * Return: 0, or -EINVAL if there is a link in ORIGINAL.
 */
int pv_place_check_union(const struct pv_rule *rule, const struct path *root)
{
	struct filename *filename;
	struct path path;
	int err;

	filename = getname_kernel(*rule->original ? rule->original : "/");
	if (IS_ERR(filename))
		return PTR_ERR(filename);
	err = pv_original_lookup(AT_FDCWD, filename,
				 LOOKUP_FOLLOW | LOOKUP_NO_SYMLINKS, &path, root);
	putname(filename);
	if (!err)
		path_put(&path);
	return err == -ELOOP ? -EINVAL : 0;
}

static int pv_place_find(const struct pv_rule *rule, const struct path *root,
			 const struct pv_layers *below, char *buf,
			 struct path *place)
{
	struct pv_trees trees;
	unsigned int left = PV_MAX_TREES;
	int err;

	if (rule->exception)
		return 0;
	pv_trees_begin(&trees);
	do {
		err = pv_place_find_in(rule, root, below, buf, &trees, place);
	} while (err == -ENOENT && below && below->unions && --left &&
		 pv_trees_next(below, &trees));
	if (!err && rule->under && !below)
		err = pv_place_check_union(rule, root);
	return err;
}

/* Is the directory that ORIGINAL lies in not there? */
static bool pv_place_floats(const struct pv_rule *rule, const struct path *root)
{
	const char *slash = strrchr(rule->original, '/');
	struct filename *filename;
	struct path path;
	char *parent;
	int err;

	if (!slash || slash == rule->original)
		return false;
	parent = kstrndup(rule->original, slash - rule->original,
			  GFP_KERNEL_ACCOUNT);
	if (!parent)
		return true;
	filename = getname_kernel(parent);
	kfree(parent);
	if (IS_ERR(filename))
		return true;
	err = pv_lookup(AT_FDCWD, filename, LOOKUP_FOLLOW, &path, root);
	putname(filename);
	if (!err)
		path_put(&path);
	return err == -ENOENT;
}

/* Do two ORIGINALs lie in the same directory? */
static bool pv_rules_neighbours(const struct pv_rule *a, const struct pv_rule *b)
{
	const char *slash = strrchr(a->original, '/');
	size_t len = slash ? slash - a->original + 1 : 0;

	return len && !strncmp(a->original, b->original, len) &&
	       !strchr(b->original + len, '/');
}

/**
 * pv_places_float - is there no directory for some ORIGINAL of a table to lie in?
 * @table: the table, with its places
 *
 * Context: may sleep; with the rights of the running task.
 * Return: 1 or 0, or -EINTR.
 */
int pv_places_float(const struct pv_table *table)
{
	const struct pv_rule *rule = table->rules;
	u32 i;

	for (i = 0; i < table->nr_rules; i++, rule++) {
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		if (i && pv_rules_neighbours(rule - 1, rule))
			continue;
		if (!rule->exception && pv_place_floats(rule, &table->places->root))
			return 1;
	}
	return 0;
}

/**
 * pv_places_stand_in - make room for what stands for directories that are not there
 * @table: a table that nobody else knows yet, with its places, if it has any
 *
 * It is made if there is no directory for some ORIGINAL to lie in.
 *
 * Context: may sleep; with the rights of the running task.
 * Return: 0, -EINTR, -ENOMEM, or as pv_charge_add().
 */
int pv_places_stand_in(struct pv_table *table)
{
	struct pv_places *places = table->places;
	struct pv_standins *standins;
	int floats;

	if (!places)
		return 0;
	floats = pv_places_float(table);
	if (floats < 0)
		return floats;
	if (!floats) {
		if (table->late)
			pv_places_forget(table);
		return 0;
	}
	standins = pv_standins_make();
	if (IS_ERR(standins))
		return PTR_ERR(standins);
	pv_standins_speak_of(standins, table);
	places->standins = standins;
	return 0;
}

static int pv_places_find_all(struct pv_table *table,
			      const struct pv_layers *below, char *buf)
{
	struct pv_places *places = table->places;
	int err = 0;

	while (places->nr < table->nr_rules && !err && !table->late) {
		err = pv_place_find(&table->rules[places->nr], &places->root,
				    below, buf, &places->new[places->nr]);
		places->nr++;
		cond_resched();
		if (fatal_signal_pending(current))
			err = -EINTR;
		if (!err)
			err = pv_places_charge(places);
	}
	return err;
}

/**
 * pv_places_find - look up the NEWs of a table, unless it has them looked up late
 * @table: a table that nobody else knows yet
 * @task: the process that it is for; a reference is held
 * @below: the layers that its names pass afterwards, or NULL; none that is spelled from
 *	a changed root directory
 *
 * Context: may sleep; with the rights of the running task.
 * Return: 0; -ENOMEM; -EINTR if the running task is being killed; -EDQUOT if it may not
 * hold so many; or why a NEW cannot be looked up, whose rule is the last of the places'
 * @nr.  If the process has ended the table has no places.
 */
int pv_places_find(struct pv_table *table, struct task_struct *task,
		   const struct pv_layers *below)
{
	struct pv_places *places;
	char *buf = NULL;
	int err;

	places = kvzalloc(pv_places_size(table->nr_rules),
			  GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!places)
		return -ENOMEM;
	if (!pv_task_root(task, &places->root)) {
		kvfree(places);
		return 0;
	}
	table->places = places;
	if (below) {
		buf = kmalloc(PV_REAL_SIZE, GFP_KERNEL_ACCOUNT);
		if (!buf)
			return -ENOMEM;
	}
	err = pv_places_find_all(table, below, buf);
	kfree(buf);
	table->quick = !err && !table->overlap && !table->late;
	return err;
}

/**
 * struct pv_calling - by what names NEWs are called
 * @below: the layers that the names pass afterwards, or NULL
 * @real: what the kernel calls one
 * @virtual: what it is called for @below
 * @scratch: for pv_layers_reverse()
 * @named: each NEW so far is called what the kernel calls it
 */
struct pv_calling {
	const struct pv_layers *below;
	char real[PATH_MAX];
	char virtual[PATH_MAX];
	char scratch[PATH_MAX];
	bool named;
};

/*
 * What NEW is called where it really is, or by the layers below; as it was said if that
 * cannot be told.
 */
static const char *pv_place_called(const struct pv_rule *rule,
				   const struct path *place,
				   struct pv_calling *calling)
{
	const char *name = NULL;

	if (place->mnt)
		name = pv_dir_name(place, calling->real, PATH_MAX);
	if (IS_ERR_OR_NULL(name)) {
		calling->named &= rule->exception;
		return rule->new;
	}
	if (!calling->below)
		return name;
	pv_layers_reverse(calling->below, name, PV_ROUTE_FIRST, calling->virtual,
			  calling->scratch, PV_FOR_US);
	calling->named &= !strcmp(calling->virtual, name);
	return calling->virtual;
}

/**
 * pv_places_ours - are places the running task's to name?
 * @places: the places
 *
 * Return: true if they were found from its root directory; somebody else's would be called
 * otherwise.
 */
bool pv_places_ours(const struct pv_places *places)
{
	struct path root;
	bool ours;

	get_fs_root(current->fs, &root);
	ours = path_equal(&root, &places->root);
	path_put(&root);
	return ours;
}

/* Go through the rules; without @draft until one is called otherwise than it was said. */
static int pv_places_each(const struct pv_table *table, struct pv_draft *draft,
			  struct pv_calling *calling)
{
	const struct pv_rule *rule = table->rules;
	const char *name;
	int err;
	u32 i;

	calling->named = true;
	for (i = 0; i < table->nr_rules; i++, rule++) {
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		name = pv_place_called(rule, &table->places->new[i], calling);
		if (!draft && strcmp(name, rule->new))
			return 1;
		err = draft ? pv_draft_add_as(draft, rule, name) : 0;
		if (err)
			return err;
	}
	return 0;
}

/**
 * pv_places_draft - write a table anew, with NEWs called what they really are
 * @table: the table, with its places if it has any
 * @below: the layers that its names pass afterwards, or NULL; then NEWs are called what
 *	these call them
 * @draft: receives the rules, if they are other ones then
 * @named: set to whether each NEW is what the kernel calls it; false also if that cannot
 *	be told
 *
 * A directory below NEW is known by what the kernel calls it, and rules of @below by what
 * the process calls it.  So NEW is known by that, too, whatever links it was said by.
 *
 * Context: may sleep.
 * Return: 0 if the table is as it should be, 1 if @draft is; -ENOMEM or -EINTR.
 */
int pv_places_draft(const struct pv_table *table, const struct pv_layers *below,
		    struct pv_draft *draft, bool *named)
{
	struct pv_calling *calling;
	int err;

	*named = false;
	if (!table->places || !pv_places_ours(table->places))
		return 0;
	calling = kzalloc(sizeof(*calling), GFP_KERNEL_ACCOUNT);
	if (!calling)
		return -ENOMEM;
	calling->below = below;
	err = pv_places_each(table, NULL, calling);
	if (err > 0)
		err = pv_places_each(table, draft, calling) ?: 1;
	*named = calling->named;
	kfree(calling);
	return err;
}
