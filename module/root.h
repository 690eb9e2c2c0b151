/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Roots: rules are spelled from the root directory that a process had when it was
 * attached; this is what is known of the one that it has got since.
 */
#ifndef _PV_ROOT_H
#define _PV_ROOT_H

#include <linux/llist.h>
#include <linux/path.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct pv_layers;
struct task_struct;

/**
 * struct pv_root - a root directory that a process has changed to
 * @refs: references; each stack of layers that counts from here has one
 * @node: for being freed
 * @outer: the root directory that rules are spelled from; a reference
 * @inner: the root directory that the process has got; a reference
 * @real: what @inner is called from @outer
 * @virtual: what the process calls @inner, seen from @outer
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

struct pv_root *pv_root_get(struct pv_root *root);
void pv_root_put(struct pv_root *root);
bool pv_root_current(const struct pv_root *root);
bool pv_root_held(const struct pv_root *root, struct task_struct *task);
bool pv_root_name(const struct pv_root *root, const struct path *path,
		  const char *name, char *full);
bool pv_root_spell(const struct pv_root *root, const char *path, char *full);
const char *pv_root_below(const struct pv_root *root, const char *real);
const char *pv_root_strip(const struct pv_root *root, const char *virtual);

void pv_roots_uninit(void);

#endif /* _PV_ROOT_H */
