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
#include "names/place_find.h"
#include "names/selftest.h"
#include "netlink/parse.h"
#include "netlink/set.h"
#include "netlink/stage.h"
#include "process/access.h"
#include "process/attach.h"
#include "process/events.h"
#include "process/layers.h"
#include "process/places.h"
#include "process/process.h"
#include "process/refresh.h"
#include "process/root.h"
#include "process/tree.h"
#include "process/view.h"
#include "rules/draft.h"
#include "rules/table.h"
#include "user.h"

/* What came of charging for something. */
static int pv_info_charged(struct genl_info *info, int err)
{
	if (err != -EDQUOT)
		return err;
	return pv_refuse(info, NULL, err,
			 "the tables of one user may not take more memory (parameter user_memory)");
}

/*
 * What the rules of a message are charged for while they are a draft: for twice what
 * they are in the message, as allocations are rounded up.
 */
static int pv_info_charge(struct genl_info *info, struct pv_charge *charge,
			  size_t bytes)
{
	return pv_info_charged(info, pv_charge_add(charge, bytes));
}

static size_t pv_info_draft_size(const struct genl_info *info)
{
	return 2 * (size_t)info->nlhdr->nlmsg_len;
}

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

static int pv_stage_refuse(struct genl_info *info, int err)
{
	if (err == -E2BIG)
		return pv_refuse(info, NULL, err,
				 "more than PATHVIRT_MAX_RULES or PATHVIRT_MAX_TABLE_BYTES");
	if (err == -EPERM)
		return pv_refuse(info, NULL, err,
				 "somebody else has staged rules on this socket");
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

/* The rules that were staged, and those of this message. */
static int pv_info_draft(struct genl_info *info, struct sock *sk,
			 struct pv_draft *draft, struct pv_charge *charge)
{
	int err;

	err = pv_stage_take(sk, info->snd_portid, draft, charge);
	if (err)
		return pv_stage_refuse(info, err);
	err = pv_info_charge(info, charge, pv_info_draft_size(info));
	if (!err)
		err = pv_rules_parse(info, draft);
	if (!err && !draft->nr_rules)
		err = pv_refuse(info, NULL, -EINVAL, "a table needs a rule");
	return err;
}

static struct pv_table *pv_draft_table(struct genl_info *info,
				       const struct pv_draft *draft)
{
	struct pv_charge charge = { };
	struct pv_table *table;
	int err;

	err = pv_info_charge(info, &charge,
			     pv_table_size(draft) +
			     pv_places_size(draft->nr_rules));
	table = err ? ERR_PTR(err) : pv_table_build(draft);
	if (IS_ERR(table)) {
		pv_charge_drop(&charge);
		return table;
	}
	table->no_reverse = pv_info_flags(info) & PATHVIRT_F_NO_REVERSE;
	table->late = pv_info_flags(info) & PATHVIRT_F_LATE;
	table->by_name = pv_info_flags(info) & PATHVIRT_F_BY_NAME;
	table->charge = charge;
	return pv_table_share(table);
}

static struct pv_table *pv_info_table(struct genl_info *info, struct sock *sk)
{
	struct pv_charge charge = { };
	struct pv_table *table;
	struct pv_draft draft;
	int err;

	pv_draft_init(&draft);
	err = pv_info_draft(info, sk, &draft, &charge);
	table = err ? ERR_PTR(err) : pv_draft_table(info, &draft);
	pv_draft_clear(&draft);
	pv_charge_drop(&charge);
	return table;
}

/* The attribute of a rule of the message's; NULL if it was staged before. */
static const struct nlattr *pv_info_rule(struct genl_info *info, u32 nr_rules,
					 u32 index)
{
	const struct nlattr *attr;
	u32 staged = nr_rules;
	int left;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left)
		if (nla_type(attr) == PATHVIRT_A_RULE)
			staged--;
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left)
		if (nla_type(attr) == PATHVIRT_A_RULE && index-- == staged)
			return attr;
	return NULL;
}

/* Find the places of NEWs, or say what is wrong with one. */
static int pv_table_look_up(struct genl_info *info, struct pv_table *table,
			    struct task_struct *task,
			    const struct pv_layers *below)
{
	int err = pv_places_find(table, task, below);
	const char *why;

	if (!err || err == -ENOMEM || err == -EINTR || err == -EDQUOT)
		return pv_info_charged(info, err);
	why = err == -ENOENT || err == -ENOTDIR ?
		      "NEW of a rule is not there" :
		      "NEW of a rule cannot be looked up";
	return pv_refuse(info,
			 pv_info_rule(info, table->nr_rules,
				      table->places->nr - 1),
			 err, why);
}

/* Let rules be called by where their NEWs really are: in a table instead of @table. */
static int pv_table_call(struct genl_info *info, struct pv_table **table,
			 const struct pv_layers *below)
{
	struct pv_charge charge = { };
	struct pv_table *fresh;
	struct pv_draft draft;
	bool named;
	int err;

	pv_draft_init(&draft);
	err = pv_places_draft(*table, below, &draft, &named);
	if (err > 0)
		err = pv_info_charge(info, &charge, 2 * draft.bytes) ?: 1;
	if (err > 0) {
		fresh = pv_draft_table(info, &draft);
		err = PTR_ERR_OR_ZERO(fresh);
		if (!err) {
			pv_places_move(fresh, *table);
			pv_table_put(*table);
			*table = fresh;
		}
	}
	if (!err)
		(*table)->named = named;
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

/*
 * Look up what the rules lead to; the table that says so takes the place of @table.
 * Where there are other layers below, NEW is a name that they get to see.
 */
static int pv_table_place(struct genl_info *info, struct pv_table **table,
			  struct task_struct *task)
{
	struct pv_layers *below;
	int err;

	below = pv_task_layers_below(task,
				     pv_info_flags(info) & PATHVIRT_F_PUSH);
	if (IS_ERR(below))
		return PTR_ERR(below);
	/* From a changed root directory they cannot be asked like that. */
	err = below && below->root ?
		      0 : pv_table_look_up(info, *table, task, below);
	if (!err && !(*table)->late)
		err = pv_table_call(info, table, below);
	if (!err)
		err = pv_info_charged(info, pv_places_stand_in(*table));
	pv_layers_put(below);
	return err;
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

int pv_doit_set(struct sk_buff *skb, struct genl_info *info)
{
	struct task_struct *task;
	struct pv_table *table;
	int err;

	err = pv_info_may_attach(skb, info);
	if (!err)
		err = pv_info_flags_clash(info, PATHVIRT_F_TREE,
					  PATHVIRT_F_PUSH);
	if (err)
		return err;
	table = pv_info_table(info, NETLINK_CB(skb).sk);
	if (IS_ERR(table))
		return PTR_ERR(table);
	err = pv_selftest_run();
	if (err) {
		pv_table_put(table);
		if (err == -ENOMEM)
			return err;
		return pv_refuse(info, NULL, err,
				 "the hooks do not work here; see the kernel log");
	}
	task = pv_info_target(info);
	if (IS_ERR(task)) {
		err = PTR_ERR(task);
	} else {
		err = pv_info_may_change(info, task) ?:
		      pv_table_place(info, &table, task);
		if (!err) {
			table->mountable = pv_access_mount(skb, task);
			err = pv_set(info, task, table);
		}
		put_task_struct(task);
	}
	pv_table_put(table);
	return err;
}

static int pv_del_all(struct sk_buff *skb, struct genl_info *info)
{
	if (!pv_access_root(skb))
		return pv_refuse(info, info->attrs[PATHVIRT_A_FLAGS], -EPERM,
				 "detaching every process needs CAP_SYS_ADMIN in the initial user namespace");
	if (mutex_lock_killable(&pv_process_mutex))
		return -EINTR;
	pv_process_clear_all();
	pv_processes_idle();
	mutex_unlock(&pv_process_mutex);
	return 0;
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
				 "the process is not attached";
	return err && why ? pv_refuse(info, NULL, err, why) : err;
}

int pv_doit_del(struct sk_buff *skb, struct genl_info *info)
{
	struct task_struct *task;
	int err;

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
