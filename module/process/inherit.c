// SPDX-License-Identifier: GPL-2.0
/* Inherit: what a process hands on to its children; exec and exit. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/list.h>
#include <linux/pid.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/pathvirt.h>

#include "process/inherit.h"
#include "process/layers.h"
#include "process/process.h"

/**
 * pv_process_lay_by - lay spares by for children that are being forked
 * @process: the process
 * @forks: how many threads may be in a fork that went past the hook, as the
 *	process was not hashed when it began
 *
 * Return: 0 or -ENOMEM.
 */
int pv_process_lay_by(struct pv_process *process, unsigned int forks)
{
	struct pv_process *spare;
	LIST_HEAD(spares);

	while (forks--) {
		spare = pv_process_alloc(PV_PROCESS_GFP);
		if (!spare) {
			pv_spares_free(&spares);
			return -ENOMEM;
		}
		list_add(&spare->spare, &spares);
	}
	raw_spin_lock(&pv_process_lock);
	list_splice(&spares, &process->spares);
	raw_spin_unlock(&pv_process_lock);
	return 0;
}

/**
 * pv_heir_prepare - get ready for a child of the running process
 * @heir: receives what pv_heir_adopt() takes, or NULL if the process is not
 *	attached.  Should it be meanwhile, pv_process_fork() sees to the child.
 *
 * What can fail about inheriting fails here, before the child exists.
 *
 * Return: 0 or -ENOMEM.
 */
int pv_heir_prepare(struct pv_process **heir)
{
	*heir = NULL;
	if (!pv_process_known(current))
		return 0;
	*heir = pv_process_alloc(GFP_KERNEL_ACCOUNT);
	return *heir ? 0 : -ENOMEM;
}

/**
 * pv_heir_adopt - let a child have the layers of the running process
 * @heir: from pv_heir_prepare(), not NULL; taken
 * @child: the new process, which has not run yet, or an ERR_PTR if it could not
 *	be made
 *
 * The parent's layers are read at this moment and under the lock that every
 * change of them takes, so the child of a process that is attached meanwhile
 * is attached too.
 */
void pv_heir_adopt(struct pv_process *heir, struct task_struct *child)
{
	struct pv_process *parent = NULL;
	struct pv_layers *layers = NULL;

	if (!IS_ERR(child))
		parent = pv_process_get_current();
	if (parent) {
		raw_spin_lock(&pv_process_lock);
		layers = rcu_dereference_protected(parent->layers,
						   lockdep_is_held(&pv_process_lock));
		/* The child may have been found and attached already. */
		if (layers && !pv_process_find(child->signal)) {
			pv_layers_get(layers);
			rcu_assign_pointer(heir->layers, layers);
			refcount_inc(&heir->refs);
			pv_process_name(heir, child);
			heir->parent = pid_nr(parent->pid);
			pv_process_hash(heir);
		} else {
			layers = NULL;
		}
		raw_spin_unlock(&pv_process_lock);
	}
	if (layers)
		pv_process_tell(heir, &heir->inherited, PATHVIRT_EVENT_INHERIT);
	pv_process_put(parent);
	pv_process_put(heir);
}

/**
 * pv_process_fork - a child has been made and has not run yet
 * @parent: the running task
 * @child: the first thread of the new process, or a thread of @parent's
 *
 * For the fork that began before its process was attached: it went past the
 * hook, but its child must not get away.  What it needs was put by then.
 *
 * Context: tracepoint; does not sleep.
 */
void pv_process_fork(struct task_struct *parent, struct task_struct *child)
{
	struct pv_process *process, *heir = NULL;
	struct pv_layers *layers;

	if (same_thread_group(parent, child) ||
	    !pv_process_known(parent) || pv_process_known(child))
		return;
	raw_spin_lock(&pv_process_lock);
	process = pv_process_find(parent->signal);
	if (!process || pv_process_find(child->signal))
		goto out;
	layers = rcu_dereference_protected(process->layers,
					   lockdep_is_held(&pv_process_lock));
	if (!layers)
		goto out;
	heir = list_first_entry_or_null(&process->spares, struct pv_process,
					spare);
	if (!heir) {
		pr_warn_once("a child was made that inherits nothing\n");
		goto out;
	}
	list_del_init(&heir->spare);
	rcu_assign_pointer(heir->layers, pv_layers_get(layers));
	pv_process_name(heir, child);
	heir->parent = pid_nr(process->pid);
	refcount_inc(&heir->refs);
	pv_process_hash(heir);
out:
	raw_spin_unlock(&pv_process_lock);
	if (!heir)
		return;
	pv_process_tell(heir, &heir->inherited, PATHVIRT_EVENT_INHERIT);
	pv_process_put(heir);
}

/**
 * pv_process_exec - a process has executed a new program
 * @task: the thread that did
 *
 * Context: tracepoint; does not sleep.
 */
void pv_process_exec(struct task_struct *task)
{
	struct pv_process *process = pv_process_get_task(task);

	if (!process)
		return;
	pv_process_tell(process, &process->executed, PATHVIRT_EVENT_EXEC);
	pv_process_put(process);
}

/**
 * pv_process_exit - a process ends
 * @task: its last thread, still running
 *
 * It is forgotten before anyone can learn that it has ended.
 *
 * Context: tracepoint; does not sleep.
 */
void pv_process_exit(struct task_struct *task)
{
	struct pv_layers *layers = NULL;
	struct pv_process *process;
	bool hashed = false;

	/* Who hashes it after we looked finds that nobody lives. */
	process = pv_process_get_task(task);
	if (!process)
		return;
	raw_spin_lock(&pv_process_lock);
	if (!hlist_unhashed(&process->hash)) {
		hashed = true;
		layers = pv_process_publish(process, NULL, NULL);
		pv_process_unhash(process);
	}
	raw_spin_unlock(&pv_process_lock);
	if (hashed) {
		pv_process_tell(process, &process->exited, PATHVIRT_EVENT_EXIT);
		pv_layers_put(layers);
		pv_process_put(process);
	}
	pv_process_put(process);
}
