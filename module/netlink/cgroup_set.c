// SPDX-License-Identifier: GPL-2.0
/* The requests that change what a cgroup has. */
#include <linux/capability.h>
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <net/genetlink.h>

#include "netlink/cgroup_set.h"
#include "netlink/parse.h"
#include "netlink/table.h"
#include "process/access.h"
#include "process/attach.h"
#include "process/cgroup.h"
#include "process/layers.h"
#include "process/process.h"
#include "process/tables.h"

/**
 * pv_attr_cgroup - the cgroup that a request is about
 * @attr: %PATHVIRT_A_CGROUP_FD
 * @why: receives the reason if there is none
 *
 * Return: a reference, or an ERR_PTR.
 */
struct cgroup *pv_attr_cgroup(const struct nlattr *attr, const char **why)
{
	struct cgroup *cgroup = cgroup_get_from_fd(nla_get_s32(attr));

	if (!IS_ERR(cgroup))
		return cgroup;
	*why = cgroup == ERR_PTR(-ENOENT) || cgroup == ERR_PTR(-ENODEV) ?
		       "the cgroup has been removed" :
		       "not the directory of a cgroup of version 2";
	return cgroup;
}

/*
 * What is asked of who attaches any process; here he attaches whoever comes, so it is
 * asked in the initial user namespace.
 */
static int pv_cgroup_may(struct sk_buff *skb, struct genl_info *info)
{
	if (netlink_capable(skb, CAP_SYS_ADMIN) &&
	    netlink_capable(skb, CAP_SYS_PTRACE))
		return 0;
	return pv_refuse(info, info->attrs[PATHVIRT_A_CGROUP_FD], -EPERM,
			 "needs CAP_SYS_ADMIN and CAP_SYS_PTRACE in the initial user namespace");
}

/* The cgroup, if it may be asked for, and nobody else is named. */
static struct cgroup *pv_info_cgroup(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[PATHVIRT_A_CGROUP_FD];
	struct cgroup *cgroup;
	const char *why;
	int err;

	err = pv_info_asked(skb, info) ?: pv_cgroup_may(skb, info);
	if (err)
		return ERR_PTR(err);
	if (info->attrs[PATHVIRT_A_PID] || info->attrs[PATHVIRT_A_PIDFD])
		return ERR_PTR(pv_refuse(info, attr, -EINVAL,
					 "give a process or a cgroup, not both"));
	cgroup = pv_attr_cgroup(attr, &why);
	if (IS_ERR(cgroup))
		pv_refuse(info, attr, PTR_ERR(cgroup), why);
	return cgroup;
}

static int pv_cgroup_check(struct genl_info *info, const struct cgroup *cgroup)
{
	u32 flags = pv_info_flags(info);

	if (flags & (PATHVIRT_F_TREE | PATHVIRT_F_PUSH | PATHVIRT_F_BY_NAME))
		return pv_refuse(info, info->attrs[PATHVIRT_A_FLAGS], -EINVAL,
				 "these flags do not go with a cgroup");
	/* A process is where its leader is, and so would be threads that are elsewhere. */
	if (cgroup->dom_cgrp != cgroup)
		return pv_refuse(info, info->attrs[PATHVIRT_A_CGROUP_FD],
				 -EOPNOTSUPP,
				 "a threaded cgroup has threads, not processes: take the one above that is none");
	return 0;
}

/* Wait for what a change has met; it stands afterwards. */
static void pv_cgroup_finish(struct list_head *changes)
{
	pv_changes_wait(changes);
	mutex_lock(&pv_process_mutex);
	pv_changes_forget(changes);
	pv_processes_idle();
	mutex_unlock(&pv_process_mutex);
}

/* All of it, or nothing of it. */
static int pv_cgroup_commit(struct genl_info *info, struct cgroup *cgroup,
			    struct pv_table *table)
{
	const char *why = NULL;
	LIST_HEAD(changes);
	int err;

	table->cgroup = cgroup_id(cgroup);
	table->by_name = true;
	if (mutex_lock_killable(&pv_process_mutex))
		return -EINTR;
	err = pv_cgroup_set(cgroup, table, &changes, &why);
	mutex_unlock(&pv_process_mutex);
	pv_cgroup_finish(&changes);
	return err && why ? pv_refuse(info, NULL, err, why) : err;
}

/**
 * pv_set_cgroup - give a cgroup a table
 * @skb: the request
 * @info: the same
 *
 * Return: 0 or a negative errno, with a reason.
 */
int pv_set_cgroup(struct sk_buff *skb, struct genl_info *info)
{
	struct cgroup *cgroup = pv_info_cgroup(skb, info);
	struct pv_wanted wanted;
	struct pv_table *table;
	int err;

	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	err = pv_cgroup_check(info, cgroup);
	if (!err)
		err = pv_info_wanted(info, NETLINK_CB(skb).sk, &wanted);
	if (!err) {
		table = pv_info_table(info, &wanted, current, NULL);
		err = PTR_ERR_OR_ZERO(table);
		if (!err) {
			table->mountable = pv_access_mount(skb, current);
			err = pv_cgroup_commit(info, cgroup, table);
			pv_table_put(table);
		}
		pv_wanted_drop(&wanted);
	}
	cgroup_put(cgroup);
	return err;
}

/**
 * pv_del_cgroup - take the table of a cgroup away
 * @skb: the request
 * @info: the same
 *
 * Return: 0 or a negative errno, with a reason.
 */
int pv_del_cgroup(struct sk_buff *skb, struct genl_info *info)
{
	struct cgroup *cgroup = pv_info_cgroup(skb, info);
	LIST_HEAD(changes);
	int err;

	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	if (pv_info_flags(info))
		err = pv_refuse(info, info->attrs[PATHVIRT_A_FLAGS], -EINVAL,
				"these flags do not go with a cgroup");
	else
		err = mutex_lock_killable(&pv_process_mutex);
	if (!err) {
		err = pv_cgroup_clear(cgroup, &changes);
		mutex_unlock(&pv_process_mutex);
		pv_cgroup_finish(&changes);
	}
	cgroup_put(cgroup);
	if (err == -ENOENT)
		pv_refuse(info, info->attrs[PATHVIRT_A_CGROUP_FD], err,
			  "the cgroup has no rules");
	return err;
}
