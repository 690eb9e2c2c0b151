// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Give a process a table, take its tables away.
 */
#include <errno.h>
#include <linux/pathvirt.h>

#include "libpathvirt/attach.h"
#include "libpathvirt/request.h"
#include "libpathvirt/rules.h"
#include "libpathvirt/socket.h"

/*
 * A message is sent when it has this many bytes.  One more rule, of two
 * longest paths, still fits the buffer of pv_request_new() then, and a
 * message stays well below the least send buffer of a socket.
 */
#define MESSAGE_FULL	(48 * 1024)

static int put_rule(struct nl_msg *msg, const struct pv_rule *rule)
{
	struct nlattr *nest;

	nest = nla_nest_start(msg, PATHVIRT_A_RULE | NLA_F_NESTED);
	if (!nest ||
	    nla_put_string(msg, PATHVIRT_RULE_A_ORIGINAL, rule->original) ||
	    nla_put_string(msg, PATHVIRT_RULE_A_NEW, rule->target) ||
	    (rule->under && nla_put_flag(msg, PATHVIRT_RULE_A_UNDER)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* Rules from the one at *@next on, as many as fit; *@next becomes the rest. */
static int put_rules(struct nl_msg *msg, const struct pv_rules *rules,
		     size_t *next)
{
	while (*next < rules->count &&
	       nlmsg_hdr(msg)->nlmsg_len < MESSAGE_FULL) {
		if (put_rule(msg, &rules->rule[*next]))
			return -EMSGSIZE;
		(*next)++;
	}
	return 0;
}

static int stage(struct pv *pv, const struct pv_rules *rules, size_t *next)
{
	struct nl_msg *msg = pv_request_new(pv, PATHVIRT_CMD_STAGE, 0);

	if (!msg)
		return -ENOMEM;
	if (put_rules(msg, rules, next))
		return pv_request_drop(pv, msg);
	return pv_request_run(pv, msg, NULL, NULL);
}

/* The flags of the library are those of the kernel: one table less to err. */
_Static_assert((int)PV_TREE == PATHVIRT_F_TREE &&
	       (int)PV_ALL == PATHVIRT_F_ALL &&
	       (int)PV_PUSH == PATHVIRT_F_PUSH &&
	       (int)PV_OWN == PATHVIRT_F_OWN &&
	       (int)PV_NO_REVERSE == PATHVIRT_F_NO_REVERSE &&
	       (int)PV_LATE == PATHVIRT_F_LATE &&
	       (int)PV_BY_NAME == PATHVIRT_F_BY_NAME, "flags differ");

static int commit(struct pv *pv, const struct pv_target *target,
		  const struct pv_rules *rules, size_t next, unsigned int flags)
{
	struct nl_msg *msg = pv_request_new(pv, PATHVIRT_CMD_SET, 0);

	if (!msg)
		return -ENOMEM;
	if (pv_request_put_target(msg, target) ||
	    (flags && nla_put_u32(msg, PATHVIRT_A_FLAGS, flags)) ||
	    put_rules(msg, rules, &next))
		return pv_request_drop(pv, msg);
	return pv_request_run(pv, msg, NULL, NULL);
}

/* About what a rule takes in a message. */
static size_t rule_size(const struct pv_rule *rule)
{
	return nla_total_size(nla_total_size(strlen(rule->original) + 1) +
			      nla_total_size(strlen(rule->target) + 1) +
			      nla_total_size(0));
}

/* Do the rules from @next on fit the message that commits? */
static bool fits_commit(const struct pv_rules *rules, size_t next)
{
	size_t size = 0;

	for (; next < rules->count && size < MESSAGE_FULL / 2; next++)
		size += rule_size(&rules->rule[next]);
	return next == rules->count;
}

int pv_attach_target(struct pv *pv, const struct pv_target *target,
		     const struct pv_rules *rules, unsigned int flags)
{
	size_t next = 0;

	if (!rules->count)
		return pv_fault_set(&pv->fault, -EINVAL, "there is no rule");
	while (!fits_commit(rules, next)) {
		int err = stage(pv, rules, &next);

		/* What is staged must not become part of the next table. */
		if (err) {
			struct pv_fault fault = pv->fault;

			pv->fault.text = NULL;
			pv_socket_renew(pv);
			pv_fault_clear(&pv->fault);
			pv->fault = fault;
			return err;
		}
	}
	return commit(pv, target, rules, next, flags);
}

int pv_attach(struct pv *pv, int pidfd, const struct pv_rules *rules,
	      unsigned int flags)
{
	struct pv_target target = { PATHVIRT_A_PIDFD, pidfd };

	if (flags & ~(PV_TREE | PV_PUSH | PV_NO_REVERSE | PV_LATE | PV_BY_NAME))
		return pv_fault_set(&pv->fault, -EINVAL, "unknown flag");
	return pv_attach_target(pv, &target, rules, flags);
}

int pv_detach_target(struct pv *pv, const struct pv_target *target,
		     unsigned int flags)
{
	struct nl_msg *msg = pv_request_new(pv, PATHVIRT_CMD_DEL, 0);

	if (!msg)
		return -ENOMEM;
	if ((!(flags & PV_ALL) && pv_request_put_target(msg, target)) ||
	    (flags && nla_put_u32(msg, PATHVIRT_A_FLAGS, flags)))
		return pv_request_drop(pv, msg);
	return pv_request_run(pv, msg, NULL, NULL);
}

int pv_detach(struct pv *pv, int pidfd, unsigned int flags)
{
	struct pv_target target = { PATHVIRT_A_PIDFD, pidfd };

	if (flags & ~(PV_TREE | PV_ALL | PV_OWN))
		return pv_fault_set(&pv->fault, -EINVAL, "unknown flag");
	return pv_detach_target(pv, &target, flags);
}
