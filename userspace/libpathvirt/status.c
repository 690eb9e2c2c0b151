// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the module does and how.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

#include "libpathvirt/policy.h"
#include "libpathvirt/request.h"

static uint32_t number(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

/* A string of its own in @place, "" for an attribute that is not there. */
static int take_string(char **place, const struct nlattr *attr)
{
	free(*place);
	*place = attr ? nla_strdup(attr) : strdup("");
	return *place ? 0 : -ENOMEM;
}

static int take_site(struct pv_status *status, const struct nlattr *attr)
{
	char **sites = reallocarray(status->sites, status->site_count + 1,
				    sizeof(*sites));

	if (!sites)
		return -ENOMEM;
	status->sites = sites;
	sites[status->site_count] = nla_strdup(attr);
	if (!sites[status->site_count])
		return -ENOMEM;
	status->site_count++;
	return 0;
}

static int read_status(struct nlmsghdr *header, void *arg)
{
	struct nlattr *tb[PATHVIRT_A_MAX + 1], *attr;
	struct pv_status *status = arg;
	int left;

	if (pv_policy_parse(header, tb))
		return -EBADMSG;
	if (take_string(&status->version, tb[PATHVIRT_A_VERSION]) ||
	    take_string(&status->hook, tb[PATHVIRT_A_HOOK]) ||
	    take_string(&status->probe, tb[PATHVIRT_A_PROBE]))
		return -ENOMEM;
	status->protocol = number(tb[PATHVIRT_A_PROTOCOL]);
	status->processes = number(tb[PATHVIRT_A_PROCESSES]);
	status->tables = number(tb[PATHVIRT_A_TABLES]);
	status->armed = tb[PATHVIRT_A_ARMED];
	status->counted = tb[PATHVIRT_A_PROCESSES];
	status->cgroups = number(tb[PATHVIRT_A_CGROUPS]);
	if (tb[PATHVIRT_A_TRANSLATED])
		status->translated = nla_get_u64(tb[PATHVIRT_A_TRANSLATED]);
	nlmsg_for_each_attr(attr, header, GENL_HDRLEN, left)
		if (nla_type(attr) == PATHVIRT_A_SITE &&
		    take_site(status, attr))
			return -ENOMEM;
	return 0;
}

static int ask(struct pv *pv, struct pv_status *status)
{
	struct nl_msg *msg = pv_request_new(pv, PATHVIRT_CMD_STATUS, 0);
	int err;

	if (!msg)
		return -ENOMEM;
	err = pv_request_run(pv, msg, read_status, status);
	if (!err && !status->version)
		return pv_fault_set(&pv->fault, -EBADMSG,
				    "the module did not answer");
	return err;
}

int pv_status(struct pv *pv, struct pv_status **result)
{
	struct pv_status *status = calloc(1, sizeof(*status));
	int err;

	*result = NULL;
	if (!status)
		return pv_fault_set(&pv->fault, -ENOMEM, "out of memory");
	err = ask(pv, status);
	if (err)
		pv_status_free(status);
	else
		*result = status;
	return err;
}

void pv_status_free(struct pv_status *status)
{
	if (!status)
		return;
	while (status->site_count)
		free(status->sites[--status->site_count]);
	free(status->sites);
	free(status->version);
	free(status->hook);
	free(status->probe);
	free(status);
}
