/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reached: by which of its names a directory that has several was come to.
 */
#ifndef _PV_REACHED_H
#define _PV_REACHED_H

#include <linux/types.h>

struct dentry;
struct path;
struct pv_notes;
struct pv_process;
struct task_struct;

/* No descriptor, and not AT_FDCWD either. */
#define PV_NO_FD	(-1)

u64 pv_reached_how(const struct path *at, const struct path *path);
int pv_reached_note(const struct path *at, u64 how);
int pv_reached_link_fd(const struct dentry *link);
u64 pv_reached_by_fd(int fd, const struct path *path);
int pv_reached_prepare(struct pv_process *heir, u64 flags);
void pv_reached_inherit(struct pv_process *heir, struct task_struct *child);
void pv_notes_put(struct pv_notes *notes);

#endif /* _PV_REACHED_H */
