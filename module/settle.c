// SPDX-License-Identifier: GPL-2.0
/*
 * Settling.
 *
 * A thread that is in a call with several names, or was when it last entered
 * the kernel, is given task work: it runs when that call is over, or at once if
 * the thread is in user space.  All other threads, those that sleep in a read
 * for hours among them, are left alone: their next name is their first.
 */
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#include <asm/unistd_32_ia32.h>

#include "compat.h"
#include "settle.h"

/*
 * How long a call may keep us waiting.  One that takes longer hangs in its
 * filesystem; it may then find its second name translated and its first not.
 */
#define PV_SETTLE_TIMEOUT	(2 * HZ)

/**
 * struct pv_settle_wait - one who waits
 * @refs: one for the waiter, one for each thread waited for
 * @left: threads still to come, and one for the waiter while it is counting
 * @done: completed with the last of them
 */
struct pv_settle_wait {
	refcount_t refs;
	atomic_t left;
	struct completion done;
};

struct pv_settle_work {
	struct callback_head work;
	struct pv_settle_wait *wait;
};

static const int pv_settle_calls[] = {
	__NR_rename, __NR_renameat, __NR_renameat2, __NR_link, __NR_linkat,
	__NR_execve, __NR_execveat, __NR_mount, __NR_move_mount,
	__NR_pivot_root,
	/* The 32-bit entry; a number that means another 64-bit call costs little. */
	__NR_ia32_rename, __NR_ia32_renameat, __NR_ia32_renameat2,
	__NR_ia32_link, __NR_ia32_linkat, __NR_ia32_execve,
	__NR_ia32_execveat, __NR_ia32_mount, __NR_ia32_move_mount,
	__NR_ia32_pivot_root,
};

static bool pv_settle_concerns(struct task_struct *task)
{
	int i, nr;

	if (task == current ||
	    task->flags & (PF_KTHREAD | PF_USER_WORKER | PF_EXITING))
		return false;
	nr = syscall_get_nr(task, task_pt_regs(task));
	for (i = 0; i < ARRAY_SIZE(pv_settle_calls); i++)
		if (nr == pv_settle_calls[i])
			return true;
	return false;
}

static void pv_settle_wait_put(struct pv_settle_wait *wait)
{
	if (refcount_dec_and_test(&wait->refs))
		kfree(wait);
}

static void pv_settle_arrive(struct pv_settle_wait *wait)
{
	if (atomic_dec_and_test(&wait->left))
		complete(&wait->done);
	pv_settle_wait_put(wait);
}

static void pv_settle_run(struct callback_head *work)
{
	struct pv_settle_work *mine =
		container_of(work, struct pv_settle_work, work);

	pv_settle_arrive(mine->wait);
	kfree(mine);
	/* pv_hooks_uninit() waits for our last few instructions. */
	module_put(THIS_MODULE);
}

static int pv_settle_ask(struct task_struct *task, struct pv_settle_wait *wait)
{
	struct pv_settle_work *work;

	work = kmalloc(sizeof(*work), GFP_ATOMIC);
	if (!work)
		return -ENOMEM;
	init_task_work(&work->work, pv_settle_run);
	work->wait = wait;
	refcount_inc(&wait->refs);
	atomic_inc(&wait->left);
	__module_get(THIS_MODULE);
	if (task_work_add(task, &work->work, TWA_RESUME)) {
		/* It is exiting and makes no more calls. */
		pv_settle_run(&work->work);
	}
	return 0;
}

/**
 * pv_settle - wait until calls with several names that a process makes are over
 * @task: any thread of the process
 *
 * Context: may sleep.
 * Return: 0, also if a call has not ended in time; -ENOMEM; -EINTR if the
 * waiter is killed.
 */
int pv_settle(struct task_struct *task)
{
	struct pv_settle_wait *wait;
	struct task_struct *thread;
	int err = 0;

	wait = kmalloc(sizeof(*wait), GFP_KERNEL);
	if (!wait)
		return -ENOMEM;
	refcount_set(&wait->refs, 2);
	atomic_set(&wait->left, 1);
	init_completion(&wait->done);

	rcu_read_lock();
	pv_for_each_thread(task, thread) {
		if (!pv_settle_concerns(thread))
			continue;
		err = pv_settle_ask(thread, wait);
		if (err)
			break;
	}
	rcu_read_unlock();

	pv_settle_arrive(wait);
	if (!err && wait_for_completion_killable_timeout(&wait->done,
							 PV_SETTLE_TIMEOUT) < 0)
		err = -EINTR;
	pv_settle_wait_put(wait);
	return err;
}
