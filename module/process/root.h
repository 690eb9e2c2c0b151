/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Roots: rules are spelled from the root directory that a process had when it was
 * attached, and hang there; this is what is known of the one that it has got since.
 */
#ifndef _PV_ROOT_H
#define _PV_ROOT_H

#include <linux/llist.h>
#include <linux/path.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct task_struct;

/**
 * struct pv_root - a root directory, seen from another one
 * @refs: references; each stack of layers that counts from here has one
 * @node: for being freed
 * @outer: from where it is seen; a reference
 * @inner: the root directory; a reference
 * @real: what @inner is called from @outer
 * @virtual: what the process calls @inner, seen from @outer; NULL if @inner cannot be
 *	come to from there
 * @strings: room for both
 *
 * Immutable once made.
 */
struct pv_root {
	refcount_t refs;
	struct llist_node node;
	struct path outer;
	struct path inner;
	const char *real;
	const char *virtual;
	char strings[];
};

struct pv_root *pv_root_alloc(const struct path *outer, const struct path *inner,
			      const char *real, const char *virtual, gfp_t gfp);
bool pv_task_root(struct task_struct *task, struct path *root);
struct pv_root *pv_root_of(struct task_struct *task);
struct pv_root *pv_root_get(struct pv_root *root);
void pv_root_put(struct pv_root *root);
bool pv_root_name(const struct pv_root *root, const struct path *path,
		  const char *name, char *full);
bool pv_root_spell(const struct pv_root *root, const char *path, char *full);
const char *pv_root_below(const struct pv_root *root, const char *real);
const char *pv_root_strip(const struct pv_root *root, const char *virtual);

void pv_roots_flush(void);

#endif /* _PV_ROOT_H */
