/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between the kernels that are supported, and nothing else; those
 * between architectures are in arch/.
 *
 * The code elsewhere reads as if written for the newest kernel; what an older
 * one lacks is added here under the newest name.  Which it lacks is asked of its
 * headers, not of its number: see have.c.  Supported and tested: 6.1, 6.12, 7.2,
 * 7.3.
 */
#ifndef _PV_COMPAT_H
#define _PV_COMPAT_H

#include <linux/compiler.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/ftrace.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "have.h"

#if PV_HAVE_FILELOCK_H
#include <linux/filelock.h>
#endif

#if PV_HAVE_UNALIGNED_H
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* PROCMAP_QUERY, which asks for one mapping of /proc/PID/maps. */
#ifdef PROCMAP_QUERY
#define PV_SYMBOL_MAPS_QUERY	"procfs_procmap_ioctl"
#else
#define PV_SYMBOL_MAPS_QUERY	NULL
#endif

/* What link() asks of the security modules that go by path, if there are any. */
#ifdef CONFIG_SECURITY_PATH
#define PV_SYMBOL_PATH_LINK	"security_path_link"
#else
#define PV_SYMBOL_PATH_LINK	NULL
#endif

/* What security modules say to a mount, if there are any. */
#ifdef CONFIG_SECURITY
#define PV_SYMBOL_SB_MOUNT	"security_sb_mount"
#else
#define PV_SYMBOL_SB_MOUNT	NULL
#endif

/* What AppArmor calls a file. */
#ifdef CONFIG_SECURITY_APPARMOR
#define PV_SYMBOL_APPARMOR_NAME	"aa_path_name"
#else
#define PV_SYMBOL_APPARMOR_NAME	NULL
#endif

/* What a walk tells audit of where a name has led, if there is any audit. */
#ifdef CONFIG_AUDITSYSCALL
#define PV_SYMBOL_AUDIT_INODE	"__audit_inode"
#else
#define PV_SYMBOL_AUDIT_INODE	NULL
#endif

#ifndef __counted_by
#define __counted_by(member)
#endif

/* An io_uring worker; 6.1 knows no other thread of that kind. */
#ifndef PF_USER_WORKER
#define PF_USER_WORKER	PF_IO_WORKER
#endif

/* The tracepoint tells since 6.17 whether the thread group is dead. */
#if PV_HAVE_EXIT_GROUP_DEAD
#define PV_TRACE_EXIT_ARGS	struct task_struct *task, bool group_dead
#else
#define PV_TRACE_EXIT_ARGS	struct task_struct *task
#endif

/*
 * struct open_flags of fs/internal.h, the same on all supported kernels.  It is
 * believed only after pv_selftest_run() has seen it on the running one.
 */
struct pv_open_flags {
	int open_flag;
	umode_t mode;
	int acc_mode;
	int intent;
	int lookup_flags;
};

/* Some architectures have it as a macro, others as a function. */
#if !PV_HAVE_FTRACE_REGS_SET_IP && !defined(ftrace_regs_set_instruction_pointer)
#define ftrace_regs_set_instruction_pointer	ftrace_instruction_pointer_set
#endif

/* What __assign_str() does, which does not take the same arguments everywhere. */
#define pv_assign_str(dst, src)	\
	strscpy(__get_str(dst), src, __get_dynamic_array_len(dst))

/* One direct call for several functions. */
#if PV_HAVE_FTRACE_DIRECT_MULTI
#define register_ftrace_direct(ops, addr) \
	register_ftrace_direct_multi(ops, addr)
#define unregister_ftrace_direct(ops, addr, free_filters) \
	unregister_ftrace_direct_multi(ops, addr)
#endif

/*
 * Does the kernel walk for itself in the name of a task?  Since 7.3 it does so
 * with the root of the initial namespace in the task's place; before, it passes
 * that root to the walk.
 */
static inline bool pv_task_borrows_fs(const struct task_struct *task)
{
#if PV_HAVE_REAL_FS
	return task->fs != task->real_fs;
#else
	return false;
#endif
}

/*
 * for_each_thread(), under rcu_read_lock().  Where RCU is proved, the kernel's own
 * asks for a lock, too, that modules cannot see.
 */
#define pv_for_each_thread(task, thread)				\
	list_for_each_entry_rcu(thread, &(task)->signal->thread_head,	\
				thread_node)

/* The attributes of a dump's request. */
#if PV_HAVE_GENL_INFO_DUMP
#define pv_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#else
#define pv_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#endif

#if !PV_HAVE_START_CREATING_PATH
#define start_creating_path	kern_path_create
#define end_creating_path	done_path_create
#endif

/* How the owners on a mount differ from those on its filesystem. */
#if PV_HAVE_MNT_IDMAP
#define PV_IDMAP	struct mnt_idmap
#else
#define PV_IDMAP	struct user_namespace

static inline PV_IDMAP *mnt_idmap(const struct vfsmount *mnt)
{
	return mnt_user_ns(mnt);
}
#endif

/* An inode's state had no functions; its lock is held as with them. */
#if !PV_HAVE_INODE_STATE
#define inode_state_read_once(inode)		READ_ONCE((inode)->i_state)
#define inode_state_set(inode, flags)		((inode)->i_state |= (flags))
#define inode_state_clear(inode, flags)		((inode)->i_state &= ~(flags))
#endif

/* The times of an inode: those of now. */
#if !PV_HAVE_SIMPLE_INODE_INIT_TS
static inline void simple_inode_init_ts(struct inode *inode)
{
	inode->i_ctime = current_time(inode);
	inode->i_mtime = inode->i_ctime;
	inode->i_atime = inode->i_ctime;
}
#endif

/* Whoever must give a delegation back before the call can be made again. */
#if PV_HAVE_DELEGATED_INODE
#define PV_DELEGATED		struct delegated_inode
#else
#define PV_DELEGATED		struct inode *
#define is_delegated(delegated)	(*(delegated))
#endif

/*
 * The inode that the filesystem below keeps the owner and the links of a file
 * in, on overlayfs; the file's own elsewhere.  Overlayfs tells it for regular
 * files only.
 */
static inline struct inode *pv_real_inode(struct dentry *dentry)
{
#if PV_HAVE_D_REAL_TYPE
	return d_inode(d_real(dentry, D_REAL_METADATA));
#else
	return d_inode(d_real(dentry, NULL));
#endif
}

/*
 * What overlayfs keeps with a dentry: flags; not 0 where its file is no directory and
 * is in the upper layer.  Before 6.5 it was memory that belongs to the one dentry,
 * and no memory lies as low as flags do.
 */
static inline void *pv_stacked_flags(const struct dentry *dentry)
{
	void *kept = READ_ONCE(dentry->d_fsdata);

	return (unsigned long)kept < PAGE_SIZE ? kept : NULL;
}

/* It was exported long before it was declared. */
#if !PV_HAVE_VFS_PATH_LOOKUP
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name,
		    unsigned int flags, struct path *path);
#endif

/* A name in a directory, which is locked until end_creating(). */
#if !PV_HAVE_START_CREATING
static inline void end_creating(struct dentry *child)
{
	if (IS_ERR(child))
		return;
	inode_unlock(d_inode(child->d_parent));
	dput(child);
}

static inline struct dentry *start_creating(PV_IDMAP *idmap,
					    struct dentry *parent,
					    struct qstr *name)
{
	struct dentry *child;

	inode_lock_nested(d_inode(parent), I_MUTEX_PARENT);
#if PV_HAVE_LOOKUP_ONE_QSTR
	child = lookup_one(idmap, name, parent);
#else
	child = lookup_one(idmap, name->name, parent, name->len);
#endif
	if (IS_ERR(child))
		inode_unlock(d_inode(parent));
	return child;
}
#endif

/*
 * Make a directory between start_creating() and end_creating(), which takes what
 * this returns; the name's dentry is used up.
 */
static inline struct dentry *pv_mkdir(PV_IDMAP *idmap, struct inode *dir,
				      struct dentry *child, umode_t mode)
{
#if PV_HAVE_MKDIR_DELEGATED
	return vfs_mkdir(idmap, dir, child, mode, NULL);
#elif PV_HAVE_MKDIR_DENTRY
	child = vfs_mkdir(idmap, dir, child, mode);
	/* That left the directory locked, which end_creating() cannot do any more. */
	if (IS_ERR(child))
		inode_unlock(dir);
	return child;
#else
	int err = vfs_mkdir(idmap, dir, child, mode);

	if (!err)
		return child;
	end_creating(child);
	return ERR_PTR(err);
#endif
}

#endif /* _PV_COMPAT_H */
