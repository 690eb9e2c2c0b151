/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PV_REFUGE_H
#define _PV_REFUGE_H

struct file;
struct path;
struct pv_relinked;

int pv_refuge_get(const struct path *file, struct path *refuge,
		  struct pv_relinked *done);
struct file *pv_refuge_open(const struct path *refuge);

#endif /* _PV_REFUGE_H */
