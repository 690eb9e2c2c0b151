/* SPDX-License-Identifier: GPL-2.0 */
/* View: layers, seen from another root directory than they were. */
#ifndef _PV_VIEW_H
#define _PV_VIEW_H

#include <linux/types.h>

struct path;
struct pv_layers;
struct task_struct;

bool pv_layers_held(const struct pv_layers *layers, struct task_struct *task);
struct pv_layers *pv_layers_seen_from(const struct pv_layers *layers,
				      const struct path *now, bool moved);

#endif /* _PV_VIEW_H */
