// SPDX-License-Identifier: GPL-2.0
/*
 * Access.
 *
 * pathvirt moves names and grants nothing, but a program that runs with more
 * rights than its caller must not be shown files of the caller's making under
 * names that it trusts.  Hence the rule of seccomp and Landlock for oneself,
 * and that of ptrace for others.
 *
 * A program writes to what it was given as its standard output, and it may have been
 * given a socket of ours by somebody with less rights, who has also chosen what it
 * writes.  So whoever opened the socket, or the device, is asked as well.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/moduleparam.h>
#include <linux/mount.h>
#include <linux/netlink.h>
#include <linux/ns_common.h>
#include <linux/nsproxy.h>
#include <linux/path.h>
#include <linux/proc_ns.h>
#include <linux/ptrace.h>
#include <linux/sched/task.h>
#include <linux/user_namespace.h>
#include <uapi/linux/mount.h>
#include <net/sock.h>

#include "compat.h"
#include "hook/hooks.h"
#include "process/access.h"
#include "process/root.h"

static bool unprivileged = true;
module_param(unprivileged, bool, 0644);
MODULE_PARM_DESC(unprivileged,
		 "Y: whoever has no_new_privs may attach himself; N: only those with CAP_SYS_ADMIN in the initial user namespace may attach at all (default Y)");

/**
 * pv_access_covers - could somebody have done himself what the running task does?
 * @opener: his credentials
 *
 * Return: true if the running task is the same user, in all of its numbers, in the
 * same user namespace, with no more capabilities.
 */
bool pv_access_covers(const struct cred *opener)
{
	const struct cred *cred = current_cred();

	if (cred == opener)
		return true;
	return cred->user_ns == opener->user_ns &&
	       uid_eq(cred->uid, opener->uid) &&
	       uid_eq(cred->euid, opener->euid) &&
	       uid_eq(cred->suid, opener->suid) &&
	       uid_eq(cred->fsuid, opener->fsuid) &&
	       gid_eq(cred->gid, opener->gid) &&
	       gid_eq(cred->egid, opener->egid) &&
	       gid_eq(cred->sgid, opener->sgid) &&
	       gid_eq(cred->fsgid, opener->fsgid) &&
	       cap_issubset(cred->cap_effective, opener->cap_effective) &&
	       cap_issubset(cred->cap_permitted, opener->cap_permitted);
}

/**
 * pv_access_opener - who has opened the socket that a request was sent on?
 * @request: the request, while it is being sent
 *
 * Return: his credentials, which whoever sends keeps as he holds the file; NULL for a
 * socket of the kernel's own, which never asks anything of us.
 */
const struct cred *pv_access_opener(const struct sk_buff *request)
{
	const struct socket *sock = NETLINK_CB(request).sk->sk_socket;

	return sock && sock->file ? sock->file->f_cred : NULL;
}

/**
 * pv_access_root - have the sender and the opener all privilege there is?
 * @request: the request, while it is being sent
 *
 * Return: true if both have CAP_SYS_ADMIN in the initial user namespace.
 */
bool pv_access_root(struct sk_buff *request)
{
	return netlink_capable(request, CAP_SYS_ADMIN);
}

/**
 * pv_access_asked - may what was sent be taken for what the sender wants?
 * @request: the request, while it is being sent
 *
 * If so, all that is asked of the running task afterwards is as good as asked of who
 * opened the socket, too: he has no less.
 *
 * Return: true if it may.
 */
bool pv_access_asked(struct sk_buff *request)
{
	const struct cred *opener = pv_access_opener(request);

	return opener && (pv_access_covers(opener) || pv_access_root(request));
}

/**
 * pv_access_attach - may tables be made by who sends this at all?
 * @request: the request, while it is being sent
 *
 * A user can be root of a user namespace of his own, so that counts for nothing here.
 *
 * Return: false if the administrator has kept that to himself.
 */
bool pv_access_attach(struct sk_buff *request)
{
	return READ_ONCE(unprivileged) || pv_access_root(request);
}

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

/* The user namespace that owns the mount namespace of a task: a reference, or NULL. */
static struct user_namespace *pv_mounts_owner(struct task_struct *task)
{
	struct user_namespace *owner = NULL;
	struct ns_common *mounts;

	task_lock(task);
	if (task->nsproxy) {
		mounts = pv_from_mnt_ns(task->nsproxy->mnt_ns);
		owner = get_user_ns(mounts->ops->owner(mounts));
	}
	task_unlock(task);
	return owner;
}

/*
 * May the running task mount what it likes, as far as security modules are asked?  There
 * is no asking for all that rules could be, so it is asked for the root directory.
 */
static bool pv_security_may_mount(struct task_struct *task)
{
	struct path root;
	bool may = true;

	if (!PV_SYMBOL_SB_MOUNT)
		return true;
	if (!pv_task_root(task, &root))
		return false;
	may = !pv_security_sb_mount("/", &root, NULL, MS_BIND | MS_REC, NULL);
	path_put(&root);
	return may;
}

/**
 * pv_access_mount - could who sends this have mounted something for another himself?
 * @request: the request, while it is being sent
 * @task: the other task, or his own; the caller holds a reference
 *
 * Who could is believed where a name decides what a process may do.
 *
 * Context: may sleep.
 * Return: true if sender and opener have CAP_SYS_ADMIN over the mount namespace of @task,
 * and no security module minds.
 */
bool pv_access_mount(struct sk_buff *request, struct task_struct *task)
{
	struct user_namespace *owner = pv_mounts_owner(task);
	bool may = owner && netlink_ns_capable(request, owner, CAP_SYS_ADMIN);

	put_user_ns(owner);
	return may && pv_security_may_mount(task);
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
