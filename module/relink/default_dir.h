/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PV_DEFAULT_DIR_H
#define _PV_DEFAULT_DIR_H

struct file;
struct path;
struct pv_relinked;

int pv_default_dir_get(const struct path *file, struct path *found,
		       struct pv_relinked *done);
struct file *pv_default_dir_open(const struct path *dir);

#endif /* _PV_DEFAULT_DIR_H */
