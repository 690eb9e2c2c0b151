/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PV_CLAIM_H
#define _PV_CLAIM_H

#include <linux/list.h>

struct dentry;
struct inode;

/**
 * struct pv_claim - one task at a time relinks an inode
 * @list: in pv_claims
 * @inode: the inode
 */
struct pv_claim {
	struct list_head list;
	const struct inode *inode;
};

int pv_claim_inode(struct pv_claim *claim, struct dentry *dentry);
void pv_claim_release(struct pv_claim *claim);
void pv_claims_init(void);

#endif /* _PV_CLAIM_H */
