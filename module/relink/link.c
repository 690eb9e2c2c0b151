// SPDX-License-Identifier: GPL-2.0
/*
 * Relinking: an open file that was unlinked is given a name again.
 *
 * It is a hard link, made by vfs_link() after the checks of linkat(), with the
 * one thing that vfs_link() refuses to do made possible: to link what has no
 * link left.  It does that for O_TMPFILE files alone, which it knows by
 * I_LINKABLE.  So the inode is made linkable for as long as vfs_link() takes, and
 * if that fails it is again as it was.  For as long others who hold the file, and
 * might link an O_TMPFILE file, might link this one; nothing but the inode's own lock,
 * which vfs_link() takes itself, could keep them out.
 *
 * A filesystem that makes O_TMPFILE files expects to be asked for the first link
 * of an inode and takes it off its list of orphans then.  One that does not make
 * them may free the inode after all; so it is not asked.
 *
 * Btrfs is late with what it has to forget when a file loses its only name, and
 * would take the new one for it; so that is brought to its end first.
 *
 * Overlayfs makes its links by vfs_link(), too, on the filesystem below.  There
 * it is the inode below that must be linkable as well.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/magic.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "hook/hooks.h"
#include "relink/link.h"
#include "relink/named.h"

static int pv_refuse(struct pv_relinked *done, enum pathvirt_relink_why why,
		     int err)
{
	done->why = why;
	return err;
}

/**
 * pv_relink_privileged - may the running task relink on this filesystem at all?
 * @file: a file there
 * @done: gets the reason if not
 *
 * Return: 0, -EPERM, or -EOPNOTSUPP where the file is nothing that could have a
 * name.
 */
int pv_relink_privileged(const struct path *file, struct pv_relinked *done)
{
	const struct super_block *sb = file->dentry->d_sb;

	if (!ns_capable(sb->s_user_ns, CAP_DAC_OVERRIDE) ||
	    !ns_capable(sb->s_user_ns, CAP_DAC_READ_SEARCH))
		return pv_refuse(done, PATHVIRT_WHY_PRIVILEGE, -EPERM);
	if (sb->s_flags & (SB_NOUSER | SB_KERNMOUNT) ||
	    file->mnt->mnt_flags & MNT_INTERNAL ||
	    sb->s_magic == HUGETLBFS_MAGIC)
		return pv_refuse(done, PATHVIRT_WHY_MEMORY, -EOPNOTSUPP);
	return 0;
}

/*
 * What fs.protected_hardlinks asks of the caller.  Whether it is set is not for
 * modules to know; so it is.
 */
static bool pv_relink_owned(const struct path *file)
{
	struct inode *inode = d_inode(file->dentry);
	PV_IDMAP *idmap = mnt_idmap(file->mnt);
	umode_t mode = inode->i_mode;

	if (inode_owner_or_capable(idmap, inode))
		return true;
	return S_ISREG(mode) && !(mode & S_ISUID) &&
	       (mode & (S_ISGID | 0010)) != (S_ISGID | 0010) &&
	       !inode_permission(idmap, inode, MAY_READ | MAY_WRITE);
}

/* What link() asks of a file whoever asks. */
static int pv_relink_check_link(const struct path *file,
				struct pv_relinked *done)
{
	const struct inode *inode = d_inode(file->dentry);
	PV_IDMAP *idmap = mnt_idmap(file->mnt);

	if (!vfsuid_valid(i_uid_into_vfsuid(idmap, inode)) ||
	    !vfsgid_valid(i_gid_into_vfsgid(idmap, inode)))
		return pv_refuse(done, PATHVIRT_WHY_UNMAPPED, -EOVERFLOW);
	if (IS_IMMUTABLE(inode))
		return pv_refuse(done, PATHVIRT_WHY_IMMUTABLE, -EPERM);
	if (IS_APPEND(inode))
		return pv_refuse(done, PATHVIRT_WHY_APPEND, -EPERM);
	if (!pv_relink_owned(file))
		return pv_refuse(done, PATHVIRT_WHY_OWNER, -EPERM);
	return 0;
}

/*
 * A file that was never copied up is still there in the lower layer after
 * overlayfs has unlinked it, which then has one link less than the inode below.
 * To link it would be to copy it up, to where its name was: what is there now
 * would be in the way, or gone.
 */
static int pv_relink_check_stacked(struct dentry *dentry,
				   struct pv_relinked *done)
{
	struct inode *inode = d_inode(dentry);
	bool same;

	if (!d_is_reg(dentry)) {
		/* With a link left vfs_link() can do without the inode below. */
		if (READ_ONCE(inode->i_nlink) && pv_stacked_flags(dentry))
			return 0;
		return pv_refuse(done, PATHVIRT_WHY_STACKED, -EOPNOTSUPP);
	}
	/* Unlinking changes both under this lock. */
	inode_lock_shared(inode);
	same = inode->i_nlink == pv_real_inode(dentry)->i_nlink;
	inode_unlock_shared(inode);
	if (!same)
		return pv_refuse(done, PATHVIRT_WHY_LOWER, -ENOLINK);
	return 0;
}

static int pv_relink_check_filesystem(const struct path *file,
				      struct pv_relinked *done)
{
	struct dentry *dentry = file->dentry;
	const struct inode *root = d_inode(dentry->d_sb->s_root);

	if (dentry->d_flags & DCACHE_NFSFS_RENAMED)
		return pv_refuse(done, PATHVIRT_WHY_SILLY, -EOPNOTSUPP);
	if (!root->i_op->link)
		return pv_refuse(done, PATHVIRT_WHY_NO_LINKS, -EOPNOTSUPP);
	if (pv_named_volume_gone(file))
		return pv_refuse(done, PATHVIRT_WHY_VOLUME_GONE, -EXDEV);
	if (dentry->d_flags & DCACHE_OP_REAL) {
		int err = pv_relink_check_stacked(dentry, done);

		if (err)
			return err;
	}
	root = d_inode(pv_real_inode(dentry)->i_sb->s_root);
	if (!d_inode(dentry)->i_nlink && !root->i_op->tmpfile)
		return pv_refuse(done, PATHVIRT_WHY_NO_RETURN, -EOPNOTSUPP);
	return 0;
}

/**
 * pv_relink_check - can a file be given a name?
 * @file: the file, open
 * @done: gets %PATHVIRT_RELINK_NAMED where it has one and needs no other, also of a
 *	directory, %PATHVIRT_RELINK_DETACHED where it has one that is out of reach; or
 *	the reason why not
 *
 * No server of a filesystem is asked for anything, as it may be dead.
 *
 * Return: 0 or a negative errno.
 */
int pv_relink_check(const struct path *file, struct pv_relinked *done)
{
	int err;

	if (pv_named(file))
		done->result = !d_is_dir(file->dentry) &&
			       pv_named_detached(file) ?
			       PATHVIRT_RELINK_DETACHED : PATHVIRT_RELINK_NAMED;
	if (d_is_dir(file->dentry))
		return pv_refuse(done, PATHVIRT_WHY_DIRECTORY, -EISDIR);
	err = vfs_getattr(file, &done->stat, STATX_BASIC_STATS,
			  AT_STATX_DONT_SYNC);
	if (err || done->result == PATHVIRT_RELINK_NAMED)
		return err;
	/* By that it is known whether it is mounted elsewhere. */
	if (done->result == PATHVIRT_RELINK_DETACHED)
		done->stat.dev = file->dentry->d_sb->s_dev;
	err = pv_relink_check_filesystem(file, done);
	return err ?: pv_relink_check_link(file, done);
}

/**
 * pv_relink_open_parent - open the directory that a file lay in
 * @file: the file
 * @done: gets the reason if it fails
 *
 * It may have been removed: the file's own dentry keeps it.
 *
 * Return: a file as by O_PATH, the caller's, or an error pointer.
 */
struct file *pv_relink_open_parent(const struct path *file,
				   struct pv_relinked *done)
{
	struct path parent = { .mnt = file->mnt };
	struct file *opened;

	parent.dentry = dget_parent(file->dentry);
	if (file->dentry != file->mnt->mnt_root &&
	    is_subdir(parent.dentry, file->mnt->mnt_root)) {
		opened = dentry_open(&parent, O_PATH | O_DIRECTORY,
				     current_cred());
	} else {
		pv_refuse(done, PATHVIRT_WHY_NO_PARENT, -ENOENT);
		opened = ERR_PTR(-ENOENT);
	}
	dput(parent.dentry);
	return opened;
}

/* Make an inode linkable; was it not so before? */
static bool pv_relink_allow(struct inode *inode)
{
	bool allowed;

	spin_lock(&inode->i_lock);
	allowed = inode_state_read_once(inode) & I_LINKABLE;
	inode_state_set(inode, I_LINKABLE);
	spin_unlock(&inode->i_lock);
	return !allowed;
}

static void pv_relink_disallow(struct inode *inode)
{
	spin_lock(&inode->i_lock);
	inode_state_clear(inode, I_LINKABLE);
	spin_unlock(&inode->i_lock);
}

/* vfs_link() for what has no link left; see the head of this file. */
static int pv_relink_return(const struct path *file, const struct path *dir,
			    struct dentry *new, PV_DELEGATED *delegated)
{
	struct inode *inode = d_inode(file->dentry);
	struct inode *real = pv_real_inode(file->dentry);
	bool inode_was_not, real_was_not = false;
	int err;

	inode_was_not = pv_relink_allow(inode);
	if (real != inode)
		real_was_not = pv_relink_allow(real);
	err = vfs_link(file->dentry, mnt_idmap(dir->mnt), d_inode(dir->dentry),
		       new, delegated);
	if (real_was_not)
		pv_relink_disallow(real);
	if (inode_was_not)
		pv_relink_disallow(inode);
	return err;
}

/*
 * Unlinking has been as it should be since long on most filesystems.  On btrfs the
 * reference to the old name may still wait to be removed, and then any that is
 * there would be.  A commit removes it; it does not write file contents out.
 */
static int pv_relink_commit_unlink(const struct path *file)
{
	struct super_block *sb = pv_real_inode(file->dentry)->i_sb;
	int err;

	if (sb->s_magic != BTRFS_SUPER_MAGIC || !sb->s_op->sync_fs)
		return 0;
	down_read(&sb->s_umount);
	err = sb->s_op->sync_fs(sb, 1);
	up_read(&sb->s_umount);
	return err;
}

static int pv_relink_once(const struct path *file, const struct path *dir,
			  const char *name, bool orphan,
			  struct pv_relinked *done, PV_DELEGATED *delegated)
{
	struct qstr last = QSTR_INIT(name, strlen(name));
	struct dentry *new;
	int err = 0;

	new = start_creating(mnt_idmap(dir->mnt), dir->dentry, &last);
	if (IS_ERR(new))
		return PTR_ERR(new);
	if (d_is_positive(new))
		err = pv_refuse(done, PATHVIRT_WHY_NAME_EXISTS, -EEXIST);
	if (!err && IS_ENABLED(CONFIG_SECURITY_PATH))
		err = pv_path_link(file->dentry, dir, new);
	if (!err && orphan)
		err = pv_relink_return(file, dir, new, delegated);
	else if (!err)
		err = vfs_link(file->dentry, mnt_idmap(dir->mnt),
			       d_inode(dir->dentry), new, delegated);
	end_creating(new);
	if (err == -EXDEV)
		done->why = PATHVIRT_WHY_OTHER_VOLUME;
	return err;
}

/* Until a lease is in the way. */
static int pv_relink_try(const struct path *file, const struct path *dir,
			 const char *name, struct pv_relinked *done,
			 PV_DELEGATED *delegated)
{
	const struct inode *inode = d_inode(file->dentry);
	bool orphan = !READ_ONCE(inode->i_nlink);
	int err;

	if (!orphan) {
		err = pv_relink_once(file, dir, name, false, done, delegated);
		/* It may have lost its last link since. */
		orphan = err == -ENOENT && !READ_ONCE(inode->i_nlink);
		if (!orphan)
			return err;
	}
	err = pv_relink_commit_unlink(file);
	if (err)
		return err;
	return pv_relink_once(file, dir, name, true, done, delegated);
}

/**
 * pv_relink_link - give a file a name
 * @file: the file, which has passed pv_relink_check()
 * @dir: the directory
 * @name: one name, not "." or ".."
 * @done: gets the result, or the reason if it fails
 *
 * Context: may sleep, also until a lease is given back; the caller has locked
 * the file (lock.h), then got mnt_want_write() on its mount.
 * Return: 0 or a negative errno; then no link was made.
 */
int pv_relink_link(const struct path *file, const struct path *dir,
		   const char *name, struct pv_relinked *done)
{
	PV_DELEGATED delegated = { NULL };
	int err;

	if (dir->mnt != file->mnt)
		return pv_refuse(done, PATHVIRT_WHY_OTHER_MOUNT, -EXDEV);
	do {
		err = pv_relink_try(file, dir, name, done, &delegated);
		if (!is_delegated(&delegated))
			break;
		err = break_deleg_wait(&delegated);
	} while (!err);
	if (!err)
		done->result = PATHVIRT_RELINK_LINKED;
	return err;
}
