// SPDX-License-Identifier: GPL-2.0
/* Get: the dump of processes, or of the rules of one. */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/netlink.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "compat.h"
#include "netlink/cgroup_set.h"
#include "netlink/family.h"
#include "netlink/get.h"
#include "netlink/parse.h"
#include "process/access.h"
#include "process/cgroup.h"
#include "process/layers.h"
#include "process/process.h"
#include "process/root.h"
#include "process/tables.h"
#include "rules/rule.h"

/**
 * struct pv_dump - where a dump stands, in netlink_callback.ctx
 * @layers: the layers that are shown, a reference; NULL to list processes
 * @opener: who has opened the socket, a reference: whoever reads what is left may have
 *	been given it; NULL if that makes no difference
 * @pid: the process's id as the receiver counts; 0 if it is a cgroup's layer
 * @own: the innermost layer is its own
 * @cgroups: cgroups are listed
 * @layer: the next layer, with @layers; the next bucket, or cgroup, without
 * @index: the next rule in it; the next process in the bucket
 */
struct pv_dump {
	struct pv_layers *layers;
	const struct cred *opener;
	pid_t pid;
	bool own;
	bool cgroups;
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
			   *rule->given ? rule->given : "/") ||
	    (rule->under && nla_put_flag(skb, PATHVIRT_RULE_A_UNDER))) {
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
				     nla_total_size(rule->given_len + 2) +
				     nla_total_size(0));

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

	if ((dump->pid && nla_put_u32(skb, PATHVIRT_A_PID, dump->pid)) ||
	    nla_put_u32(skb, PATHVIRT_A_LAYERS, dump->layers->nr) ||
	    nla_put_u32(skb, PATHVIRT_A_LAYER, dump->layer) ||
	    nla_put_u32(skb, PATHVIRT_A_RULES, table->nr_rules) ||
	    nla_put_u32(skb, PATHVIRT_A_INDEX, dump->index) ||
	    (flags && nla_put_u32(skb, PATHVIRT_A_FLAGS, flags)) ||
	    (dump->own && !dump->layer && nla_put_flag(skb, PATHVIRT_A_OWN)) ||
	    (table->cgroup &&
	     nla_put_u64_64bit(skb, PATHVIRT_A_CGROUP, table->cgroup,
			       PATHVIRT_A_PAD)))
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
	for (; dump->layer < ARRAY_SIZE(pv_attached); dump->layer++) {
		index = 0;
		hlist_for_each_entry_rcu(process, &pv_attached[dump->layer],
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

/* What there is to say of one cgroup; @path is room for where it is. */
static int pv_put_cgroup(struct sk_buff *skb, struct netlink_callback *cb,
			 const struct pv_table *table, const char *path)
{
	void *header = pv_dump_begin(skb, cb);

	if (!header)
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, PATHVIRT_A_CGROUP, table->cgroup,
			      PATHVIRT_A_PAD) ||
	    nla_put_u32(skb, PATHVIRT_A_RULES, table->nr_rules) ||
	    nla_put_string(skb, PATHVIRT_A_PATH, path)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

static int pv_dump_cgroup(struct sk_buff *skb, struct netlink_callback *cb,
			  struct cgroup *cgroup, const struct pv_table *table)
{
	char *path = kmalloc(PATH_MAX, GFP_KERNEL_ACCOUNT);
	int err = -ENOMEM;

	if (!path)
		return err;
	err = cgroup_path_ns(cgroup, path, PATH_MAX,
			     current->nsproxy->cgroup_ns);
	if (err >= 0)
		err = pv_put_cgroup(skb, cb, table, path);
	kfree(path);
	return err;
}

static int pv_dump_cgroups(struct sk_buff *skb, struct netlink_callback *cb,
			   struct pv_dump *dump)
{
	struct pv_table *table;
	struct cgroup *cgroup;
	int err = 0;

	while (!err) {
		cgroup = pv_cgroup_nth(dump->layer, &table);
		if (IS_ERR_OR_NULL(cgroup)) {
			err = PTR_ERR_OR_ZERO(cgroup);
			break;
		}
		err = pv_dump_cgroup(skb, cb, cgroup, table);
		pv_table_put(table);
		cgroup_put(cgroup);
		if (!err)
			dump->layer++;
	}
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

/* The table of a cgroup as the only layer that there is. */
static int pv_get_cgroup_layer(struct pv_dump *dump, struct pv_table *table)
{
	struct pv_root *base = pv_root_of(current);
	struct pv_layers *layers;

	if (IS_ERR(base))
		return PTR_ERR(base);
	layers = pv_layers_push(NULL, table, base);
	pv_root_put(base);
	if (IS_ERR(layers))
		return PTR_ERR(layers);
	dump->layers = layers;
	return 0;
}

static int pv_get_start_cgroup(struct netlink_callback *cb, struct pv_dump *dump,
			       const struct nlattr *attr)
{
	struct pv_table *table;
	struct cgroup *cgroup;
	const char *why;
	int err;

	cgroup = pv_attr_cgroup(attr, &why);
	if (IS_ERR(cgroup))
		return pv_get_refuse(cb, attr, PTR_ERR(cgroup), why);
	table = pv_cgroup_table(cgroup);
	cgroup_put(cgroup);
	if (!table)
		return pv_get_refuse(cb, attr, -ENOENT,
				     "the cgroup has no rules");
	if (IS_ERR(table))
		return PTR_ERR(table);
	err = pv_get_cgroup_layer(dump, table);
	pv_table_put(table);
	return err;
}

/* What cgroups have is for those who may give it to them. */
static int pv_get_start_cgroups(struct netlink_callback *cb, struct pv_dump *dump,
				struct nlattr **attrs)
{
	const struct nlattr *attr = attrs[PATHVIRT_A_CGROUP_FD];

	if (!pv_access_root(cb->skb))
		return pv_get_refuse(cb, attr, -EPERM,
				     "needs CAP_SYS_ADMIN in the initial user namespace");
	if (attr)
		return pv_get_start_cgroup(cb, dump, attr);
	dump->cgroups = true;
	return 0;
}

int pv_get_start(struct netlink_callback *cb)
{
	struct pv_dump *dump = (struct pv_dump *)cb->ctx;
	struct nlattr **attrs = pv_dump_attrs(cb);
	int err = 0;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));
	memset(dump, 0, sizeof(*dump));
	cb->min_dump_alloc = PV_DUMP_ALLOC;
	if (!pv_access_asked(cb->skb))
		return pv_get_refuse(cb, NULL, -EPERM, pv_why_opener);
	if (attrs[PATHVIRT_A_CGROUP_FD] || attrs[PATHVIRT_A_FLAGS])
		err = pv_get_start_cgroups(cb, dump, attrs);
	else if (attrs[PATHVIRT_A_PID] || attrs[PATHVIRT_A_PIDFD])
		err = pv_get_start_one(cb, dump, attrs);
	if (!err && !pv_access_root(cb->skb))
		dump->opener = get_cred(pv_access_opener(cb->skb));
	return err;
}

int pv_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct pv_dump *dump = (struct pv_dump *)cb->ctx;

	/* Each part is made by who reads the one before, and shows what he may see. */
	if (dump->opener && !pv_access_covers(dump->opener))
		return pv_get_refuse(cb, NULL, -EPERM, pv_why_opener);
	if (dump->cgroups)
		return pv_dump_cgroups(skb, cb, dump);
	return dump->layers ? pv_dump_rules(skb, cb, dump) :
			      pv_dump_processes(skb, cb, dump);
}

int pv_get_done(struct netlink_callback *cb)
{
	struct pv_dump *dump = (struct pv_dump *)cb->ctx;

	pv_layers_put(dump->layers);
	put_cred(dump->opener);
	return 0;
}
