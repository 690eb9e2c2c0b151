// SPDX-License-Identifier: GPL-2.0
/*
 * Quiescing.
 *
 * A thread that is in a call with several names, or was when it last entered
 * the kernel, is pinned to what it has, which is nothing, and given task work that
 * ends this: it runs when that call is over, or at once if the thread is in user
 * space.  So nobody needs to wait for such a call, which may take as long as its
 * filesystem or its tracer likes; and who waits all the same, to be sure that the
 * next call of each thread is translated, holds no lock meanwhile.
 *
 * All other threads, those that sleep in a read for hours among them, are left
 * alone: their next name is their first.
 *
 * A thread that is in a fork may be past the hook that makes its child inherit;
 * for each of these a spare is laid by (pv_process_fork()).
 */
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/wait_bit.h>
#include <asm/syscall.h>

#include "arch/calls.h"
#include "compat.h"
#include "hook/hooks.h"
#include "process/inherit.h"
#include "process/pin.h"
#include "process/process.h"
#include "process/quiesce.h"

/**
 * struct pv_late - a thread that may be in a call that began too early
 * @work: runs when the call is over
 * @pin: until then
 */
struct pv_late {
	struct callback_head work;
	struct pv_pin pin;
};

static bool pv_call_among(int nr, const int *calls, size_t count)
{
	while (count--)
		if (nr == calls[count])
			return true;
	return false;
}

/* The call that a thread is in, or was in last; -1 if it makes none any more. */
static int pv_thread_call(struct task_struct *thread)
{
	int nr;

	if (thread == current ||
	    thread->flags & (PF_KTHREAD | PF_USER_WORKER | PF_EXITING))
		return -1;
	/* That is where its registers are; it may end while we look. */
	if (!try_get_task_stack(thread))
		return -1;
	nr = syscall_get_nr(thread, task_pt_regs(thread));
	pv_put_task_stack(thread);
	return nr;
}

static void pv_late_end(struct callback_head *work)
{
	struct pv_late *late = container_of(work, struct pv_late, work);
	struct pv_process *process = late->pin.process;

	refcount_inc(&process->refs);
	pv_pin_end(&late->pin);
	if (atomic_dec_and_test(&process->late))
		wake_up_var(&process->late);
	pv_process_put(process);
	kfree(late);
	/* pv_hooks_uninit() waits for our last few instructions. */
	module_put(THIS_MODULE);
}

static int pv_late_begin(struct pv_process *process, struct task_struct *thread)
{
	struct pv_late *late;

	late = kzalloc(sizeof(*late), GFP_ATOMIC | __GFP_ACCOUNT);
	if (!late)
		return -ENOMEM;
	init_task_work(&late->work, pv_late_end);
	/* One for each thread is enough, however often it is asked for. */
	if (!pv_pin_begin_for(&late->pin, thread, process)) {
		kfree(late);
		return 0;
	}
	atomic_inc(&process->late);
	__module_get(THIS_MODULE);
	if (task_work_add(thread, &late->work, TWA_RESUME))
		pv_late_end(&late->work);	/* it is exiting */
	return 0;
}

/**
 * pv_quiesce - let the calls that a process is in end as they began
 * @process: the process; it is hashed, wanted, and has no layers
 * @task: any thread of it
 *
 * Context: pv_process_mutex is held; may sleep, but does not wait for the
 * process.
 * Return: 0 or -ENOMEM.
 */
int pv_quiesce(struct pv_process *process, struct task_struct *task)
{
	struct task_struct *thread;
	unsigned int forks = 0;
	int nr, err = 0;

	lockdep_assert_held(&pv_process_mutex);
	rcu_read_lock();
	pv_for_each_thread(task, thread) {
		nr = pv_thread_call(thread);
		if (pv_call_among(nr, pv_arch_forks, ARRAY_SIZE(pv_arch_forks)))
			forks++;
		if (!pv_call_among(nr, pv_arch_several_names,
				   ARRAY_SIZE(pv_arch_several_names)))
			continue;
		err = pv_late_begin(process, thread);
		if (err)
			break;
	}
	rcu_read_unlock();
	return err ?: pv_process_lay_by(process, forks);
}

/**
 * pv_quiesce_wait - wait until the calls that pv_quiesce() has met are over
 * @process: the process; the caller holds a reference
 * @timeout: for how many jiffies
 *
 * Context: may sleep; ends on a fatal signal.
 * Return: what is left of @timeout, 0 if they are not, a negative errno if the
 * caller is being killed.
 */
long pv_quiesce_wait(struct pv_process *process, long timeout)
{
	if (!atomic_read(&process->late))
		return timeout;
	return ___wait_var_event(&process->late,
				 ___wait_cond_timeout(!atomic_read(&process->late)),
				 TASK_KILLABLE, 0, timeout,
				 __ret = schedule_timeout(__ret));
}
