// SPDX-License-Identifier: GPL-2.0
/* Parse: from attributes to C types. */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/netlink.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <net/genetlink.h>
#include <linux/pathvirt.h>

#include "compat.h"
#include "hook/hooks.h"
#include "netlink/parse.h"
#include "netlink/policy.h"
#include "process/access.h"
#include "rules/draft.h"

/* The constants are those that user space knows. */
static const char pv_why_rules[] =
	"too many rules: a table has PATHVIRT_MAX_RULES at most";
static const char pv_why_bytes[] =
	"too long: the paths of a table take PATHVIRT_MAX_TABLE_BYTES at most";
const char pv_why_opener[] =
	"the socket was opened with other credentials than it is used with";

/**
 * pv_refuse - say why a request is refused
 * @info: the request
 * @attr: what is wrong in it, or NULL
 * @err: the errno
 * @why: the reason; a constant
 *
 * Return: @err.
 */
int pv_refuse(struct genl_info *info, const struct nlattr *attr, int err,
	      const char *why)
{
	if (info->extack) {
		NL_SET_BAD_ATTR(info->extack, attr);
		/* A constant string, but not one of this line. */
		info->extack->_msg = why;
	}
	return err;
}

/**
 * pv_info_asked - who has opened the socket, and who sends?
 * @skb: the request
 * @info: the same
 *
 * Each request begins with this one question, but for the one that anybody may ask; see
 * access.c.
 *
 * Return: 0, or -EPERM with a reason.
 */
int pv_info_asked(struct sk_buff *skb, struct genl_info *info)
{
	if (pv_access_asked(skb))
		return 0;
	return pv_refuse(info, NULL, -EPERM, pv_why_opener);
}

/**
 * pv_info_may_attach - the same, and may he make tables?
 * @skb: the request
 * @info: the same
 *
 * Return: 0, or -EPERM with a reason.
 */
int pv_info_may_attach(struct sk_buff *skb, struct genl_info *info)
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
	if (!err && rule[PATHVIRT_RULE_A_UNDER])
		pv_draft_under(draft);
	if (!err && draft->bytes > PATHVIRT_MAX_TABLE_BYTES)
		return pv_refuse(info, attr, -E2BIG, pv_why_bytes);
	return err && why ? pv_refuse(info, attr, err, why) : err;
}

/**
 * pv_rules_parse - add all rules of a message to a draft
 * @info: the message
 * @draft: the draft
 *
 * Return: 0 or a negative errno, with a reason.
 */
int pv_rules_parse(struct genl_info *info, struct pv_draft *draft)
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

/**
 * pv_target_get - the process that a request is about
 * @attrs: the request's attributes; without one that names it, it is the sender
 * @why: receives the reason if there is none
 * @bad: receives the attribute that names it, or NULL
 *
 * Return: a reference to its leader, or an ERR_PTR.
 */
struct task_struct *pv_target_get(struct nlattr **attrs,
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

/**
 * pv_info_target - the process that a request is about
 * @info: the request
 *
 * Return: a reference to its leader, or an ERR_PTR, with a reason.
 */
struct task_struct *pv_info_target(struct genl_info *info)
{
	const struct nlattr *bad;
	struct task_struct *task;
	const char *why;

	task = pv_target_get(info->attrs, &why, &bad);
	if (IS_ERR(task))
		pv_refuse(info, bad, PTR_ERR(task), why);
	return task;
}

/**
 * pv_info_flags - the flags of a request
 * @info: the request
 *
 * Return: PATHVIRT_F_ flags, or 0.
 */
u32 pv_info_flags(const struct genl_info *info)
{
	const struct nlattr *flags = info->attrs[PATHVIRT_A_FLAGS];

	return flags ? nla_get_u32(flags) : 0;
}
