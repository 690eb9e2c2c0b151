/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PV_LOCK_H
#define _PV_LOCK_H

#include <linux/list.h>

struct dentry;
struct inode;

/**
 * struct pv_inode_lock - one task at a time relinks an inode
 * @list: in pv_inode_locks
 * @inode: the inode
 */
struct pv_inode_lock {
	struct list_head list;
	const struct inode *inode;
};

int pv_inode_lock(struct pv_inode_lock *lock, struct dentry *dentry);
void pv_inode_unlock(struct pv_inode_lock *lock);
void pv_inode_locks_init(void);

#endif /* _PV_LOCK_H */
