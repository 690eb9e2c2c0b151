// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The tables of cgroups.
 */
#include <errno.h>
#include <linux/pathvirt.h>

#include "libpathvirt/attach.h"
#include "libpathvirt/layers.h"
#include "libpathvirt/policy.h"
#include "libpathvirt/request.h"

int pv_attach_cgroup(struct pv *pv, int fd, const struct pv_rules *rules,
		     unsigned int flags)
{
	struct pv_target target = { PATHVIRT_A_CGROUP_FD, fd };

	if (flags & ~(PV_NO_REVERSE | PV_LATE))
		return pv_fault_set(&pv->fault, -EINVAL, "unknown flag");
	return pv_attach_target(pv, &target, rules, flags);
}

int pv_detach_cgroup(struct pv *pv, int fd)
{
	struct pv_target target = { PATHVIRT_A_CGROUP_FD, fd };

	return pv_detach_target(pv, &target, 0);
}

static int put_cgroup(struct nl_msg *msg, int fd)
{
	struct pv_target target = { PATHVIRT_A_CGROUP_FD, fd };

	return pv_request_put_target(msg, &target);
}

int pv_get_cgroup(struct pv *pv, int fd, struct pv_layers **layers)
{
	return pv_layers_get(pv, put_cgroup, fd, layers);
}

/* struct each - whom to tell of each cgroup */
struct each {
	pv_cgroup_fn each;
	void *arg;
};

static int read_cgroup(struct nlmsghdr *header, void *arg)
{
	struct nlattr *tb[PATHVIRT_A_MAX + 1];
	const struct each *each = arg;
	struct pv_cgroup cgroup;

	if (pv_policy_parse(header, tb) || !tb[PATHVIRT_A_CGROUP] ||
	    !tb[PATHVIRT_A_RULES] || !tb[PATHVIRT_A_PATH])
		return -EBADMSG;
	cgroup = (struct pv_cgroup){
		.id = nla_get_u64(tb[PATHVIRT_A_CGROUP]),
		.path = nla_get_string(tb[PATHVIRT_A_PATH]),
		.rules = nla_get_u32(tb[PATHVIRT_A_RULES]),
	};
	return each->each(&cgroup, each->arg);
}

int pv_list_cgroups(struct pv *pv, pv_cgroup_fn each, void *arg)
{
	struct nl_msg *msg = pv_request_new(pv, PATHVIRT_CMD_GET, NLM_F_DUMP);
	struct each told = { .each = each, .arg = arg };

	if (!msg)
		return -ENOMEM;
	if (nla_put_u32(msg, PATHVIRT_A_FLAGS, PATHVIRT_F_CGROUPS))
		return pv_request_drop(pv, msg);
	return pv_request_run(pv, msg, read_cgroup, &told);
}
