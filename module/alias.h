/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PV_ALIAS_H
#define _PV_ALIAS_H

struct file;
struct path;
struct pv_relinked;

struct file *pv_alias_open(const struct path *file, const struct path *dir,
			   const char *name, struct pv_relinked *done);

#endif /* _PV_ALIAS_H */
