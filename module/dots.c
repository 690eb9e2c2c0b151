// SPDX-License-Identifier: GPL-2.0
/*
 * Dots.
 *
 * With NEW in the place of ORIGINAL, "ORIGINAL/.." is the parent of ORIGINAL,
 * not that of NEW.  What a ".." leaves cannot be read off the name, as what is
 * before it may lead through symbolic links.  So the part before it is walked,
 * the directory found is named as the process would name it, and the parent of
 * that is what ".." means.
 */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "dots.h"
#include "hooks.h"
#include "layers.h"

/* What a walk of a part of the name must respect as the whole would. */
#define PV_DOTS_FLAGS	(LOOKUP_NO_SYMLINKS | LOOKUP_NO_MAGICLINKS | \
			 LOOKUP_NO_XDEV | LOOKUP_CACHED)

/*
 * Walk to the directory @real, in @buf, and name it there; the result may point
 * into the middle.  To walk on from it by ".." takes the right to search it, so
 * that is asked for.
 */
static char *pv_dots_walk(char *buf, size_t len, unsigned int flags)
{
	struct filename *name;
	struct path path;
	char *canonical;
	int err;

	if (len + 2 >= PATH_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	memcpy(buf + len, "/.", 3);
	name = getname_kernel(buf);
	if (IS_ERR(name))
		return ERR_CAST(name);
	err = pv_original_lookup(AT_FDCWD, name,
				 LOOKUP_FOLLOW | LOOKUP_DIRECTORY |
				 (flags & PV_DOTS_FLAGS), &path, NULL);
	putname(name);
	if (err)
		return ERR_PTR(err);
	canonical = d_path(&path, buf, PATH_MAX);
	path_put(&path);
	return canonical;
}

/* Where @virtual leads, in @real; @hit tells whether a rule matched. */
static ssize_t pv_dots_real(const struct pv_layers *layers, const char *virtual,
			    char *real, struct pv_hit *hit)
{
	ssize_t len = pv_layers_translate(layers, virtual, real, hit);

	if (len)
		return len;
	return strscpy(real, virtual, PATH_MAX);
}

/*
 * Bring the virtual name of a directory, in @dir, into a form without symbolic
 * links.  Sets *@matched if a rule matched on the way.
 */
static int pv_dots_canonical(const struct pv_layers *layers, char *dir,
			     unsigned int flags, bool *matched, char *scratch)
{
	struct pv_trail trail;
	char *canonical;
	ssize_t len;

	len = pv_layers_translate_trail(layers, dir, scratch, &trail);
	if (len < 0)
		return len;
	if (pv_trail_matched(&trail))
		*matched = true;
	if (!len)
		len = strscpy(scratch, dir, PATH_MAX);

	canonical = pv_dots_walk(scratch, len, flags);
	if (IS_ERR(canonical))
		return PTR_ERR(canonical);
	if (canonical[0] != '/')
		return -ENOENT;		/* outside of the root directory */
	return pv_layers_reverse(layers, &trail, canonical, dir, PATH_MAX);
}

/* Take the last component off; the root directory is its own parent. */
static void pv_dots_drop_last(char *dir)
{
	char *slash = strrchr(dir, '/');

	if (slash)
		slash[slash == dir ? 1 : 0] = '\0';
}

static int pv_dots_append(char *dir, const char *more, size_t len)
{
	size_t have = strlen(dir);

	/* "/" and "/x" make "/x". */
	if (have == 1 && dir[0] == '/' && len && *more == '/')
		have = 0;
	if (have + len >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(dir + have, more, len);
	dir[have + len] = '\0';
	return 0;
}

/*
 * Rewrite @name into @dir without "..": a virtual name that means the same.  If
 * it ends in "..", @dir is the directory whose parent is meant, and *@ends is
 * set: such a name must not come to end in the name of a file.
 */
static int pv_dots_flatten(const struct pv_layers *layers, const char *name,
			   char *dir, unsigned int flags, bool *matched,
			   bool *ends, char *scratch)
{
	const char *dots;
	int err;

	*ends = false;
	strscpy(dir, "/", PATH_MAX);
	while ((dots = pv_path_dots(name))) {
		err = pv_dots_append(dir, name, dots - 1 - name);
		if (!err)
			err = pv_dots_canonical(layers, dir, flags, matched,
						scratch);
		if (err < 0)
			return err;
		name = dots + 2;
		if (!name[strspn(name, "/")]) {
			*ends = true;
			return 0;
		}
		pv_dots_drop_last(dir);
	}
	return pv_dots_append(dir, name, strlen(name));
}

/* Is @child an entry of @parent, going by their names? */
static bool pv_dots_is_child(const char *child, const char *parent, size_t len)
{
	const char *slash = strrchr(child, '/');

	return slash && slash - child == len && slash[1] &&
	       !memcmp(child, parent, len);
}

/*
 * Where a rule begins between a directory and its parent, @parent: end that in
 * ".." as the process did, by way of what ORIGINAL itself is there, if that is
 * a directory; or else in ".".  @scratch is for the walk.
 */
static ssize_t pv_dots_over_rule(char *parent, size_t len, const char *base,
				 unsigned int flags, char *scratch)
{
	size_t root_len = len == 1 ? 0 : len;	/* "/" and "x" make "/x" */
	size_t base_len = strlen(base);
	char *canonical;

	if (len + base_len + 4 < PATH_MAX) {
		snprintf(scratch, PATH_MAX, "%.*s/%s", (int)root_len, parent,
			 base);
		canonical = pv_dots_walk(scratch, strlen(scratch), flags);
		if (!IS_ERR(canonical) &&
		    pv_dots_is_child(canonical, parent, root_len) &&
		    !strcmp(strrchr(canonical, '/') + 1, base)) {
			return snprintf(parent + root_len, PATH_MAX - root_len,
					"/%s/..", base) + root_len;
		}
	}
	return pv_dots_append(parent, "/.", 2) ?: len + 2;
}

/*
 * What to walk for the parent of the directory @dir, in @resolved.  Where the
 * real directories are parent and child too, ".." says it best; where a rule
 * begins between them it must not be walked.
 */
static ssize_t pv_dots_parent(const struct pv_layers *layers, char *dir,
			      char *resolved, struct pv_hit *hit,
			      unsigned int flags, char *scratch)
{
	char *slash = strrchr(dir, '/');
	ssize_t child_len, len;
	struct pv_hit child;

	child_len = pv_dots_real(layers, dir, scratch, &child);
	if (child_len < 0)
		return child_len;
	*slash = '\0';
	len = pv_dots_real(layers, slash == dir ? "/" : dir, resolved, hit);
	*slash = '/';
	if (len < 0)
		return len;
	if (hit->rule == PV_NO_RULE)
		*hit = child;

	if (pv_dots_is_child(scratch, resolved, len)) {
		memcpy(resolved, scratch, child_len + 1);
		return pv_dots_append(resolved, "/..", 3) ?: child_len + 3;
	}
	return pv_dots_over_rule(resolved, len, slash + 1, flags, scratch);
}

/**
 * pv_dots_resolve - translate a name that has ".." components
 * @layers: what it passes; the caller holds a reference
 * @name: the absolute name
 * @resolved: receives what is to be walked, PV_REAL_SIZE bytes
 * @flags: the LOOKUP_ flags that @name is to be walked with
 *
 * Context: may sleep, and walks.
 * Return: the length of @resolved; 0 if no rule has to do with @name, and it is
 * to be walked as it is; or what walking it would return: -ENOENT, -ENOTDIR,
 * -EACCES, ...
 */
int pv_dots_resolve(const struct pv_layers *layers, const char *name,
		    char *resolved, unsigned int flags)
{
	bool matched = false, ends;
	char *virtual, *scratch;
	struct pv_hit hit;
	ssize_t len;

	virtual = kmalloc(PATH_MAX, GFP_KERNEL);
	scratch = kmalloc(PV_REAL_SIZE, GFP_KERNEL);
	len = -ENOMEM;
	if (!virtual || !scratch)
		goto out;

	len = pv_dots_flatten(layers, name, virtual, flags, &matched, &ends,
			      scratch);
	if (len)
		goto out;
	if (ends)
		len = pv_dots_parent(layers, virtual, resolved, &hit, flags,
				     scratch);
	else
		len = pv_dots_real(layers, virtual, resolved, &hit);
	if (len > 0 && !matched && hit.rule == PV_NO_RULE)
		len = 0;
out:
	kfree(scratch);
	kfree(virtual);
	return len;
}
