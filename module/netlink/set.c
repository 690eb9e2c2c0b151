// SPDX-License-Identifier: GPL-2.0
/* Set: the requests that change something. */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/netlink.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "compat.h"
#include "netlink/cgroup_set.h"
#include "netlink/parse.h"
#include "netlink/set.h"
#include "netlink/stage.h"
#include "netlink/table.h"
#include "process/access.h"
#include "process/attach.h"
#include "process/cgroup.h"
#include "process/events.h"
#include "process/layers.h"
#include "process/process.h"
#include "process/refresh.h"
#include "process/root.h"
#include "process/tables.h"
#include "process/tree.h"
#include "process/view.h"
#include "rules/draft.h"
#include "user.h"

/* However little it holds: so the number of stages is limited as well. */
#define PV_STAGE_COST	(64 * 1024)

static size_t pv_stage_size(const struct genl_info *info,
			    const struct pv_draft *staged)
{
	size_t bytes = pv_info_draft_size(info);

	return staged->nr_rules ? bytes : max_t(size_t, bytes, PV_STAGE_COST);
}

/*
 * What is staged already counts towards the limits of a table, so that the rule can be
 * named with which it is too much; but another thread may stage meanwhile, so
 * pv_stage_add() looks again.
 */
static int pv_stage_parse(struct genl_info *info, const struct pv_draft *staged,
			  struct pv_draft *draft)
{
	int err;

	draft->nr_rules = staged->nr_rules;
	draft->bytes = staged->bytes;
	err = pv_rules_parse(info, draft);
	draft->nr_rules -= staged->nr_rules;
	draft->bytes -= staged->bytes;
	return err;
}

/* A message is staged whole or not at all. */
int pv_doit_stage(struct sk_buff *skb, struct genl_info *info)
{
	struct sock *sk = NETLINK_CB(skb).sk;
	struct pv_charge charge = { };
	struct pv_draft draft, staged;
	int err;

	err = pv_info_may_attach(skb, info);
	if (err)
		return err;
	pv_draft_init(&draft);
	pv_draft_init(&staged);
	pv_stage_look(sk, info->snd_portid, &staged);
	err = pv_info_charge(info, &charge, pv_stage_size(info, &staged));
	if (!err)
		err = pv_stage_parse(info, &staged, &draft);
	if (!err)
		err = pv_stage_refuse(info, pv_stage_add(sk, info->snd_portid,
							 &draft, &charge));
	pv_draft_clear(&draft);
	pv_charge_drop(&charge);
	return err;
}

/*
 * Those that a new one will have below it, unless they are changed meanwhile: a
 * reference, NULL, or ERR_PTR(-ENOMEM).
 */
static struct pv_layers *pv_task_layers_below(struct task_struct *task,
					      bool push)
{
	struct pv_layers *layers, *below;
	bool own;

	layers = pv_task_layers(task, &own);
	if (!layers || push || !own)
		return layers;
	below = pv_layers_pop(layers);
	pv_layers_put(layers);
	return below;
}

/* The table that is set for a process. */
static struct pv_table *pv_set_table(struct genl_info *info,
				     struct pv_wanted *wanted,
				     struct task_struct *task)
{
	struct pv_layers *below;
	struct pv_table *table;

	below = pv_task_layers_below(task,
				     pv_info_flags(info) & PATHVIRT_F_PUSH);
	if (IS_ERR(below))
		return ERR_CAST(below);
	table = pv_info_table(info, wanted, task, below);
	pv_layers_put(below);
	return table;
}

/* Tell of what a request changed. */
static void pv_changes_tell(struct list_head *changes,
			    enum pathvirt_event event)
{
	const struct pv_change *change;

	list_for_each_entry(change, changes, node)
		pv_event_tell(change->process->pid, event);
}

/* All of it, or nothing of it. */
static int pv_set(struct genl_info *info, struct task_struct *task,
		  struct pv_table *table)
{
	u32 flags = pv_info_flags(info);
	const char *why = NULL;
	LIST_HEAD(changes);
	int err;

	if (mutex_lock_killable(&pv_process_mutex))
		return -EINTR;
	if (flags & PATHVIRT_F_TREE) {
		err = pv_tree_set(task, table, &changes, &why);
		if (!err && list_empty(&changes))
			err = -ESRCH;
	} else {
		err = pv_access_change(task, &why);
		if (!err)
			err = pv_process_set(task, table, NULL,
					     flags & PATHVIRT_F_PUSH, &changes);
	}
	if (err)
		pv_changes_undo(&changes);
	else
		pv_changes_tell(&changes, PATHVIRT_EVENT_ATTACH);
	pv_processes_idle();
	mutex_unlock(&pv_process_mutex);
	pv_changes_wait(&changes);
	pv_changes_forget(&changes);

	if (err == -ESRCH)
		why = "no such process";
	else if (err == -E2BIG)
		why = "the process has too many layers";
	else if (err == -EXDEV)
		why = "the threads of the process have different root directories";
	return err && why ? pv_refuse(info, NULL, err, why) : err;
}

/* Asked before anything is looked up for the process, and again when it is changed. */
static int pv_info_may_change(struct genl_info *info, struct task_struct *task)
{
	const char *why;
	int err = pv_access_change(task, &why);

	return err ? pv_refuse(info, NULL, err, why) : 0;
}

/* Flags that say different things of one request. */
static int pv_info_flags_clash(struct genl_info *info, u32 a, u32 b)
{
	u32 flags = pv_info_flags(info);

	if (!(flags & a) || !(flags & b))
		return 0;
	return pv_refuse(info, info->attrs[PATHVIRT_A_FLAGS], -EINVAL,
			 "these flags do not go together");
}

static int pv_set_task(struct sk_buff *skb, struct genl_info *info,
		       struct pv_wanted *wanted, struct task_struct *task)
{
	struct pv_table *table;
	int err = pv_info_may_change(info, task);

	if (err)
		return err;
	table = pv_set_table(info, wanted, task);
	if (IS_ERR(table))
		return PTR_ERR(table);
	table->mountable = pv_access_mount(skb, task);
	err = pv_set(info, task, table);
	pv_table_put(table);
	return err;
}

int pv_doit_set(struct sk_buff *skb, struct genl_info *info)
{
	struct pv_wanted wanted;
	struct task_struct *task;
	int err;

	if (info->attrs[PATHVIRT_A_CGROUP_FD])
		return pv_set_cgroup(skb, info);
	err = pv_info_may_attach(skb, info);
	if (!err)
		err = pv_info_flags_clash(info, PATHVIRT_F_TREE,
					  PATHVIRT_F_PUSH);
	if (err)
		return err;
	err = pv_info_wanted(info, NETLINK_CB(skb).sk, &wanted);
	if (err)
		return err;
	task = pv_info_target(info);
	err = PTR_ERR_OR_ZERO(task);
	if (!err) {
		err = pv_set_task(skb, info, &wanted, task);
		put_task_struct(task);
	}
	pv_wanted_drop(&wanted);
	return err;
}

static int pv_del_all(struct sk_buff *skb, struct genl_info *info)
{
	if (!pv_access_root(skb))
		return pv_refuse(info, info->attrs[PATHVIRT_A_FLAGS], -EPERM,
				 "detaching every process needs CAP_SYS_ADMIN in the initial user namespace");
	if (mutex_lock_killable(&pv_process_mutex))
		return -EINTR;
	pv_cgroups_clear_all();
	pv_process_clear_all();
	pv_processes_idle();
	mutex_unlock(&pv_process_mutex);
	return 0;
}

/* Has it layers still?  Then these are its cgroups'. */
static bool pv_task_layers_are_left(struct task_struct *task)
{
	struct pv_process *process = pv_process_get_task(task);
	bool left = process && rcu_access_pointer(process->layers);

	pv_process_put(process);
	return left;
}

static int pv_del(struct genl_info *info, struct task_struct *task)
{
	bool own_only = pv_info_flags(info) & PATHVIRT_F_OWN ||
			!pv_access_privileged(task);
	const char *why = NULL;
	LIST_HEAD(changes);
	int err;

	if (mutex_lock_killable(&pv_process_mutex))
		return -EINTR;
	if (pv_info_flags(info) & PATHVIRT_F_TREE) {
		err = pv_tree_clear(task, &changes, &why);
		if (!err && list_empty(&changes))
			err = -ENOENT;
	} else {
		err = pv_access_change(task, &why);
		if (!err)
			err = pv_process_clear(task, own_only, &changes);
	}
	if (err)
		pv_changes_undo(&changes);
	else
		pv_changes_tell(&changes, PATHVIRT_EVENT_DETACH);
	pv_changes_forget(&changes);
	pv_processes_idle();
	mutex_unlock(&pv_process_mutex);

	if (err == -ENOENT)
		why = own_only ? "the process has no rules of its own" :
		      pv_task_layers_are_left(task) ?
				 "the rules of the process are those of its cgroup" :
				 "the process is not attached";
	return err && why ? pv_refuse(info, NULL, err, why) : err;
}

int pv_doit_del(struct sk_buff *skb, struct genl_info *info)
{
	struct task_struct *task;
	int err;

	if (info->attrs[PATHVIRT_A_CGROUP_FD])
		return pv_del_cgroup(skb, info);
	err = pv_info_asked(skb, info);
	if (!err)
		err = pv_info_flags_clash(info, PATHVIRT_F_OWN,
					  PATHVIRT_F_TREE | PATHVIRT_F_ALL);
	if (err)
		return err;
	if (pv_info_flags(info) & PATHVIRT_F_ALL)
		return pv_del_all(skb, info);
	task = pv_info_target(info);
	if (IS_ERR(task))
		return PTR_ERR(task);
	err = pv_del(info, task);
	put_task_struct(task);
	return err;
}
