// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where a path leads.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "request.h"

static int read_resolution(struct nlmsghdr *header, void *arg)
{
	struct pv_resolution *resolution = arg;
	struct nlattr *tb[PATHVIRT_A_MAX + 1];

	if (pv_policy_parse(header, tb) || !tb[PATHVIRT_A_REAL] ||
	    resolution->real)
		return -EBADMSG;
	resolution->real = nla_strdup(tb[PATHVIRT_A_REAL]);
	if (!resolution->real)
		return -ENOMEM;
	if (tb[PATHVIRT_A_LAYER] && tb[PATHVIRT_A_INDEX]) {
		resolution->matched = true;
		resolution->layer = nla_get_u32(tb[PATHVIRT_A_LAYER]);
		resolution->index = nla_get_u32(tb[PATHVIRT_A_INDEX]);
	}
	return 0;
}

static int ask(struct pv *pv, int pidfd, const char *path,
	       struct pv_resolution *resolution)
{
	struct nl_msg *msg = pv_request_new(pv, PATHVIRT_CMD_RESOLVE, 0);
	int err;

	if (!msg)
		return -ENOMEM;
	if (pv_request_put_process(msg, pidfd) ||
	    nla_put_string(msg, PATHVIRT_A_PATH, path))
		return pv_request_drop(pv, msg);
	err = pv_request_run(pv, msg, read_resolution, resolution);
	if (!err && !resolution->real)
		return pv_fault_set(&pv->fault, -EBADMSG,
				    "the module did not answer");
	return err;
}

int pv_resolve(struct pv *pv, int pidfd, const char *path,
	       struct pv_resolution **result)
{
	struct pv_resolution *resolution;
	int err;

	*result = NULL;
	if (*path != '/')
		return pv_fault_set(&pv->fault, -EINVAL,
				    "the path is not absolute");
	if (strlen(path) >= PATH_MAX)
		return pv_fault_set(&pv->fault, -ENAMETOOLONG,
				    "the path has more than %d bytes",
				    PATH_MAX - 1);
	resolution = calloc(1, sizeof(*resolution));
	if (!resolution)
		return pv_fault_set(&pv->fault, -ENOMEM, "out of memory");
	err = ask(pv, pidfd, path, resolution);
	if (err)
		pv_resolution_free(resolution);
	else
		*result = resolution;
	return err;
}

void pv_resolution_free(struct pv_resolution *resolution)
{
	if (!resolution)
		return;
	free(resolution->real);
	free(resolution);
}
