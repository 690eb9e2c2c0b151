/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PV_DELETED_H
#define _PV_DELETED_H

struct file;
struct path;
struct pv_relinked;

struct file *pv_deleted_open(const struct path *file, const struct path *dir,
			     const char *name, struct pv_relinked *done);

#endif /* _PV_DELETED_H */
