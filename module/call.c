// SPDX-License-Identifier: GPL-2.0
/*
 * Calls: the handlers of functions that are more than one walk.
 *
 * Several names of one call are to see the same layers.  A fork makes a process
 * that inherits them.
 */
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/sched/task.h>

#include "hooks.h"
#include "pin.h"
#include "process.h"
#include "reached.h"

/* Stands for do_renameat2() and filename_renameat2(). */
int pv_handle_rename(int olddfd, struct filename *from, int newdfd,
		     struct filename *to, unsigned int flags)
{
	struct pv_pin pin;
	int err;

	pv_call_begin();
	pv_pin_begin(&pin);
	err = pv_original_rename(olddfd, from, newdfd, to, flags);
	pv_pin_end(&pin);
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
PV_HANDLE_SYSCALL(ia32_execve)
PV_HANDLE_SYSCALL(ia32_execveat)
PV_HANDLE_SYSCALL(ia32_mount)
PV_HANDLE_SYSCALL(ia32_move_mount)
PV_HANDLE_SYSCALL(ia32_pivot_root)

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
	    !pv_reached_prepare(heir, args->flags)) {
		child = pv_original_fork(pid, trace, node, args);
		pv_reached_inherit(heir, child);
	}
	if (heir)
		pv_heir_settle(heir, child);
	pv_call_end();
	return child;
}
