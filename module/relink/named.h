/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PV_NAMED_H
#define _PV_NAMED_H

#include <linux/path.h>
#include <linux/types.h>

bool pv_named(const struct path *file);
bool pv_named_detached(const struct path *file);
bool pv_named_volume_gone(const struct path *file);

#endif /* _PV_NAMED_H */
