// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where a path leads.
 */
#include <errno.h>
#include <limits.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

#include "libpathvirt/policy.h"
#include "libpathvirt/request.h"

static int add_further(struct pv_resolution *resolution, char *further)
{
	char **list = reallocarray(resolution->further, resolution->further_count + 1,
				   sizeof(*list));

	if (list)
		resolution->further = list;
	if (!list || !further) {
		free(further);
		return -ENOMEM;
	}
	list[resolution->further_count++] = further;
	return 0;
}

static int read_resolution(struct nlmsghdr *header, void *arg)
{
	struct pv_resolution *resolution = arg;
	struct nlattr *tb[PATHVIRT_A_MAX + 1], *attr;
	int left;

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
	nlmsg_for_each_attr(attr, header, GENL_HDRLEN, left)
		if (nla_type(attr) == PATHVIRT_A_FURTHER &&
		    add_further(resolution, nla_strdup(attr)))
			return -ENOMEM;
	return 0;
}

static int read_path(struct nlmsghdr *header, void *arg)
{
	struct nlattr *tb[PATHVIRT_A_MAX + 1];
	char **path = arg;

	if (pv_policy_parse(header, tb) || !tb[PATHVIRT_A_PATH] || *path)
		return -EBADMSG;
	*path = nla_strdup(tb[PATHVIRT_A_PATH]);
	return *path ? 0 : -ENOMEM;
}

/* Ask for what belongs to @path, an attribute of type @attr. */
static int ask(struct pv *pv, int pidfd, int attr, const char *path,
	       pv_reply_fn read, void *arg)
{
	struct nl_msg *msg;

	if (*path != '/')
		return pv_fault_set(&pv->fault, -EINVAL,
				    "the path is not absolute");
	if (strlen(path) >= PATH_MAX)
		return pv_fault_set(&pv->fault, -ENAMETOOLONG,
				    "the path has more than %d bytes",
				    PATH_MAX - 1);
	msg = pv_request_new(pv, PATHVIRT_CMD_RESOLVE, 0);
	if (!msg)
		return -ENOMEM;
	if (pv_request_put_process(msg, pidfd) ||
	    nla_put_string(msg, attr, path))
		return pv_request_drop(pv, msg);
	return pv_request_run(pv, msg, read, arg);
}

/* The module must have said something. */
static int answered(struct pv *pv, int err, const void *answer)
{
	if (err || answer)
		return err;
	return pv_fault_set(&pv->fault, -EBADMSG, "the module did not answer");
}

int pv_resolve(struct pv *pv, int pidfd, const char *path,
	       struct pv_resolution **result)
{
	struct pv_resolution *resolution;
	int err;

	*result = NULL;
	resolution = calloc(1, sizeof(*resolution));
	if (!resolution)
		return pv_fault_set(&pv->fault, -ENOMEM, "out of memory");
	err = ask(pv, pidfd, PATHVIRT_A_PATH, path, read_resolution,
		  resolution);
	err = answered(pv, err, resolution->real);
	if (err)
		pv_resolution_free(resolution);
	else
		*result = resolution;
	return err;
}

int pv_reverse(struct pv *pv, int pidfd, const char *real, char **path)
{
	int err;

	*path = NULL;
	err = ask(pv, pidfd, PATHVIRT_A_REAL, real, read_path, path);
	return answered(pv, err, *path);
}

void pv_resolution_free(struct pv_resolution *resolution)
{
	if (!resolution)
		return;
	while (resolution->further_count)
		free(resolution->further[--resolution->further_count]);
	free(resolution->further);
	free(resolution->real);
	free(resolution);
}
