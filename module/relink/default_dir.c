// SPDX-License-Identifier: GPL-2.0
/*
 * The default directory: PATHVIRT_RELINK_DIR, the directory of a mount where files go that
 * are given a name and were not told where.
 *
 * Each level is looked up in its parent alone, so what is mounted there does not
 * matter, and must be a directory that only root may write to: somebody else's
 * would be an invitation to take the files away, and a link would lead elsewhere.
 * Root is the one of the filesystem's user namespace.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/security.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "relink/default_dir.h"
#include "relink/link.h"

#define PV_DEFAULT_DIR_MODE	0700

static int pv_default_dir_refuse(struct pv_relinked *done,
				 enum pathvirt_relink_why why, int err)
{
	done->why = why;
	return err;
}

/* Credentials that make files of root's on @mnt; NULL if it has no root. */
static struct cred *pv_default_dir_root(const struct path *dir)
{
	struct user_namespace *user_ns = dir->dentry->d_sb->s_user_ns;
	PV_IDMAP *idmap = mnt_idmap(dir->mnt);
	vfsuid_t uid = make_vfsuid(idmap, user_ns, make_kuid(user_ns, 0));
	vfsgid_t gid = make_vfsgid(idmap, user_ns, make_kgid(user_ns, 0));
	struct cred *cred;

	if (!vfsuid_valid(uid) || !vfsgid_valid(gid))
		return ERR_PTR(-EOVERFLOW);
	cred = prepare_creds();
	if (!cred)
		return ERR_PTR(-ENOMEM);
	cred->fsuid = vfsuid_into_kuid(uid);
	cred->fsgid = vfsgid_into_kgid(gid);
	return cred;
}

/*
 * The caller's umask has had a say, or a default ACL; with such a mode root itself
 * might need to be more than root.
 */
static int pv_default_dir_chmod(const struct path *dir, struct dentry *child)
{
	struct inode *inode = d_inode(child);
	struct iattr attr = { .ia_valid = ATTR_MODE };
	int err = 0;

	inode_lock_nested(inode, I_MUTEX_CHILD);
	attr.ia_mode = (inode->i_mode & ~0777) | PV_DEFAULT_DIR_MODE;
	if (attr.ia_mode != inode->i_mode)
		err = notify_change(mnt_idmap(dir->mnt), child, &attr, NULL);
	inode_unlock(inode);
	return err;
}

/* Between start_creating() and end_creating(); uses @child up, as pv_mkdir(). */
static struct dentry *pv_default_dir_make(const struct path *dir,
					  struct dentry *child,
				     struct pv_relinked *done)
{
	const struct cred *before;
	struct cred *root;
	int err;

	err = security_path_mkdir(dir, child, PV_DEFAULT_DIR_MODE);
	if (err)
		goto fail;
	root = pv_default_dir_root(dir);
	err = PTR_ERR_OR_ZERO(root);
	if (err == -EOVERFLOW)
		pv_default_dir_refuse(done, PATHVIRT_WHY_UNMAPPED, err);
	if (err)
		goto fail;
	before = override_creds(root);
	child = pv_mkdir(mnt_idmap(dir->mnt), d_inode(dir->dentry), child,
			 PV_DEFAULT_DIR_MODE);
	err = IS_ERR(child) ? 0 : pv_default_dir_chmod(dir, child);
	revert_creds(before);
	put_cred(root);
	if (err)
		goto fail;
	return child;

fail:
	end_creating(child);
	return ERR_PTR(err);
}

static int pv_default_dir_trust(const struct dentry *dentry,
				struct pv_relinked *done)
{
	const struct inode *inode = d_inode(dentry);
	struct user_namespace *user_ns = dentry->d_sb->s_user_ns;

	if (!d_is_dir(dentry))
		return pv_default_dir_refuse(done, PATHVIRT_WHY_UNSAFE_DIR,
					-ENOTDIR);
	if (!uid_eq(inode->i_uid, make_kuid(user_ns, 0)) ||
	    inode->i_mode & 0022)
		return pv_default_dir_refuse(done, PATHVIRT_WHY_UNSAFE_DIR, -EACCES);
	return 0;
}

/* Go from @dir to its child, which is made where it is missing. */
static int pv_default_dir_enter(struct path *dir, struct qstr *name,
				struct pv_relinked *done)
{
	struct dentry *child;
	int err;

	child = start_creating(mnt_idmap(dir->mnt), dir->dentry, name);
	if (!IS_ERR(child) && d_is_negative(child))
		child = pv_default_dir_make(dir, child, done);
	if (IS_ERR(child))
		return PTR_ERR(child);
	dget(child);
	end_creating(child);
	err = pv_default_dir_trust(child, done);
	if (err) {
		dput(child);
		return err;
	}
	dput(dir->dentry);
	dir->dentry = child;
	return 0;
}

/**
 * pv_default_dir_get - the default directory on the mount of a file
 * @file: the file
 * @found: becomes the directory, to be given to path_put()
 * @done: gets the reason if there can be none
 *
 * Context: may sleep; the caller has mnt_want_write() on the mount.
 * Return: 0 or a negative errno.
 */
int pv_default_dir_get(const struct path *file, struct path *found,
		       struct pv_relinked *done)
{
	struct path dir = { .mnt = file->mnt, .dentry = file->mnt->mnt_root };
	const char *level = PATHVIRT_RELINK_DIR;
	int err = 0;

	if (!d_is_dir(dir.dentry))
		return pv_default_dir_refuse(done, PATHVIRT_WHY_NO_ROOT_DIR,
					-ENOTDIR);
	path_get(&dir);
	while (!err && *level) {
		struct qstr name = QSTR_INIT(level, strcspn(level, "/"));

		err = pv_default_dir_enter(&dir, &name, done);
		level += name.len;
		level += *level == '/';
	}
	if (err)
		path_put(&dir);
	else
		*found = dir;
	return err;
}

/**
 * pv_default_dir_open - open the default directory for the running task
 * @dir: what pv_default_dir_get() gave
 *
 * Return: a file for reading, the caller's, or an error pointer.
 */
struct file *pv_default_dir_open(const struct path *dir)
{
	int err = inode_permission(mnt_idmap(dir->mnt),
				   d_inode(dir->dentry),
				   MAY_READ | MAY_EXEC);

	if (err)
		return ERR_PTR(err);
	return dentry_open(dir, O_RDONLY | O_DIRECTORY | O_LARGEFILE,
			   current_cred());
}
