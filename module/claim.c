// SPDX-License-Identifier: GPL-2.0
/*
 * Claims: one task at a time relinks an inode.
 *
 * Who relinks makes the inode linkable, and afterwards unlinkable again unless it
 * was linkable before; two at once would take each other's doing for what was
 * before.
 *
 * A claim is held over all of a hard link, and the holder may have to wait for a
 * filesystem to be thawed.  So it comes before all locks of the VFS, freeze
 * protection (mnt_want_write()) included: who waits for a claim then holds nothing
 * that a freezer waits for.  And it is no mutex out of a few, or a frozen
 * filesystem would hold up relinking on others.
 */
#include <linux/dcache.h>
#include <linux/init.h>
#include <linux/lockdep.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "claim.h"
#include "compat.h"

/* Claims that are held, each by a task that is in the device's ioctl. */
static LIST_HEAD(pv_claims);
/* Guards pv_claims; a leaf. */
static DEFINE_SPINLOCK(pv_claims_lock);
static DECLARE_WAIT_QUEUE_HEAD(pv_claims_wait);

/* What lockdep is to know of: that waiting for a claim is waiting for a lock. */
static struct lock_class_key pv_claims_key;
static struct lockdep_map pv_claims_map __maybe_unused;

static bool pv_claim_try(struct pv_claim *claim)
{
	const struct pv_claim *other;
	bool claimed = true;

	spin_lock(&pv_claims_lock);
	list_for_each_entry(other, &pv_claims, list) {
		if (other->inode == claim->inode) {
			claimed = false;
			break;
		}
	}
	if (claimed)
		list_add(&claim->list, &pv_claims);
	spin_unlock(&pv_claims_lock);
	return claimed;
}

/**
 * pv_claim_inode - wait until nobody else relinks an inode
 * @claim: to be given to pv_claim_release()
 * @dentry: a file that the caller has open; of one in a stack of filesystems it is
 *	the inode at the bottom that counts
 *
 * Context: the caller holds no lock and no freeze protection.
 * Return: 0, or -EINTR when the task is killed; then nothing is claimed.
 */
int pv_claim_inode(struct pv_claim *claim, struct dentry *dentry)
{
	claim->inode = pv_real_inode(dentry);
	lock_map_acquire(&pv_claims_map);
	if (!wait_event_killable(pv_claims_wait, pv_claim_try(claim)))
		return 0;
	lock_map_release(&pv_claims_map);
	return -EINTR;
}

/**
 * pv_claim_release - let others relink an inode
 * @claim: by pv_claim_inode()
 */
void pv_claim_release(struct pv_claim *claim)
{
	spin_lock(&pv_claims_lock);
	list_del(&claim->list);
	spin_unlock(&pv_claims_lock);
	wake_up_all(&pv_claims_wait);
	lock_map_release(&pv_claims_map);
}

/**
 * pv_claims_init - get ready for claims
 *
 * Context: module load.
 */
void __init pv_claims_init(void)
{
	lockdep_init_map(&pv_claims_map, "pv_claims", &pv_claims_key, 0);
}
