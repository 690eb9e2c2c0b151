// SPDX-License-Identifier: GPL-2.0
/*
 * Does any name lead to an open file?
 *
 * Not only its own name may be gone.  When a subvolume of btrfs is deleted, what is in it
 * is not unlinked: the names are there still, but no walk comes to the subvolume any
 * more.  When a mount is detached lazily, no walk comes to the mount.
 *
 * And a name that is gone may be there again: the file was linked to where it was.
 * The dentry that it was opened by does not learn of that, so the name is looked for,
 * on filesystems that answer without asking somebody else, who may be dead.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>

#include "compat.h"
#include "hook/hooks.h"
#include "relink/named.h"

/* The inode number of the root of each subvolume but the first. */
#define PV_BTRFS_SUBVOLUME	256

/* A dentry that was not looked up by name was never hashed, and is no unlinked one. */
static bool pv_named_is_unlinked(const struct path *file,
				 const struct dentry *dentry)
{
	return dentry != file->mnt->mnt_root && d_unlinked(dentry);
}

/* Walks up from @file; is there such a directory on the way? */
static bool pv_named_any_above(const struct path *file,
			       bool (*such)(const struct path *file,
					    const struct dentry *dentry))
{
	struct dentry *dentry = dget_parent(file->dentry);
	bool found = such(file, dentry);

	while (!found && dentry != file->mnt->mnt_root && !IS_ROOT(dentry)) {
		struct dentry *parent = dget_parent(dentry);

		dput(dentry);
		dentry = parent;
		found = such(file, dentry);
	}
	dput(dentry);
	return found;
}

static bool pv_named_is_dead_volume(const struct path *file,
				    const struct dentry *dentry)
{
	return pv_named_is_unlinked(file, dentry) &&
	       d_inode(dentry)->i_ino == PV_BTRFS_SUBVOLUME;
}

/*
 * The name that the file was opened by is there.  One that the NFS client made up
 * when that was unlinked is not it: it goes when the file is closed.
 */
static bool pv_named_linked(const struct path *file)
{
	const struct dentry *dentry = file->dentry;

	if (!d_inode(dentry)->i_nlink || d_unlinked(dentry) ||
	    dentry->d_flags & DCACHE_NFSFS_RENAMED)
		return false;
	return dentry == file->mnt->mnt_root ||
	       !pv_named_any_above(file, pv_named_is_unlinked);
}

/* It has its directories to itself: nobody is asked, so nobody is waited for. */
static bool pv_named_is_local(const struct super_block *sb)
{
	switch (sb->s_magic) {
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
	case OVERLAYFS_SUPER_MAGIC:
		return true;
	case FUSE_SUPER_MAGIC:
		return false;
	default:
		return sb->s_type->fs_flags & FS_REQUIRES_DEV;
	}
}

/* The path of the file from the root of its mount, in @buf of PATH_MAX; or NULL. */
static const char *pv_named_path(const struct path *file, char *buf)
{
	const char *path = dentry_path_raw(file->mnt->mnt_root, buf, PATH_MAX);
	size_t above;

	if (IS_ERR(path))
		return NULL;
	/* That of the root of a filesystem is "/". */
	above = path[1] ? strlen(path) : 0;
	path = dentry_path_raw(file->dentry, buf, PATH_MAX);
	if (IS_ERR(path) || strlen(path) < above + 2)
		return NULL;
	return path + above + 1;
}

/* Whatever is found by the path, it is the inode that tells. */
static bool pv_named_again(const struct path *file)
{
	const struct inode *inode = d_inode(file->dentry);
	struct path found;
	const char *path;
	bool again = false;
	char *buf;

	if (!READ_ONCE(inode->i_nlink) || !pv_named_is_local(inode->i_sb))
		return false;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		return false;
	path = pv_named_path(file, buf);
	if (path && !vfs_path_lookup(file->mnt->mnt_root, file->mnt, path,
				     LOOKUP_NO_XDEV | LOOKUP_NO_SYMLINKS,
				     &found)) {
		again = d_inode(found.dentry) == inode;
		path_put(&found);
	}
	kfree(buf);
	return again;
}

/**
 * pv_named - does a name lead to an open file, from the root of its mount?
 * @file: the file; not one of the kernel's own mounts
 *
 * It is the one that the file was opened by, or one of the same spelling.  Another hard
 * link is another name.
 *
 * Context: may sleep.
 */
bool pv_named(const struct path *file)
{
	return pv_named_linked(file) ||
	       (file->dentry != file->mnt->mnt_root && pv_named_again(file));
}

/**
 * pv_named_detached - is the mount that a file was opened through in no namespace?
 * @file: the file
 *
 * The filesystem may be mounted elsewhere as well.
 *
 * Context: may sleep.
 */
bool pv_named_detached(const struct path *file)
{
	const struct path root = {
		.mnt = file->mnt,
		.dentry = file->mnt->mnt_root,
	};
	bool detached;
	char *buf;

	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		return false;
	/* What the kernel says then, and only then. */
	detached = pv_absolute_path(&root, buf, PATH_MAX) == ERR_PTR(-EINVAL);
	kfree(buf);
	return detached;
}

/**
 * pv_named_volume_gone - was the subvolume of an open file deleted?
 * @file: the file
 *
 * Nothing can be linked in it any more, nor out of it.
 */
bool pv_named_volume_gone(const struct path *file)
{
	return file->dentry->d_sb->s_magic == BTRFS_SUPER_MAGIC &&
	       file->dentry != file->mnt->mnt_root &&
	       pv_named_any_above(file, pv_named_is_dead_volume);
}
