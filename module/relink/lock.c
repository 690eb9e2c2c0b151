// SPDX-License-Identifier: GPL-2.0
/*
 * Locks of inodes: one task at a time relinks an inode.
 *
 * Who relinks makes the inode linkable, and afterwards unlinkable again unless it
 * was linkable before; two at once would take each other's doing for what was
 * before.
 *
 * Such a lock is held over all of a hard link, and the holder may have to wait for a
 * filesystem to be thawed.  So it comes before all locks of the VFS, freeze
 * protection (mnt_want_write()) included: who waits for such a lock then holds nothing
 * that a freezer waits for.  And it is no mutex out of a few, or a frozen
 * filesystem would hold up relinking on others.
 */
#include <linux/dcache.h>
#include <linux/init.h>
#include <linux/lockdep.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "compat.h"
#include "relink/lock.h"

/* Those that are held, each by a task that is in the device's ioctl. */
static LIST_HEAD(pv_inode_locks);
/* Guards pv_inode_locks; a leaf. */
static DEFINE_SPINLOCK(pv_inode_locks_lock);
static DECLARE_WAIT_QUEUE_HEAD(pv_inode_locks_wait);

/* What lockdep is to know of: that waiting for one of these is waiting for a lock. */
static struct lock_class_key pv_inode_locks_key;
static struct lockdep_map pv_inode_locks_map __maybe_unused;

static bool pv_inode_trylock(struct pv_inode_lock *lock)
{
	const struct pv_inode_lock *other;
	bool locked = true;

	spin_lock(&pv_inode_locks_lock);
	list_for_each_entry(other, &pv_inode_locks, list) {
		if (other->inode == lock->inode) {
			locked = false;
			break;
		}
	}
	if (locked)
		list_add(&lock->list, &pv_inode_locks);
	spin_unlock(&pv_inode_locks_lock);
	return locked;
}

/**
 * pv_inode_lock - wait until nobody else relinks an inode
 * @lock: to be given to pv_inode_unlock()
 * @dentry: a file that the caller has open; of one in a stack of filesystems it is
 *	the inode at the bottom that counts
 *
 * Context: the caller holds no lock and no freeze protection.
 * Return: 0, or -EINTR when the task is killed; then nothing is locked.
 */
int pv_inode_lock(struct pv_inode_lock *lock, struct dentry *dentry)
{
	lock->inode = pv_real_inode(dentry);
	lock_map_acquire(&pv_inode_locks_map);
	if (!wait_event_killable(pv_inode_locks_wait, pv_inode_trylock(lock)))
		return 0;
	lock_map_release(&pv_inode_locks_map);
	return -EINTR;
}

/**
 * pv_inode_unlock - let others relink an inode
 * @lock: by pv_inode_lock()
 */
void pv_inode_unlock(struct pv_inode_lock *lock)
{
	spin_lock(&pv_inode_locks_lock);
	list_del(&lock->list);
	spin_unlock(&pv_inode_locks_lock);
	wake_up_all(&pv_inode_locks_wait);
	lock_map_release(&pv_inode_locks_map);
}

/**
 * pv_inode_locks_init - get ready for locks
 *
 * Context: module load.
 */
void __init pv_inode_locks_init(void)
{
	lockdep_init_map(&pv_inode_locks_map, "pv_inode_locks", &pv_inode_locks_key, 0);
}
