/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cgroups: tables that all processes of a cgroup have, as their outermost layers.
 */
#ifndef _PV_CGROUP_H
#define _PV_CGROUP_H

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/types.h>

struct cgroup;
struct pv_table;
struct task_struct;

/* How many cgroups have a table; written under pv_process_mutex. */
extern unsigned int pv_nr_cgroups;

int pv_cgroup_set(struct cgroup *cgroup, struct pv_table *table,
		  struct list_head *changes, const char **why);
int pv_cgroup_clear(struct cgroup *cgroup, struct list_head *changes);
void pv_cgroups_clear_all(void);

struct pv_table *pv_cgroup_table(const struct cgroup *cgroup);
struct cgroup *pv_cgroup_nth(u32 nth, struct pv_table **table);

void pv_cgroup_look(struct task_struct *task, struct task_struct *runner);
void pv_cgroup_removed(const struct cgroup *cgroup);

void pv_cgroups_flush(void);

/**
 * pv_cgroup_note - a process is new, or may be in another cgroup now
 * @task: its leader, or a thread that is as good
 * @runner: by whom it is given its layers, before he is back in user space: itself if it
 *	has not run yet, or who moves it
 *
 * Context: tracepoint; does not sleep.
 */
static __always_inline void pv_cgroup_note(struct task_struct *task,
					   struct task_struct *runner)
{
	if (unlikely(READ_ONCE(pv_nr_cgroups)))
		pv_cgroup_look(task, runner);
}

#endif /* _PV_CGROUP_H */
