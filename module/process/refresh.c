// SPDX-License-Identifier: GPL-2.0
/* Refresh: when a process is found to have another root directory than its layers. */
#include <linux/fs_struct.h>
#include <linux/path.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "process/layers.h"
#include "process/process.h"
#include "process/refresh.h"
#include "process/root.h"
#include "process/view.h"

/**
 * pv_process_see_from - let the layers of a process be seen from a root directory
 * @process: the process
 * @now: as with pv_layers_seen_from()
 * @moved: the same
 *
 * Context: may sleep.
 */
void pv_process_see_from(struct pv_process *process, const struct path *now,
			 bool moved)
{
	struct pv_layers *layers, *copy;
	struct pv_table *own;
	bool same = false;

	/* Who changes the layers at the same time makes us look again. */
	while (!same && (layers = pv_process_state(process, &own))) {
		copy = pv_layers_seen_from(layers, now, moved);
		if (!copy) {
			pv_layers_put(layers);
			break;
		}
		raw_spin_lock(&pv_process_lock);
		same = rcu_access_pointer(process->layers) == layers;
		if (same)
			pv_process_publish(process, copy, process->own);
		raw_spin_unlock(&pv_process_lock);
		pv_layers_put(layers);
		pv_layers_put(same ? layers : copy);
	}
}

/**
 * pv_task_refresh_root - let the layers of a process be seen from the root directory of a task
 * @task: the task; a reference is held
 *
 * Context: may sleep.
 */
void pv_task_refresh_root(struct task_struct *task)
{
	struct pv_process *process = pv_process_get_task(task);
	struct path now;

	if (process && pv_task_root(task, &now)) {
		pv_process_see_from(process, &now, false);
		path_put(&now);
	}
	pv_process_put(process);
}

/* The same layers, seen from the root directory that the running task has; a reference. */
static struct pv_layers *pv_layers_seen_now(struct pv_layers *layers)
{
	struct pv_layers *copy;
	struct path now;

	get_fs_root(current->fs, &now);
	copy = pv_layers_seen_from(layers, &now, false);
	path_put(&now);
	if (!copy)
		return layers;
	pv_layers_put(layers);
	return copy;
}

/**
 * pv_layers_get_fresh - what the running task's names pass
 *
 * Context: may sleep.
 * Return: a reference, to layers that are seen from the task's root directory, or NULL.
 */
struct pv_layers *pv_layers_get_fresh(void)
{
	struct pv_layers *layers = pv_layers_get_current();

	if (likely(!layers || pv_layers_at_home(layers)))
		return layers;
	pv_layers_put(layers);
	pv_task_refresh_root(current);
	layers = pv_layers_get_current();
	if (!layers || pv_layers_at_home(layers))
		return layers;
	/* Another thread has another root, or the call is pinned. */
	return pv_layers_seen_now(layers);
}

/**
 * pv_layers_refresh_root - let the running task's layers be seen from its root directory
 *
 * Context: may sleep.
 */
void pv_layers_refresh_root(void)
{
	const struct pv_layers *layers;
	bool home;

	rcu_read_lock_sched();
	layers = pv_layers_current();
	home = !layers || pv_layers_at_home(layers);
	rcu_read_unlock_sched();
	if (unlikely(!home))
		pv_task_refresh_root(current);
}

/**
 * pv_task_layers - what the names of a task pass
 * @task: the task; a reference is held
 * @own: set to whether the innermost layer is its process's own
 *
 * Context: may sleep.
 * Return: a reference, seen from the root directory that it has now, or NULL.
 */
struct pv_layers *pv_task_layers(struct task_struct *task, bool *own)
{
	struct pv_layers *layers = NULL;
	struct pv_process *process;

	pv_task_refresh_root(task);
	process = pv_process_get_task(task);
	if (process)
		layers = pv_process_get_layers(process, own);
	pv_process_put(process);
	return layers;
}
