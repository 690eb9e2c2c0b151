// SPDX-License-Identifier: GPL-2.0
/*
 * Access.
 *
 * pathvirt moves names and grants nothing, but a program that runs with more
 * rights than its caller must not be shown files of the caller's making under
 * names that it trusts.  Hence the rule of seccomp and Landlock for oneself,
 * and that of ptrace for others.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/ptrace.h>

#include "access.h"
#include "compat.h"
#include "hooks.h"

/* Every thread: one that could still gain privileges would take the table along. */
static bool pv_access_no_new_privs(struct task_struct *task)
{
	struct task_struct *thread;
	bool all = true;

	rcu_read_lock();
	pv_for_each_thread(task, thread)
		if (!task_no_new_privs(thread))
			all = false;
	rcu_read_unlock();
	return all;
}

/**
 * pv_access_privileged - has the running task CAP_SYS_ADMIN over another?
 * @task: the other task; the caller holds a reference
 *
 * Return: true if it has, in the user namespace of @task.
 */
bool pv_access_privileged(struct task_struct *task)
{
	const struct cred *cred = get_task_cred(task);
	bool capable = ns_capable(cred->user_ns, CAP_SYS_ADMIN);

	put_cred(cred);
	return capable;
}

/**
 * pv_access_change - may the running task attach or detach another?
 * @task: the other task; the caller holds a reference
 * @why: receives in words what is missing; a constant string
 *
 * Context: may sleep.
 * Return: 0 or -EPERM.
 */
int pv_access_change(struct task_struct *task, const char **why)
{
	if (same_thread_group(task, current)) {
		if (pv_access_privileged(task) || pv_access_no_new_privs(task))
			return 0;
		*why = "needs no_new_privs in all threads of the process, or CAP_SYS_ADMIN";
		return -EPERM;
	}
	if (!pv_access_privileged(task)) {
		*why = "needs CAP_SYS_ADMIN in the user namespace of the process";
		return -EPERM;
	}
	if (!pv_ptrace_may_access(task, PTRACE_MODE_ATTACH_REALCREDS)) {
		*why = "needs the right to ptrace-attach to the process";
		return -EPERM;
	}
	return 0;
}

/**
 * pv_access_see - may the running task see the tables of another?
 * @task: the other task; the caller holds a reference
 *
 * The same right as reading its /proc/PID/maps.
 *
 * Return: true if it may.
 */
bool pv_access_see(struct task_struct *task)
{
	return same_thread_group(task, current) ||
	       pv_ptrace_may_access(task, PTRACE_MODE_READ_FSCREDS);
}
