// SPDX-License-Identifier: GPL-2.0
/* Audit: where a name has led, told as the kernel's own walk would have told it. */
#include <linux/dcache.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/namei.h>
#include <linux/path.h>

#include "compat.h"
#include "hook/hooks.h"
#include "names/audit.h"

/**
 * pv_audit_found - a name was looked up
 * @name: the name
 * @path: where it has led
 * @flags: the LOOKUP_ flags
 */
void pv_audit_found(struct filename *name, const struct path *path,
		    unsigned int flags)
{
	pv_audit_inode(name, path->dentry,
		       flags & LOOKUP_MOUNTPOINT ? AUDIT_INODE_NOEVAL : 0);
}

/**
 * pv_audit_parent - the parent of a name was looked up
 * @name: the name
 * @parent: the parent
 */
void pv_audit_parent(struct filename *name, const struct path *parent)
{
	pv_audit_inode(name, parent->dentry, AUDIT_INODE_PARENT);
}

/**
 * pv_audit_opened - a name was opened
 * @name: the name
 * @file: what came of it
 * @flags: the O_ flags
 *
 * Context: may sleep.
 */
void pv_audit_opened(struct filename *name, const struct file *file, int flags)
{
	struct dentry *dentry = file->f_path.dentry, *parent;

	if (flags & O_CREAT) {
		parent = dget_parent(dentry);
		pv_audit_inode(name, parent, AUDIT_INODE_PARENT);
		if (file->f_mode & FMODE_CREATED)
			audit_inode_child(d_inode(parent), dentry,
					  AUDIT_TYPE_CHILD_CREATE);
		dput(parent);
	}
	if (!(file->f_mode & FMODE_CREATED))
		pv_audit_inode(name, dentry, 0);
}
