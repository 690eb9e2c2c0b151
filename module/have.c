// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel's headers have: a table of questions, and no code.
 *
 * A kernel's number does not answer them: vendors carry newer interfaces under older
 * numbers.  Kbuild has the compiler look at this file, once, and writes have.h:
 * PV_HAVE_x is 1 where it had nothing to say against the lines of x, else 0.
 *
 * For compat.h, which is where differences are told apart; what is hidden in fs/ is
 * looked for when the module is loaded, see hooks.c.
 */
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/ftrace.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/sched.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <net/genetlink.h>
#include <trace/events/sched.h>
#include <asm/current.h>

#if __has_include(<linux/filelock.h>)
#include <linux/filelock.h>
#define PV_FILELOCK_H	true
#else
#define PV_FILELOCK_H	false
#endif

#if __has_include(<linux/unaligned.h>)
#define PV_UNALIGNED_H	true
#else
#define PV_UNALIGNED_H	false
#endif

/* Is there such a thing, of a size the compiler knows? */
#define PV_HAVE(name, thing)	enum { pv_have_##name = sizeof(thing) }

/* Is it so? */
#define PV_HAVE_IT(name, truth)	static_assert(truth)

/* The answers to these are known: they show that the others can be believed. */
PV_HAVE(INODE, struct inode);
PV_HAVE(NOTHING, struct pv_nothing);
PV_HAVE_IT(NO_TRUTH, false);

/* Headers. */
PV_HAVE_IT(FILELOCK_H, PV_FILELOCK_H);
PV_HAVE_IT(UNALIGNED_H, PV_UNALIGNED_H);

/* The variable that holds the running task, on x86. */
PV_HAVE(CONST_CURRENT_TASK, const_current_task);
PV_HAVE(PCPU_HOT, pcpu_hot.current_task);

/* Does the kernel walk for itself in the name of a task with another fs_struct? */
PV_HAVE(REAL_FS, sizeof_field(struct task_struct, real_fs));

/* Does the tracepoint tell whether the thread group is dead? */
PV_HAVE_IT(EXIT_GROUP_DEAD,
	   __same_type(&check_trace_callback_type_sched_process_exit,
		       void (*)(void (*)(void *, struct task_struct *, bool))));

PV_HAVE(FTRACE_REGS_SET_IP, &ftrace_regs_set_instruction_pointer);

/* One direct call for several functions. */
PV_HAVE(FTRACE_DIRECT_MULTI, &register_ftrace_direct_multi);

PV_HAVE(GENL_INFO_DUMP, &genl_info_dump);

/* How the owners on a mount differ: an argument of what asks for permission. */
PV_HAVE_IT(MNT_IDMAP,
	   __same_type(&inode_permission,
		       int (*)(struct mnt_idmap *, struct inode *, int)));

PV_HAVE(INODE_STATE, &inode_state_read_once);
PV_HAVE(SIMPLE_INODE_INIT_TS, &simple_inode_init_ts);
PV_HAVE(DELEGATED_INODE, struct delegated_inode);
PV_HAVE(D_REAL_TYPE, D_REAL_METADATA);

PV_HAVE(START_CREATING_PATH, &start_creating_path);
PV_HAVE(START_CREATING, &start_creating);
PV_HAVE(VFS_PATH_LOOKUP, &vfs_path_lookup);

PV_HAVE_IT(LOOKUP_ONE_QSTR,
	   __same_type(&lookup_one,
		       struct dentry *(*)(struct mnt_idmap *, struct qstr *,
					  struct dentry *)));

/* Does vfs_mkdir() return the directory's dentry; is it told of delegations? */
PV_HAVE_IT(MKDIR_DENTRY,
	   __same_type(&vfs_mkdir,
		       struct dentry *(*)(struct mnt_idmap *, struct inode *,
					  struct dentry *, umode_t)));
PV_HAVE_IT(MKDIR_DELEGATED,
	   __same_type(&vfs_mkdir,
		       struct dentry *(*)(struct mnt_idmap *, struct inode *,
					  struct dentry *, umode_t,
					  struct delegated_inode *)));
