/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Places: what a directory that the kernel has at hand is called, really and by
 * the process, and where a name that is walked from there leads.
 */
#ifndef _PV_VPATH_H
#define _PV_VPATH_H

#include <linux/gfp_types.h>
#include <linux/limits.h>
#include <linux/path.h>
#include <linux/types.h>

#include "process/layers.h"

struct pv_root;

/**
 * struct pv_start - a directory that a name is walked from
 * @path: the directory; a reference
 * @route: how the process calls it, see layers.h
 */
struct pv_start {
	struct path path;
	pv_route_t route;
};

/**
 * struct pv_vpath - a directory, and a name that is walked from there
 * @real: what the kernel calls it; "" for the root directory
 * @virtual: what the process calls it
 * @route: how that comes, see layers.h
 * @scratch: for translating
 */
struct pv_vpath {
	char real[PATH_MAX];
	char virtual[PATH_MAX];
	pv_route_t route;
	char scratch[PV_REAL_SIZE];
};

/**
 * enum pv_way - where a name leads from a directory
 *
 * @PV_WAY_NATIVE: where the kernel's own walk leads
 * @PV_WAY_OTHER: elsewhere
 * @PV_WAY_UNKNOWN: only a walk can tell
 */
enum pv_way {
	PV_WAY_NATIVE,
	PV_WAY_OTHER,
	PV_WAY_UNKNOWN,
};

/**
 * enum pv_reversed - who knows how to say a path
 *
 * @PV_REVERSED_NOTHING: the kernel
 * @PV_REVERSED_SAME: rules, and they say what the kernel does
 * @PV_REVERSED_OTHER: rules alone
 */
enum pv_reversed {
	PV_REVERSED_NOTHING,
	PV_REVERSED_SAME,
	PV_REVERSED_OTHER,
};

const char *pv_dir_name(const struct path *path, char *buf, int size);

struct pv_vpath *pv_vpath_alloc(gfp_t gfp);
void pv_vpath_free(struct pv_vpath *vpath);
bool pv_vpath_name(struct pv_vpath *vpath, const struct pv_layers *layers,
		   const struct pv_root *root, const struct pv_start *start);
void pv_vpath_set(struct pv_vpath *vpath, const struct pv_layers *layers,
		  const char *name, pv_route_t route);
void pv_vpath_up(char *dir);
bool pv_vpath_leads(struct pv_vpath *vpath, const struct pv_layers *layers,
		    const char *name);
bool pv_vpath_plain(struct pv_vpath *vpath, const struct pv_layers *layers);
enum pv_reversed pv_vpath_reverse(struct pv_vpath *vpath, const struct pv_start *start,
				  const char *real);
enum pv_way pv_vpath_way(struct pv_vpath *vpath,
			 const struct pv_layers *layers, const char *name,
			 bool more, struct pv_hit *hit);

int pv_vpaths_init(void);
void pv_vpaths_uninit(void);

#endif /* _PV_VPATH_H */
