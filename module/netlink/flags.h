/* SPDX-License-Identifier: GPL-2.0 */
/* Flags: those that each request takes; the policies of all of them are in policy.c. */
#ifndef _PV_FLAGS_H
#define _PV_FLAGS_H

#include <linux/pathvirt.h>

#define PV_FLAGS_SET	(PATHVIRT_F_TREE | PATHVIRT_F_PUSH | PATHVIRT_F_NO_REVERSE | \
			 PATHVIRT_F_LATE | PATHVIRT_F_BY_NAME)
#define PV_FLAGS_GET	PATHVIRT_F_CGROUPS
#define PV_FLAGS_DEL	(PATHVIRT_F_TREE | PATHVIRT_F_ALL | PATHVIRT_F_OWN)

#endif /* _PV_FLAGS_H */
