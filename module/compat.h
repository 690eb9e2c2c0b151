/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between the kernels that are supported, and nothing else.
 *
 * The code elsewhere reads as if written for the newest kernel; what an older
 * one lacks is added here under the newest name.  Supported and tested: 6.1,
 * 6.12, 7.3.
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
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#include <linux/filelock.h>
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* Functions of fs/ that 7.0 renamed; their arguments are the same. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define PV_SYMBOL_OPEN		"do_file_open"
#define PV_SYMBOL_RENAME	"filename_renameat2"
#define PV_SYMBOL_LINK		"filename_linkat"
#else
#define PV_SYMBOL_OPEN		"do_filp_open"
#define PV_SYMBOL_RENAME	"do_renameat2"
#define PV_SYMBOL_LINK		"do_linkat"
#endif

/*
 * Where a symbolic link is followed; older kernels have it inside of the step
 * to a component.  The arguments behind the first one, as words: is it a link?
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define PV_SYMBOL_STEP		"pick_link"
#define pv_step_is_link(a, b)	true
#else
#define PV_SYMBOL_STEP		"step_into"
#define pv_step_is_link(a, b)	d_is_symlink((const struct dentry *)(b))
#endif

/* PROCMAP_QUERY, which asks for one mapping of /proc/PID/maps. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
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

#ifndef __counted_by
#define __counted_by(member)
#endif

/* An io_uring worker; 6.1 knows no other thread of that kind. */
#ifndef PF_USER_WORKER
#define PF_USER_WORKER	PF_IO_WORKER
#endif

/* The tracepoint tells since 6.17 whether the thread group is dead. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define PV_TRACE_EXIT_ARGS	struct task_struct *task, bool group_dead
#else
#define PV_TRACE_EXIT_ARGS	struct task_struct *task
#endif

/*
 * struct open_flags of fs/internal.h, the same on all supported kernels.  It is
 * believed only after pv_proof_run() has seen it on the running one.
 */
struct pv_open_flags {
	int open_flag;
	umode_t mode;
	int acc_mode;
	int intent;
	int lookup_flags;
};

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define ftrace_regs_set_instruction_pointer	ftrace_instruction_pointer_set
#endif

/* A trace event's string is found by its destination alone since 6.10. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define pv_assign_str(dst, src)	__assign_str(dst)
#else
#define pv_assign_str(dst, src)	__assign_str(dst, src)
#endif

/* The variable that holds the running task, by its name in assembler. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
#define PV_CURRENT_TASK		const_current_task
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define PV_CURRENT_TASK		pcpu_hot.current_task
#else
#define PV_CURRENT_TASK		current_task
#endif

/* One direct call for several functions. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define register_ftrace_direct(ops, addr) \
	register_ftrace_direct_multi(ops, addr)
#define unregister_ftrace_direct(ops, addr, free_filters) \
	unregister_ftrace_direct_multi(ops, addr)
#endif

/*
 * Does the kernel walk for itself in the name of a task?  Since 7.0 it does so
 * with the root of the initial namespace in the task's place; before, it passes
 * that root to the walk.
 */
static inline bool pv_task_borrows_fs(const struct task_struct *task)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
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
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define pv_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#else
#define pv_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define start_creating_path	kern_path_create
#define end_creating_path	done_path_create
#endif

/* How the owners on a mount differ from those on its filesystem. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define PV_IDMAP	struct user_namespace

static inline PV_IDMAP *mnt_idmap(const struct vfsmount *mnt)
{
	return mnt_user_ns(mnt);
}
#else
#define PV_IDMAP	struct mnt_idmap
#endif

/* An inode's state had no functions; its lock is held as with them. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define inode_state_read_once(inode)		READ_ONCE((inode)->i_state)
#define inode_state_set(inode, flags)		((inode)->i_state |= (flags))
#define inode_state_clear(inode, flags)		((inode)->i_state &= ~(flags))
#endif

/* Whoever must give a delegation back before the call can be made again. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define PV_DELEGATED		struct inode *
#define is_delegated(delegated)	(*(delegated))
#else
#define PV_DELEGATED		struct delegated_inode
#endif

/*
 * The inode that the filesystem below keeps the owner and the links of a file
 * in, on overlayfs; the file's own elsewhere.  Overlayfs tells it for regular
 * files only.
 */
static inline struct inode *pv_real_inode(struct dentry *dentry)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	return d_inode(d_real(dentry, D_REAL_METADATA));
#else
	return d_inode(d_real(dentry, NULL));
#endif
}

/*
 * What overlayfs keeps with a dentry: flags; not 0 where its file is no directory and
 * is in the upper layer.  Before 6.5 it was memory that belongs to the one dentry.
 */
static inline void *pv_stacked_flags(const struct dentry *dentry)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
	return READ_ONCE(dentry->d_fsdata);
#else
	return NULL;
#endif
}

/* A name in a directory, which is locked until end_creating(). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
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
	child = lookup_one(idmap, name->name, parent, name->len);
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
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
	return vfs_mkdir(idmap, dir, child, mode, NULL);
#else
	int err = vfs_mkdir(idmap, dir, child, mode);

	if (!err)
		return child;
	end_creating(child);
	return ERR_PTR(err);
#endif
}

#endif /* _PV_COMPAT_H */
