// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink.
 *
 * Attributes end here: what the functions of other files get are C types.
 * Documentation/netlink/specs/pathvirt.yaml describes the same for programs.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "process/access.h"
#include "compat.h"
#include "hook/hooks.h"
#include "names/lookup.h"
#include "netlink/netlink.h"
#include "names/places.h"
#include "process/process.h"
#include "names/selftest.h"
#include "process/root.h"
#include "netlink/stage.h"
#include "process/tree.h"
#include "process/user.h"
#include "names/vpath.h"

#define PV_PATH_POLICY	{ .type = NLA_NUL_STRING, .len = PATH_MAX - 1 }

static const struct nla_policy pv_rule_policy[PATHVIRT_RULE_A_MAX + 1] = {
	[PATHVIRT_RULE_A_ORIGINAL]	= PV_PATH_POLICY,
	[PATHVIRT_RULE_A_NEW]		= PV_PATH_POLICY,
};

static const struct nla_policy pv_stage_policy[PATHVIRT_A_RULE + 1] = {
	[PATHVIRT_A_RULE]	= NLA_POLICY_NESTED(pv_rule_policy),
};

static const struct nla_policy pv_set_policy[PATHVIRT_A_RULE + 1] = {
	[PATHVIRT_A_PID]	= NLA_POLICY_MIN(NLA_U32, 1),
	[PATHVIRT_A_PIDFD]	= NLA_POLICY_MIN(NLA_S32, 0),
	[PATHVIRT_A_FLAGS]	= NLA_POLICY_MASK(NLA_U32, PATHVIRT_F_TREE |
						  PATHVIRT_F_PUSH |
						  PATHVIRT_F_NO_REVERSE |
						  PATHVIRT_F_LATE |
						  PATHVIRT_F_BY_NAME),
	[PATHVIRT_A_RULE]	= NLA_POLICY_NESTED(pv_rule_policy),
};

static const struct nla_policy pv_get_policy[PATHVIRT_A_PIDFD + 1] = {
	[PATHVIRT_A_PID]	= NLA_POLICY_MIN(NLA_U32, 1),
	[PATHVIRT_A_PIDFD]	= NLA_POLICY_MIN(NLA_S32, 0),
};

static const struct nla_policy pv_del_policy[PATHVIRT_A_FLAGS + 1] = {
	[PATHVIRT_A_PID]	= NLA_POLICY_MIN(NLA_U32, 1),
	[PATHVIRT_A_PIDFD]	= NLA_POLICY_MIN(NLA_S32, 0),
	[PATHVIRT_A_FLAGS]	= NLA_POLICY_MASK(NLA_U32, PATHVIRT_F_TREE |
						  PATHVIRT_F_ALL |
						  PATHVIRT_F_OWN),
};

static const struct nla_policy pv_resolve_policy[PATHVIRT_A_REAL + 1] = {
	[PATHVIRT_A_PID]	= NLA_POLICY_MIN(NLA_U32, 1),
	[PATHVIRT_A_PIDFD]	= NLA_POLICY_MIN(NLA_S32, 0),
	[PATHVIRT_A_PATH]	= PV_PATH_POLICY,
	[PATHVIRT_A_REAL]	= PV_PATH_POLICY,
};

static struct genl_family pv_family;
static bool pv_family_ready;

/*
 * From attributes to C types.
 */

/* The constants are those that user space knows. */
static const char pv_why_rules[] =
	"too many rules: a table has PATHVIRT_MAX_RULES at most";
static const char pv_why_bytes[] =
	"too long: the paths of a table take PATHVIRT_MAX_TABLE_BYTES at most";
static const char pv_why_opener[] =
	"the socket was opened with other credentials than it is used with";

static int pv_refuse(struct genl_info *info, const struct nlattr *attr, int err,
		     const char *why)
{
	if (info->extack) {
		NL_SET_BAD_ATTR(info->extack, attr);
		/* A constant string, but not one of this line. */
		info->extack->_msg = why;
	}
	return err;
}

/*
 * Who has opened the socket, and who sends?  Each request begins with this one
 * question, but for the one that anybody may ask; see access.c.
 */
static int pv_info_asked(struct sk_buff *skb, struct genl_info *info)
{
	if (pv_access_asked(skb))
		return 0;
	return pv_refuse(info, NULL, -EPERM, pv_why_opener);
}

/* The same, and may he make tables? */
static int pv_info_may_attach(struct sk_buff *skb, struct genl_info *info)
{
	int err = pv_info_asked(skb, info);

	if (err || pv_access_attach(skb))
		return err;
	return pv_refuse(info, NULL, -EPERM,
			 "the administrator has turned attaching off for all but CAP_SYS_ADMIN in the initial user namespace (parameter unprivileged)");
}

static int pv_rule_parse(struct genl_info *info, const struct nlattr *attr,
			 struct pv_draft *draft)
{
	struct nlattr *rule[PATHVIRT_RULE_A_MAX + 1];
	const char *why = NULL;
	int err;

	err = nla_parse_nested(rule, PATHVIRT_RULE_A_MAX, attr, pv_rule_policy,
			       info->extack);
	if (err)
		return err;
	if (!rule[PATHVIRT_RULE_A_ORIGINAL] || !rule[PATHVIRT_RULE_A_NEW])
		return pv_refuse(info, attr, -EINVAL,
				 "a rule needs ORIGINAL and NEW");
	if (draft->nr_rules >= PATHVIRT_MAX_RULES)
		return pv_refuse(info, attr, -E2BIG, pv_why_rules);

	err = pv_draft_add(draft, nla_data(rule[PATHVIRT_RULE_A_ORIGINAL]),
			   nla_data(rule[PATHVIRT_RULE_A_NEW]), &why);
	if (!err && draft->bytes > PATHVIRT_MAX_TABLE_BYTES)
		return pv_refuse(info, attr, -E2BIG, pv_why_bytes);
	return err && why ? pv_refuse(info, attr, err, why) : err;
}

/* Add all rules of a message to @draft. */
static int pv_rules_parse(struct genl_info *info, struct pv_draft *draft)
{
	const struct nlattr *attr;
	int left, err;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left) {
		if (nla_type(attr) != PATHVIRT_A_RULE)
			continue;
		err = pv_rule_parse(info, attr, draft);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static struct pid *pv_pid_of_pidfd(int fd)
{
	struct file *file = fget(fd);
	struct pid *pid;

	if (!file)
		return ERR_PTR(-EBADF);
	pid = pv_pidfd_pid(file);
	if (!IS_ERR(pid))
		get_pid(pid);
	fput(file);
	return pid;
}

/*
 * The process that a request is about, as a reference to its leader.  Without
 * an attribute that names it, it is the sender.
 */
static struct task_struct *pv_target_get(struct nlattr **attrs,
					 const char **why,
					 const struct nlattr **bad)
{
	struct task_struct *task;
	struct pid *pid;

	if (attrs[PATHVIRT_A_PIDFD]) {
		*bad = attrs[PATHVIRT_A_PIDFD];
		pid = pv_pid_of_pidfd(nla_get_s32(*bad));
		if (IS_ERR(pid)) {
			*why = "not a pidfd";
			return ERR_CAST(pid);
		}
	} else if (attrs[PATHVIRT_A_PID]) {
		*bad = attrs[PATHVIRT_A_PID];
		pid = find_get_pid(nla_get_u32(*bad));
	} else {
		*bad = NULL;
		pid = get_pid(task_tgid(current));
	}

	task = get_pid_task(pid, PIDTYPE_TGID);
	put_pid(pid);
	if (!task || !atomic_read(&task->signal->live)) {
		if (task)
			put_task_struct(task);
		*why = "no such process";
		return ERR_PTR(-ESRCH);
	}
	if (task->flags & PF_KTHREAD) {
		put_task_struct(task);
		*why = "a kernel thread has no paths of its own";
		return ERR_PTR(-EINVAL);
	}
	return task;
}

static struct task_struct *pv_info_target(struct genl_info *info)
{
	const struct nlattr *bad;
	struct task_struct *task;
	const char *why;

	task = pv_target_get(info->attrs, &why, &bad);
	if (IS_ERR(task))
		pv_refuse(info, bad, PTR_ERR(task), why);
	return task;
}

static u32 pv_info_flags(struct genl_info *info)
{
	const struct nlattr *flags = info->attrs[PATHVIRT_A_FLAGS];

	return flags ? nla_get_u32(flags) : 0;
}

/*
 * Changing.
 */

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
static int pv_doit_stage(struct sk_buff *skb, struct genl_info *info)
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

	if (!err || err == -ENOMEM || err == -EINTR)
		return err;
	why = err == -ENOENT || err == -ENOTDIR ?
		      "NEW of a rule is not there" :
		      "NEW of a rule cannot be looked up";
	return pv_refuse(info,
			 pv_info_rule(info, table->nr_rules,
				      table->places->nr - 1),
			 err, why);
}

/* Let rules be called by where their NEWs really are: in a table instead of @table. */
static int pv_table_call(struct genl_info *info, struct pv_table **table)
{
	struct pv_charge charge = { };
	struct pv_table *fresh;
	struct pv_draft draft;
	int err;

	pv_draft_init(&draft);
	err = pv_places_draft(*table, &draft);
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
	pv_draft_clear(&draft);
	pv_charge_drop(&charge);
	return err;
}

/*
 * The layers of a process, seen from the root directory that it has now, and whether the
 * innermost is its own; a reference, or NULL.
 */
static struct pv_layers *pv_task_layers(struct task_struct *task, bool *own)
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
 * Where there are other layers below, NEW goes on to be a name that they get to see.
 */
static int pv_table_place(struct genl_info *info, struct pv_table **table,
			  struct task_struct *task)
{
	struct pv_layers *below;
	int err;

	if ((*table)->late)
		return 0;
	below = pv_task_layers_below(task,
				     pv_info_flags(info) & PATHVIRT_F_PUSH);
	if (IS_ERR(below))
		return PTR_ERR(below);
	/* From a changed root directory they cannot be asked like that. */
	err = below && below->root ?
		      0 : pv_table_look_up(info, *table, task, below);
	if (!err && !below)
		err = pv_table_call(info, table);
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
		pv_event_tell(change->process, event);
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

static int pv_doit_set(struct sk_buff *skb, struct genl_info *info)
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
		      pv_table_place(info, &table, task) ?:
		      pv_set(info, task, table);
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

static int pv_doit_del(struct sk_buff *skb, struct genl_info *info)
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

/*
 * Showing.
 */

/**
 * struct pv_dump - where a dump stands, in netlink_callback.ctx
 * @layers: the layers that are shown, a reference; NULL to list processes
 * @opener: who has opened the socket, a reference: whoever reads what is left may have
 *	been given it; NULL if that makes no difference
 * @pid: the process's id as the receiver counts
 * @own: the innermost layer is its own
 * @layer: the next layer, with @layers; the next bucket, without
 * @index: the next rule in it; the next process in the bucket
 */
struct pv_dump {
	struct pv_layers *layers;
	const struct cred *opener;
	pid_t pid;
	bool own;
	u32 layer;
	u32 index;
};

static int pv_put_rule(struct sk_buff *skb, const struct pv_rule *rule)
{
	struct nlattr *nest = nla_nest_start(skb, PATHVIRT_A_RULE);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, PATHVIRT_RULE_A_ORIGINAL,
			   *rule->original ? rule->original : "/") ||
	    nla_put_string(skb, PATHVIRT_RULE_A_NEW,
			   *rule->given ? rule->given : "/")) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/*
 * The longest rule must fit into a datagram, whatever the receiver's buffer is.
 * That may be smaller than what we have asked for, so only a rule that needs it
 * makes use of it; unless we were given more, for then that is the receiver's.
 */
#define PV_DUMP_ALLOC	(NLMSG_GOODSIZE + 2 * PATH_MAX)

static bool pv_dump_has_room(const struct sk_buff *skb,
			     const struct pv_rule *rule)
{
	size_t room = skb->len + skb_tailroom(skb);
	size_t need = nla_total_size(nla_total_size(rule->original_len + 2) +
				     nla_total_size(rule->given_len + 2));

	return skb->len + need <= (room > PV_DUMP_ALLOC ? room :
				   NLMSG_GOODSIZE);
}

static void *pv_dump_begin(struct sk_buff *skb, struct netlink_callback *cb)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &pv_family, NLM_F_MULTI, PATHVIRT_CMD_GET);
}

static u32 pv_table_flags(const struct pv_table *table)
{
	return (table->no_reverse ? PATHVIRT_F_NO_REVERSE : 0) |
	       (table->late ? PATHVIRT_F_LATE : 0) |
	       (table->by_name ? PATHVIRT_F_BY_NAME : 0);
}

/* What each message about a layer begins with. */
static int pv_put_layer(struct sk_buff *skb, const struct pv_dump *dump,
			const struct pv_table *table)
{
	u32 flags = pv_table_flags(table);

	if (nla_put_u32(skb, PATHVIRT_A_PID, dump->pid) ||
	    nla_put_u32(skb, PATHVIRT_A_LAYERS, dump->layers->nr) ||
	    nla_put_u32(skb, PATHVIRT_A_LAYER, dump->layer) ||
	    nla_put_u32(skb, PATHVIRT_A_RULES, table->nr_rules) ||
	    nla_put_u32(skb, PATHVIRT_A_INDEX, dump->index) ||
	    (flags && nla_put_u32(skb, PATHVIRT_A_FLAGS, flags)) ||
	    (dump->own && !dump->layer && nla_put_flag(skb, PATHVIRT_A_OWN)))
		return -EMSGSIZE;
	return 0;
}

/* One message with as many rules of the layer as fit; -EMSGSIZE if none do. */
static int pv_dump_layer(struct sk_buff *skb, struct netlink_callback *cb,
			 struct pv_dump *dump)
{
	const struct pv_table *table = dump->layers->tables[dump->layer];
	bool alone = !skb->len;
	void *header = pv_dump_begin(skb, cb);
	u32 first = dump->index;

	if (!header)
		return -EMSGSIZE;
	if (pv_put_layer(skb, dump, table))
		goto full;

	while (dump->index < table->nr_rules) {
		const struct pv_rule *rule = &table->rules[dump->index];

		/* The first rule of a datagram may be as long as it is. */
		if (!(alone && dump->index == first) &&
		    !pv_dump_has_room(skb, rule))
			break;
		if (pv_put_rule(skb, rule))
			break;
		dump->index++;
	}
	if (dump->index == first)
		goto full;
	genlmsg_end(skb, header);
	if (dump->index == table->nr_rules) {
		dump->index = 0;
		dump->layer++;
	}
	return 0;

full:
	genlmsg_cancel(skb, header);
	return -EMSGSIZE;
}

static int pv_dump_rules(struct sk_buff *skb, struct netlink_callback *cb,
			 struct pv_dump *dump)
{
	int err = 0;

	while (!err && dump->layer < dump->layers->nr)
		err = pv_dump_layer(skb, cb, dump);
	/* Too little room only ends this datagram, unless it was all there is. */
	return err && !skb->len ? err : skb->len;
}

/* May the receiver see the process, and by which id?  0 if not. */
static pid_t pv_process_seen(const struct pv_process *process)
{
	struct task_struct *task = get_pid_task(process->pid, PIDTYPE_TGID);
	pid_t pid = 0;

	if (!task)
		return 0;
	if (pv_access_see(task))
		pid = pid_nr_ns(process->pid, task_active_pid_ns(current));
	put_task_struct(task);
	return pid;
}

static int pv_dump_process(struct sk_buff *skb, struct netlink_callback *cb,
			   struct pv_process *process)
{
	struct pv_layers *layers;
	u32 i, rules = 0;
	void *header;
	bool own;
	pid_t pid;
	int err = 0;

	layers = pv_process_get_layers(process, &own);
	pid = layers ? pv_process_seen(process) : 0;
	if (!pid)
		goto out;

	for (i = 0; i < layers->nr; i++)
		rules += layers->tables[i]->nr_rules;
	err = -EMSGSIZE;
	header = pv_dump_begin(skb, cb);
	if (!header)
		goto out;
	if (nla_put_u32(skb, PATHVIRT_A_PID, pid) ||
	    nla_put_u32(skb, PATHVIRT_A_LAYERS, layers->nr) ||
	    nla_put_u32(skb, PATHVIRT_A_RULES, rules) ||
	    (own && nla_put_flag(skb, PATHVIRT_A_OWN))) {
		genlmsg_cancel(skb, header);
		goto out;
	}
	genl_dump_check_consistent(cb, header);
	genlmsg_end(skb, header);
	err = 0;
out:
	pv_layers_put(layers);
	return err;
}

static int pv_dump_processes(struct sk_buff *skb, struct netlink_callback *cb,
			     struct pv_dump *dump)
{
	struct pv_process *process;
	u32 index;
	int err = 0;

	cb->seq = pv_processes_generation();
	rcu_read_lock();
	for (; dump->layer < ARRAY_SIZE(pv_processes); dump->layer++) {
		index = 0;
		hlist_for_each_entry_rcu(process, &pv_processes[dump->layer],
					 hash) {
			if (index++ < dump->index)
				continue;
			err = pv_dump_process(skb, cb, process);
			if (err)
				goto full;
			dump->index++;
		}
		dump->index = 0;
	}
full:
	rcu_read_unlock();
	return err && !skb->len ? err : skb->len;
}

/* 6.1 has no place for the reason yet when a dump starts. */
static int pv_get_refuse(struct netlink_callback *cb, const struct nlattr *bad,
			 int err, const char *why)
{
	if (cb->extack) {
		NL_SET_BAD_ATTR(cb->extack, bad);
		cb->extack->_msg = why;
	}
	return err;
}

/* The layers of one process, if the sender may see them. */
static int pv_get_layers(struct netlink_callback *cb, struct pv_dump *dump,
			 struct task_struct *task)
{
	struct pv_process *process;

	if (!pv_access_see(task))
		return pv_get_refuse(cb, NULL, -EPERM,
				     "needs the right to inspect the process with ptrace");
	process = pv_process_get_task(task);
	if (process)
		dump->layers = pv_process_get_layers(process, &dump->own);
	pv_process_put(process);
	if (!dump->layers)
		return pv_get_refuse(cb, NULL, -ENOENT,
				     "the process is not attached");
	dump->pid = task_tgid_vnr(task);
	return 0;
}

static int pv_get_start_one(struct netlink_callback *cb, struct pv_dump *dump,
			    struct nlattr **attrs)
{
	struct task_struct *task;
	const struct nlattr *bad;
	const char *why;
	int err;

	task = pv_target_get(attrs, &why, &bad);
	if (IS_ERR(task))
		return pv_get_refuse(cb, bad, PTR_ERR(task), why);
	err = pv_get_layers(cb, dump, task);
	put_task_struct(task);
	return err;
}

static int pv_get_start(struct netlink_callback *cb)
{
	struct pv_dump *dump = (struct pv_dump *)cb->ctx;
	struct nlattr **attrs = pv_dump_attrs(cb);
	int err = 0;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));
	memset(dump, 0, sizeof(*dump));
	cb->min_dump_alloc = PV_DUMP_ALLOC;
	if (!pv_access_asked(cb->skb))
		return pv_get_refuse(cb, NULL, -EPERM, pv_why_opener);
	if (attrs[PATHVIRT_A_PID] || attrs[PATHVIRT_A_PIDFD])
		err = pv_get_start_one(cb, dump, attrs);
	if (!err && !pv_access_root(cb->skb))
		dump->opener = get_cred(pv_access_opener(cb->skb));
	return err;
}

static int pv_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct pv_dump *dump = (struct pv_dump *)cb->ctx;

	/* Each part is made by who reads the one before, and shows what he may see. */
	if (dump->opener && !pv_access_covers(dump->opener))
		return pv_get_refuse(cb, NULL, -EPERM, pv_why_opener);
	return dump->layers ? pv_dump_rules(skb, cb, dump) :
			      pv_dump_processes(skb, cb, dump);
}

static int pv_get_done(struct netlink_callback *cb)
{
	struct pv_dump *dump = (struct pv_dump *)cb->ctx;

	pv_layers_put(dump->layers);
	put_cred(dump->opener);
	return 0;
}

static struct sk_buff *pv_reply_begin(struct genl_info *info, u8 cmd,
				      void **header)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE + 2 * PATH_MAX,
					  GFP_KERNEL);

	if (!skb)
		return NULL;
	*header = genlmsg_put_reply(skb, info, &pv_family, 0, cmd);
	if (*header)
		return skb;
	nlmsg_free(skb);
	return NULL;
}

static int pv_reply_end(struct genl_info *info, struct sk_buff *skb,
			void *header, int err)
{
	if (err) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

static int pv_resolve_reply(struct genl_info *info, int attr, const char *path,
			    const struct pv_hit *hit)
{
	struct sk_buff *skb;
	void *header;
	int err;

	skb = pv_reply_begin(info, PATHVIRT_CMD_RESOLVE, &header);
	if (!skb)
		return -ENOMEM;
	err = nla_put_string(skb, attr, path);
	if (!err && hit->rule != PV_NO_RULE)
		err = nla_put_u32(skb, PATHVIRT_A_LAYER, hit->layer) ?:
		      nla_put_u32(skb, PATHVIRT_A_INDEX, hit->rule);
	return pv_reply_end(info, skb, header, err);
}

/**
 * struct pv_question - where does a path lead, or what leads there?
 * @layers: what the process's names pass, or NULL
 * @root: the root directory that the process has changed to, or NULL
 * @vpath: room for the answer
 * @path: the path, without ".." components
 */
struct pv_question {
	const struct pv_layers *layers;
	const struct pv_root *root;
	struct pv_vpath *vpath;
	char *path;
};

/* Where the path leads. */
static int pv_answer_real(struct genl_info *info, struct pv_question *question)
{
	const struct pv_root *root = question->root;
	struct pv_hit hit = { .rule = PV_NO_RULE };
	const char *real = question->path;
	char *result = question->vpath->scratch;
	ssize_t len = 0;

	if (root) {
		real = question->vpath->virtual;
		if (!pv_root_spell(root, question->path,
				   question->vpath->virtual))
			return -ENAMETOOLONG;
	}
	/* A rule for "/" shall answer NEW, not what is to be walked for it. */
	if (question->layers)
		len = pv_layers_translate(question->layers,
					  real[1] ? real : "", result, &hit);
	if (len < 0)
		return len;
	if (len)
		real = result;
	/* It is what the process has, wherever its name may lead by now. */
	if (root && !question->path[1])
		real = *root->real ? root->real : "/";
	return pv_resolve_reply(info, PATHVIRT_A_REAL, real, &hit);
}

/* What the process calls the path. */
static int pv_answer_virtual(struct genl_info *info,
			     struct pv_question *question)
{
	static const struct pv_hit none = { .rule = PV_NO_RULE };
	const char *virtual = question->path;
	struct pv_vpath *vpath = question->vpath;

	pv_path_normalise(question->path);
	if (question->layers) {
		pv_layers_reverse(question->layers, question->path,
				  PV_ROUTE_FIRST, vpath->virtual, vpath->scratch,
				  false);
		virtual = vpath->virtual;
	}
	if (question->root)
		virtual = pv_root_strip(question->root, virtual);
	if (!virtual)
		return -ENOENT;
	return pv_resolve_reply(info, PATHVIRT_A_PATH,
				*virtual ? virtual : "/", &none);
}

static int pv_resolve_task(struct genl_info *info, struct task_struct *task,
			   const struct nlattr *attr)
{
	bool own;
	struct pv_layers *layers = pv_task_layers(task, &own);
	struct pv_question question = {
		.layers = layers,
		.vpath = pv_vpath_alloc(GFP_KERNEL),
		.path = nla_strdup(attr, GFP_KERNEL_ACCOUNT),
	};
	int err = -ENOMEM;

	if (layers && layers->root && pv_layers_held(layers, task))
		question.root = layers->root;
	if (question.vpath && question.path) {
		pv_path_fold(question.path);
		err = nla_type(attr) == PATHVIRT_A_PATH ?
		      pv_answer_real(info, &question) :
		      pv_answer_virtual(info, &question);
	}
	kfree(question.path);
	pv_vpath_free(question.vpath);
	pv_layers_put(layers);
	if (err == -ENAMETOOLONG)
		pv_refuse(info, attr, err, "the result is longer than PATH_MAX");
	else if (err == -ENOENT)
		pv_refuse(info, attr, err,
			  "it lies outside of the process's root directory");
	return err;
}

static int pv_doit_resolve(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *path = info->attrs[PATHVIRT_A_PATH];
	const struct nlattr *real = info->attrs[PATHVIRT_A_REAL];
	struct task_struct *task;
	int err;

	err = pv_info_asked(skb, info);
	if (err)
		return err;
	if (path && real)
		return pv_refuse(info, real, -EINVAL,
				 "give a path or a real path, not both");
	path = path ?: real;
	if (!path || *(const char *)nla_data(path) != '/')
		return pv_refuse(info, path, -EINVAL,
				 "needs an absolute path");
	task = pv_info_target(info);
	if (IS_ERR(task))
		return PTR_ERR(task);
	if (pv_access_see(task))
		err = pv_resolve_task(info, task, path);
	else
		err = pv_refuse(info, NULL, -EPERM,
				"needs the right to inspect the process with ptrace");
	put_task_struct(task);
	return err;
}

static int pv_put_sites(struct sk_buff *skb)
{
	const char *symbol;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && (symbol = pv_hooks_symbol(i)); i++)
		err = nla_put_string(skb, PATHVIRT_A_SITE, symbol);
	return err;
}

/* What the attached processes do; who is told is asked before. */
static int pv_put_counts(struct sk_buff *skb)
{
	int err;

	err = nla_put_u32(skb, PATHVIRT_A_PROCESSES, pv_processes_count()) ?:
	      nla_put_u32(skb, PATHVIRT_A_TABLES, pv_tables_count()) ?:
	      nla_put_u64_64bit(skb, PATHVIRT_A_TRANSLATED,
				pv_names_translated(), PATHVIRT_A_PAD);
	if (!err && pv_hooks_armed())
		err = nla_put_flag(skb, PATHVIRT_A_ARMED);
	return err;
}

static int pv_doit_status(struct sk_buff *request, struct genl_info *info)
{
	bool root = pv_access_root(request);
	struct sk_buff *skb;
	void *header;
	int err;

	skb = pv_reply_begin(info, PATHVIRT_CMD_STATUS, &header);
	if (!skb)
		return -ENOMEM;
	err = nla_put_string(skb, PATHVIRT_A_VERSION, THIS_MODULE->version) ?:
	      nla_put_u32(skb, PATHVIRT_A_PROTOCOL, PATHVIRT_FAMILY_VERSION) ?:
	      nla_put_string(skb, PATHVIRT_A_HOOK, pv_hooks_way()) ?:
	      nla_put_string(skb, PATHVIRT_A_PROBE, pv_hooks_probe()) ?:
	      pv_put_sites(skb);
	if (!err && root)
		err = pv_put_counts(skb);
	return pv_reply_end(info, skb, header, err);
}

/*
 * The family.
 */

#define PV_OP_POLICY(name)	.policy = pv_##name##_policy, \
				.maxattr = ARRAY_SIZE(pv_##name##_policy) - 1

static const struct genl_ops pv_family_ops[] = {
	{
		.cmd = PATHVIRT_CMD_STAGE,
		.doit = pv_doit_stage,
		PV_OP_POLICY(stage),
	}, {
		.cmd = PATHVIRT_CMD_SET,
		.doit = pv_doit_set,
		PV_OP_POLICY(set),
	}, {
		.cmd = PATHVIRT_CMD_GET,
		.start = pv_get_start,
		.dumpit = pv_get_dumpit,
		.done = pv_get_done,
		PV_OP_POLICY(get),
	}, {
		.cmd = PATHVIRT_CMD_DEL,
		.doit = pv_doit_del,
		PV_OP_POLICY(del),
	}, {
		.cmd = PATHVIRT_CMD_RESOLVE,
		.doit = pv_doit_resolve,
		PV_OP_POLICY(resolve),
	}, {
		.cmd = PATHVIRT_CMD_STATUS,
		.doit = pv_doit_status,
	},
};

enum { PV_GROUP_EVENTS };

static const struct genl_multicast_group pv_family_groups[] = {
	/*
	 * The kernel asks for it in the user namespace of the network namespace;
	 * that of the initial one is the initial one, and nowhere else is told.
	 */
	[PV_GROUP_EVENTS] = {
		.name = PATHVIRT_MCGRP_EVENTS,
		.flags = GENL_MCAST_CAP_SYS_ADMIN,
	},
};

static struct genl_family pv_family __ro_after_init = {
	.name = PATHVIRT_FAMILY_NAME,
	.version = PATHVIRT_FAMILY_VERSION,
	.module = THIS_MODULE,
	.netnsok = true,
	.parallel_ops = true,
	.ops = pv_family_ops,
	.n_ops = ARRAY_SIZE(pv_family_ops),
	.mcgrps = pv_family_groups,
	.n_mcgrps = ARRAY_SIZE(pv_family_groups),
};

/**
 * pv_netlink_heard - does anybody listen to the group "events"?
 *
 * Return: true if somebody does.
 */
bool pv_netlink_heard(void)
{
	return READ_ONCE(pv_family_ready) &&
	       genl_has_listeners(&pv_family, &init_net, PV_GROUP_EVENTS);
}

/**
 * pv_netlink_lost - tell the group "events" that an event was lost
 *
 * A listener finds out by the overrun that its socket reports.
 *
 * Context: process context.
 */
void pv_netlink_lost(void)
{
	if (pv_netlink_heard())
		genl_set_err(&pv_family, &init_net, 0, PV_GROUP_EVENTS,
			     -ENOBUFS);
}

/**
 * pv_netlink_event - tell the group "events"
 * @process: whom it happened to
 * @event: what happened
 * @parent: with %PATHVIRT_EVENT_INHERIT, the id of the process whose layers were
 *	inherited; or 0
 *
 * A listener that cannot be told for lack of memory finds out by the overrun
 * that its socket reports.
 *
 * Context: process context; may sleep.
 */
void pv_netlink_event(const struct pv_process *process,
		      enum pathvirt_event event, pid_t parent)
{
	struct sk_buff *skb;
	void *header;

	if (!pv_netlink_heard())
		return;
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		goto lost;
	header = genlmsg_put(skb, 0, 0, &pv_family, 0, PATHVIRT_CMD_EVENT);
	if (!header ||
	    nla_put_u32(skb, PATHVIRT_A_EVENT, event) ||
	    nla_put_u32(skb, PATHVIRT_A_PID, pid_nr(process->pid)) ||
	    (parent && nla_put_u32(skb, PATHVIRT_A_PARENT, parent))) {
		nlmsg_free(skb);
		goto lost;
	}
	genlmsg_end(skb, header);
	genlmsg_multicast(&pv_family, skb, 0, PV_GROUP_EVENTS, GFP_KERNEL);
	return;
lost:
	pv_netlink_lost();
}

/**
 * pv_netlink_init - open for business
 *
 * Context: module load.
 * Return: 0 or a negative errno.
 */
int __init pv_netlink_init(void)
{
	int err = genl_register_family(&pv_family);

	if (err) {
		pr_err("cannot load: the netlink family cannot be registered (%d)\n",
		       err);
		return err;
	}
	WRITE_ONCE(pv_family_ready, true);
	return 0;
}

/**
 * pv_netlink_uninit - undo pv_netlink_init()
 *
 * Context: module unload.
 */
void pv_netlink_uninit(void)
{
	WRITE_ONCE(pv_family_ready, false);
	genl_unregister_family(&pv_family);
}
