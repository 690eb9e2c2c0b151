// SPDX-License-Identifier: GPL-2.0
/*
 * Aliases: a file is opened as if it had been unlinked where it never was, or is no
 * more.
 *
 * Who holds a file that was unlinked holds its dentry: in its directory, with its
 * name and its inode, but unhashed, so that no walk comes to it.  That is its path,
 * and it is "(deleted)".  A dentry that is allocated and never hashed is the same
 * from its first moment on; so one is made below the directory and given the inode.
 * No look-up, no listing of the directory and no file that has the name now ever
 * meets it, the filesystem is not asked, and it goes with its last holder.  What
 * becomes of the link that the file was found by does not matter to it.
 *
 * A directory that is gone may be part of the name: the path is put together from
 * the names of dentries, whatever they are, and nobody looks for this one.
 *
 * It is opened with O_PATH, which is no more than to have its path.  To be read
 * or written it must be opened once more, by way of /proc/self/fd, where the kernel
 * asks what it asks of everyone.
 *
 * Not of directories, which may have but one dentry, and not where the filesystem
 * goes by the names of open files, as network filesystems do.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/magic.h>

#include "compat.h"
#include "hook/hooks.h"
#include "relink/deleted.h"
#include "relink/link.h"

static struct file *pv_deleted_refuse(struct pv_relinked *done,
				      enum pathvirt_relink_why why, int err)
{
	done->why = why;
	return ERR_PTR(err);
}

/*
 * On overlayfs a dentry must know that its file is in the upper layer, or opening
 * it for writing would put it there, under its name.  What memory filesystems keep
 * with a dentry is its place in the directory, and this one has none.  Whoever else
 * keeps something would miss it.
 */
static bool pv_deleted_possible(const struct dentry *dentry)
{
	const struct super_block *sb = dentry->d_sb;

	if (dentry->d_flags & DCACHE_OP_REAL)
		return pv_stacked_flags(dentry);
	if (sb->s_magic == TMPFS_MAGIC || sb->s_magic == RAMFS_MAGIC)
		return true;
	return sb->s_type->fs_flags & FS_REQUIRES_DEV && !dentry->d_fsdata;
}

/* To be seen at another path is what a link is asked for, too. */
static int pv_deleted_permitted(const struct path *file, const struct path *dir,
				struct dentry *alias)
{
	if (!IS_ENABLED(CONFIG_SECURITY_PATH))
		return 0;
	return pv_path_link(file->dentry, dir, alias);
}

static struct dentry *pv_deleted_make(const struct path *file,
				      const struct path *dir, const char *name)
{
	struct qstr last = QSTR_INIT(name, strlen(name));
	struct dentry *alias;
	int err;

	alias = d_alloc(dir->dentry, &last);
	if (!alias)
		return ERR_PTR(-ENOMEM);
	err = pv_deleted_permitted(file, dir, alias);
	if (err) {
		dput(alias);
		return ERR_PTR(err);
	}
	if (file->dentry->d_flags & DCACHE_OP_REAL)
		alias->d_fsdata = pv_stacked_flags(file->dentry);
	/* As unlinking leaves it. */
	dont_mount(alias);
	ihold(d_inode(file->dentry));
	d_instantiate(alias, d_inode(file->dentry));
	return alias;
}

/**
 * pv_deleted_open - open a file as if it had been unlinked at another place
 * @file: the file, which has passed pv_relink_privileged()
 * @dir: the directory, on the same mount; it need not be linked any more
 * @name: the name in it, or a relative path that begins with what is gone
 * @done: gets what stat() tells of the file, or the reason if it fails
 *
 * Context: may sleep.
 * Return: a file as by O_PATH, the caller's, or an error pointer.
 */
struct file *pv_deleted_open(const struct path *file, const struct path *dir,
			     const char *name, struct pv_relinked *done)
{
	struct path path = { .mnt = dir->mnt };
	struct file *opened;
	int err;

	if (d_is_dir(file->dentry))
		return pv_deleted_refuse(done, PATHVIRT_WHY_DIRECTORY, -EISDIR);
	if (dir->mnt != file->mnt)
		return pv_deleted_refuse(done, PATHVIRT_WHY_OTHER_MOUNT, -EXDEV);
	if (!pv_deleted_possible(file->dentry))
		return pv_deleted_refuse(done, PATHVIRT_WHY_BY_NAME,
				       -EOPNOTSUPP);
	err = vfs_getattr(file, &done->stat, STATX_BASIC_STATS,
			  AT_STATX_SYNC_AS_STAT);
	if (err)
		return ERR_PTR(err);
	path.dentry = pv_deleted_make(file, dir, name);
	if (IS_ERR(path.dentry))
		return ERR_CAST(path.dentry);
	opened = dentry_open(&path, O_PATH, current_cred());
	dput(path.dentry);
	return opened;
}
