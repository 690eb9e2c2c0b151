/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PV_LINK_H
#define _PV_LINK_H

#include <linux/stat.h>

#include <linux/pathvirt.h>

struct path;

/**
 * struct pv_relinked - what became of a file
 * @result: a name was given, or is there; set by whoever returns 0
 * @why: more than the errno says; set with the errno that is returned
 * @stat: the file before; set once it has passed all checks of its own
 */
struct pv_relinked {
	enum pathvirt_relink_result result;
	enum pathvirt_relink_why why;
	struct kstat stat;
};

int pv_relink_privileged(const struct path *file, struct pv_relinked *done);
int pv_relink_check(const struct path *file, struct pv_relinked *done);
struct file *pv_relink_open_parent(const struct path *file,
				   struct pv_relinked *done);
int pv_relink_link(const struct path *file, const struct path *dir,
		   const char *name, struct pv_relinked *done);

#endif /* _PV_LINK_H */
