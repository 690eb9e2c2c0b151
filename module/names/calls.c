// SPDX-License-Identifier: GPL-2.0
/*
 * Calls: the handlers of functions that are more than one walk.
 *
 * Several names of one call are to see the same layers.  A fork makes a process
 * that inherits them.
 */
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <asm/syscall.h>

#include "arch/calls.h"
#include "compat.h"
#include "hook/hooks.h"
#include "hook/inflight.h"
#include "names/calls.h"
#include "names/handlers.h"
#include "process/inherit.h"
#include "process/pin.h"
#include "process/pin_list.h"
#include "process/process.h"
#include "process/route.h"

/**
 * pv_call_takes_away - is the running task in a call that removes a file?
 * @dir: the file is a directory
 *
 * A request of io_uring is none of these calls.
 *
 * Return: true if it is, and one that can be done to such a file.
 */
bool pv_call_takes_away(bool dir)
{
	struct pt_regs *regs = current_pt_regs();
	unsigned long args[6];

	switch (pv_arch_removal(syscall_get_nr(current, regs))) {
	case PV_REMOVAL_DIR:
		return dir;
	case PV_REMOVAL_FILE:
		return !dir;
	case PV_REMOVAL_BY_FLAG:
		syscall_get_arguments(current, regs, args);
		return !(args[2] & AT_REMOVEDIR) == !dir;
	default:
		return false;
	}
}

/**
 * pv_call_lists - is the running task in a call that lists a directory?
 * @file: the directory
 * @fd: receives its descriptor
 *
 * Not so for what the kernel lists on its own behalf, or for what a filesystem lists of
 * another one to answer such a call.
 *
 * Context: may sleep.
 * Return: true if it is this one that the process lists.
 */
bool pv_call_lists(const struct file *file, int *fd)
{
	struct pt_regs *regs = current_pt_regs();
	unsigned long args[6];
	struct file *listed;

	if (!pv_arch_lists(syscall_get_nr(current, regs)))
		return false;
	syscall_get_arguments(current, regs, args);
	*fd = args[0];
	listed = fget(*fd);
	if (!listed)
		return false;
	fput(listed);
	return listed == file;
}

/* Stands for do_renameat2() and filename_renameat2(). */
int pv_handle_rename(int olddfd, struct filename *from, int newdfd,
		     struct filename *to, unsigned int flags)
{
	struct pv_pin pin;
	int err;

	pv_call_begin();
	pv_pin_begin(&pin);
	pin.renames = true;
	err = pv_original_rename(olddfd, from, newdfd, to, flags);
	/* It is ORIGINAL that would move, and that lies elsewhere than NEW. */
	if ((err == -EXDEV || err == -EINVAL) && pin.busy[0])
		err = -EBUSY;
	pv_pin_end(&pin);
	pv_call_end();
	return err;
}

/*
 * Stands for security_inode_rename(), which is called where the kernel next asks
 * whether one of the two is a mount point.
 */
int pv_handle_inode_rename(struct inode *old_dir, struct dentry *old,
			   struct inode *new_dir, struct dentry *new,
			   unsigned int flags)
{
	int err;

	pv_call_begin();
	err = pv_original_inode_rename(old_dir, old, new_dir, new, flags);
	if (!err && (pv_pin_is_busy(old) || pv_pin_is_busy(new)))
		err = -EBUSY;
	pv_call_end();
	return err;
}

/* Stands for do_linkat() and filename_linkat(). */
int pv_handle_link(int olddfd, struct filename *old, int newdfd,
		   struct filename *new, int flags)
{
	struct pv_pin pin;
	int err;

	pv_call_begin();
	pv_pin_begin(&pin);
	err = pv_original_link(olddfd, old, newdfd, new, flags);
	pv_pin_end(&pin);
	pv_call_end();
	return err;
}

/*
 * Stands for the entry of a whole system call: exec walks the program and its
 * interpreters, and what mounts walks two places.
 */
#define PV_HANDLE_SYSCALL(call)						\
long pv_handle_##call(const struct pt_regs *regs)			\
{									\
	struct pv_pin pin;						\
	long ret;							\
									\
	pv_call_begin();						\
	pv_pin_begin(&pin);						\
	ret = pv_original_##call(regs);					\
	pv_pin_end(&pin);						\
	pv_call_end();							\
	return ret;							\
}

PV_HANDLE_SYSCALL(execve)
PV_HANDLE_SYSCALL(execveat)
PV_HANDLE_SYSCALL(mount)
PV_HANDLE_SYSCALL(move_mount)
PV_HANDLE_SYSCALL(pivot_root)
PV_HANDLE_SYSCALL(compat_execve)
PV_HANDLE_SYSCALL(compat_execveat)
PV_HANDLE_SYSCALL(compat_mount)
PV_HANDLE_SYSCALL(compat_move_mount)
PV_HANDLE_SYSCALL(compat_pivot_root)

/*
 * Stands for copy_process(): the child exists when it returns, but nothing has
 * woken it yet.
 */
struct task_struct *pv_handle_fork(struct pid *pid, int trace, int node,
				   struct kernel_clone_args *args)
{
	struct task_struct *child = ERR_PTR(-ENOMEM);
	struct pv_process *heir = NULL;
	bool thread = args->flags & CLONE_THREAD;

	pv_call_begin();
	if ((thread || !pv_heir_prepare(&heir)) &&
	    !pv_route_prepare(heir, args->flags)) {
		child = pv_original_fork(pid, trace, node, args);
		pv_route_inherit(heir, child);
	}
	if (heir)
		pv_heir_adopt(heir, child);
	pv_call_end();
	return child;
}
