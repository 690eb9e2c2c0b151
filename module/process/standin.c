// SPDX-License-Identifier: GPL-2.0
/*
 * Stand-ins.
 *
 * An ORIGINAL need not exist, nor need what lies above it.  Where a directory above one
 * is not there, realpath(3), "cd ..", git and "mkdir -p" want it all the same, and what
 * they make there is to be made in NEW and nowhere else.  So a process finds a directory
 * in its place: root's, not to be written to, with the next components of ORIGINALs in
 * it.
 *
 * They are those of a small filesystem, one for each table that needs it, mounted
 * nowhere, in which a directory is called as in the table.  A walk comes there where it
 * would end in ENOENT (resolve.c).  Nothing is kept in it: what is there is asked of the
 * table when it is looked up, and nothing is any more when that is gone.
 */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/jhash.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "hook/hooks.h"
#include "process/place.h"
#include "process/standin.h"
#include "rules/rule.h"
#include "rules/trie_match.h"
#include "user.h"

#define PV_STANDIN_MAGIC	0x70617468	/* "path" */

/**
 * struct pv_standins - the stand-ins of a table
 * @refs: the table's places have one, the filesystem another
 * @rcu: for freeing after a grace period
 * @table: of which they speak; NULL if it is gone; under RCU
 * @charge: who pays for the filesystem, as long as somebody is there
 * @mnt: the mount
 */
struct pv_standins {
	refcount_t refs;
	struct rcu_head rcu;
	struct pv_charge charge;
	const struct pv_table __rcu *table;
	struct vfsmount *mnt;
};

static void pv_standins_put(struct pv_standins *standins)
{
	if (!refcount_dec_and_test(&standins->refs))
		return;
	pv_charge_drop(&standins->charge);
	kfree_rcu(standins, rcu);
}

/* A number that is the same whenever it is asked for. */
static ino_t pv_standin_ino(const char *name)
{
	return jhash(name, strlen(name), 0) | BIT(31);
}

/* ---- What is in a directory ---- */

/* What @dentry is called, in @buf of PATH_MAX bytes; "" for the root directory. */
static const char *pv_standin_name(struct dentry *dentry, char *buf)
{
	const char *name = dentry_path_raw(dentry, buf, PATH_MAX);

	return !IS_ERR(name) && !name[1] ? "" : name;
}

static struct inode *pv_standin_inode(struct super_block *sb, const char *name);

static struct dentry *pv_standin_lookup(struct inode *dir, struct dentry *dentry,
					unsigned int flags)
{
	struct pv_standins *standins = dir->i_sb->s_fs_info;
	const struct pv_table *table;
	struct inode *inode = NULL;
	const char *name;
	char *buf;
	bool there;

	if (dentry->d_name.len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	buf = kmalloc(PATH_MAX, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	name = pv_standin_name(dentry, buf);
	if (!IS_ERR(name)) {
		rcu_read_lock();
		table = rcu_dereference(standins->table);
		there = table && pv_table_stands_in(table, name);
		rcu_read_unlock();
		if (there)
			inode = pv_standin_inode(dir->i_sb, name) ?:
				ERR_PTR(-ENOMEM);
	}
	kfree(buf);
	if (IS_ERR(name))
		return ERR_CAST(name);
	if (IS_ERR(inode))
		return ERR_CAST(inode);
	d_add(dentry, inode);
	return NULL;
}

/* All else that a process finds there its rules have (listing.c). */
static int pv_standin_list(struct file *file, struct dir_context *ctx)
{
	dir_emit_dots(file, ctx);
	return 0;
}

static const struct file_operations pv_standin_file_ops = {
	.owner = THIS_MODULE,
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = pv_standin_list,
};

static const struct inode_operations pv_standin_dir_ops = {
	.lookup = pv_standin_lookup,
};

/* ---- The filesystem ---- */

static struct inode *pv_standin_inode(struct super_block *sb, const char *name)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = pv_standin_ino(name);
	inode->i_mode = S_IFDIR | 0555;
	inode->i_op = &pv_standin_dir_ops;
	inode->i_fop = &pv_standin_file_ops;
	/* Nobody's: it is no way to anything that a security module knows. */
	inode->i_flags |= S_PRIVATE;
	/* How many directories there are in it nobody has counted. */
	set_nlink(inode, 1);
	simple_inode_init_ts(inode);
	return inode;
}

static void pv_standin_put_super(struct super_block *sb)
{
	pv_standins_put(sb->s_fs_info);
}

static const struct super_operations pv_standin_super_ops = {
	.statfs = simple_statfs,
	.put_super = pv_standin_put_super,
};

static int pv_standin_fill(struct super_block *sb, struct fs_context *context)
{
	struct pv_standins *standins;

	/* Who has them is known when it is mounted. */
	standins = kzalloc(sizeof(*standins), GFP_KERNEL_ACCOUNT);
	if (!standins)
		return -ENOMEM;
	refcount_set(&standins->refs, 2);
	sb->s_fs_info = standins;
	sb->s_magic = PV_STANDIN_MAGIC;
	sb->s_op = &pv_standin_super_ops;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_time_gran = 1;
	sb->s_flags |= SB_RDONLY | SB_NODEV | SB_NOEXEC | SB_NOSUID;
	sb->s_root = d_make_root(pv_standin_inode(sb, ""));
	if (sb->s_root)
		return 0;
	sb->s_fs_info = NULL;
	kfree(standins);
	return -ENOMEM;
}

static int pv_standin_get_tree(struct fs_context *context)
{
	return get_tree_nodev(context, pv_standin_fill);
}

static const struct fs_context_operations pv_standin_context_ops = {
	.get_tree = pv_standin_get_tree,
};

static int pv_standin_init_context(struct fs_context *context)
{
	context->ops = &pv_standin_context_ops;
	/* Root's is what is in it, whoever attaches. */
	context->global = true;
	return 0;
}

static struct file_system_type pv_standin_type_of_fs = {
	.owner = THIS_MODULE,
	.name = "pathvirt",
	.init_fs_context = pv_standin_init_context,
	.kill_sb = kill_anon_super,
};

/* ---- What others ask for ---- */

/* What they are charged for: a filesystem of their own, with nothing in it. */
#define PV_STANDINS_SIZE	(16 * 1024)

/**
 * pv_standins_make - make room for stand-ins
 *
 * Context: may sleep; charged to the user who asks.
 * Return: for pv_standins_drop(); they speak of no table yet; or an error pointer, as
 * from pv_charge_add().
 */
struct pv_standins *pv_standins_make(void)
{
	struct pv_charge charge = { };
	struct pv_standins *standins;
	struct vfsmount *mnt;
	int err;

	err = pv_charge_add(&charge, PV_STANDINS_SIZE);
	if (err)
		return ERR_PTR(err);
	/* It goes with its last reference, and nobody waits for that. */
	mnt = vfs_kern_mount(&pv_standin_type_of_fs, SB_KERNMOUNT,
			     pv_standin_type_of_fs.name, NULL);
	if (IS_ERR(mnt)) {
		pv_charge_drop(&charge);
		return ERR_CAST(mnt);
	}
	standins = mnt->mnt_sb->s_fs_info;
	standins->charge = charge;
	standins->mnt = mnt;
	return standins;
}

/**
 * pv_standins_speak_of - say which table stand-ins are of
 * @standins: the stand-ins or NULL
 * @table: the table, which says that it is gone before a grace period passes; or NULL:
 *	there is none any more
 *
 * Context: any.
 */
void pv_standins_speak_of(struct pv_standins *standins,
			  const struct pv_table *table)
{
	if (standins)
		rcu_assign_pointer(standins->table, table);
}

/**
 * pv_standins_drop - stand-ins are needed no longer
 * @standins: the stand-ins or NULL; who sits in one of them stays there
 *
 * Context: may sleep.
 */
void pv_standins_drop(struct pv_standins *standins)
{
	if (!standins)
		return;
	mntput(standins->mnt);
	pv_standins_put(standins);
}

/**
 * pv_standins_walk - find one of a table's
 * @standins: the table's
 * @virtual: what the process calls it, as pv_layers_find_standin()
 * @path: receives it; a reference
 *
 * Context: may sleep, and walks.
 * Return: false if there is none.
 */
bool pv_standins_walk(const struct pv_standins *standins, const char *virtual,
		      struct path *path)
{
	struct path root = {
		.mnt = standins->mnt,
		.dentry = standins->mnt->mnt_root,
	};
	struct filename *name;
	int err;

	if (!*virtual) {
		*path = root;
		path_get(path);
		return true;
	}
	name = getname_kernel(virtual);
	if (IS_ERR(name))
		return false;
	err = pv_lookup(AT_FDCWD, name, LOOKUP_DIRECTORY, path, &root);
	putname(name);
	return !err;
}

/**
 * pv_standin_is - is a directory a stand-in?
 * @path: the directory
 *
 * Context: any.
 * Return: true if it is one of any table's.
 */
bool pv_standin_is(const struct path *path)
{
	return path->dentry->d_sb->s_type == &pv_standin_type_of_fs;
}
