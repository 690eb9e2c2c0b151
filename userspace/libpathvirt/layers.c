// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The tables of one process.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <unistd.h>

#include "libpathvirt/layers.h"
#include "libpathvirt/policy.h"
#include "libpathvirt/request.h"

/* More than a kernel will ever stack: a number above is nonsense. */
#define MOST_LAYERS	65536

/* The rules of layer number @layer, which becomes one if it is none yet. */
static struct pv_rules *make_layer(struct pv_layers *layers, uint32_t layer)
{
	struct pv_rules **rules;
	unsigned int *flags;
	uint64_t *cgroups;

	if (layer >= MOST_LAYERS)
		return NULL;
	while (layers->count <= layer) {
		rules = reallocarray(layers->rules, layers->count + 1,
				     sizeof(*rules));
		if (!rules)
			return NULL;
		layers->rules = rules;
		flags = reallocarray(layers->flags, layers->count + 1,
				     sizeof(*flags));
		if (!flags)
			return NULL;
		layers->flags = flags;
		flags[layers->count] = 0;
		cgroups = reallocarray(layers->cgroups, layers->count + 1,
				       sizeof(*cgroups));
		if (!cgroups)
			return NULL;
		layers->cgroups = cgroups;
		cgroups[layers->count] = 0;
		rules[layers->count] = pv_rules_new();
		if (!rules[layers->count])
			return NULL;
		layers->count++;
	}
	return layers->rules[layer];
}

static int take_rule(struct pv_rules *rules, struct nlattr *nest)
{
	struct nlattr *tb[PATHVIRT_RULE_A_MAX + 1];
	int err;

	if (pv_policy_parse_rule(nest, tb) || !tb[PATHVIRT_RULE_A_ORIGINAL] ||
	    !tb[PATHVIRT_RULE_A_NEW])
		return -EBADMSG;
	err = pv_rules_take(rules, nla_strdup(tb[PATHVIRT_RULE_A_ORIGINAL]),
			    nla_strdup(tb[PATHVIRT_RULE_A_NEW]));
	if (!err && tb[PATHVIRT_RULE_A_UNDER])
		pv_rules_set_under(rules, pv_rules_count(rules) - 1, true);
	return err;
}

/* One message has a layer's next rules; a message without a layer has none. */
static int read_layer(struct nlmsghdr *header, void *arg)
{
	struct nlattr *tb[PATHVIRT_A_MAX + 1], *attr;
	struct pv_layers *layers = arg;
	struct pv_rules *rules;
	int left, err;

	if (pv_policy_parse(header, tb))
		return -EBADMSG;
	if (tb[PATHVIRT_A_OWN])
		layers->own = true;
	if (!tb[PATHVIRT_A_LAYER])
		return 0;
	rules = make_layer(layers, nla_get_u32(tb[PATHVIRT_A_LAYER]));
	if (!rules)
		return -ENOMEM;
	if (tb[PATHVIRT_A_FLAGS])
		layers->flags[nla_get_u32(tb[PATHVIRT_A_LAYER])] =
			nla_get_u32(tb[PATHVIRT_A_FLAGS]) &
			(PV_NO_REVERSE | PV_LATE | PV_BY_NAME);
	if (tb[PATHVIRT_A_CGROUP])
		layers->cgroups[nla_get_u32(tb[PATHVIRT_A_LAYER])] =
			nla_get_u64(tb[PATHVIRT_A_CGROUP]);
	if (tb[PATHVIRT_A_INDEX] &&
	    nla_get_u32(tb[PATHVIRT_A_INDEX]) != rules->count)
		return -EBADMSG;
	nlmsg_for_each_attr(attr, header, GENL_HDRLEN, left) {
		if (nla_type(attr) != PATHVIRT_A_RULE)
			continue;
		err = take_rule(rules, attr);
		if (err)
			return err;
	}
	return 0;
}

/* A request that names nobody asks for all, so oneself is named by number. */
static int put_process(struct nl_msg *msg, int pidfd)
{
	if (pidfd == PV_SELF)
		return nla_put_u32(msg, PATHVIRT_A_PID, getpid());
	return pv_request_put_process(msg, pidfd);
}

static int attempt(struct pv *pv, pv_layers_put_fn put, int fd,
		   struct pv_layers **result)
{
	struct nl_msg *msg = pv_request_new(pv, PATHVIRT_CMD_GET, NLM_F_DUMP);
	struct pv_layers *layers;
	int err;

	if (!msg)
		return -ENOMEM;
	if (put(msg, fd))
		return pv_request_drop(pv, msg);
	layers = calloc(1, sizeof(*layers));
	if (!layers) {
		nlmsg_free(msg);
		return pv_fault_set(&pv->fault, -ENOMEM, "out of memory");
	}
	err = pv_request_run(pv, msg, read_layer, layers);
	if (err == -ENOENT)	/* it is not attached: that is an answer */
		err = 0;
	if (err)
		pv_layers_free(layers);
	else
		*result = layers;
	return err;
}

int pv_layers_get(struct pv *pv, pv_layers_put_fn put, int fd,
		  struct pv_layers **layers)
{
	int attempts = PV_REQUEST_ATTEMPTS;
	int err;

	*layers = NULL;
	do
		err = attempt(pv, put, fd, layers);
	while (err == PV_REQUEST_INTERRUPTED && --attempts);

	if (err == PV_REQUEST_INTERRUPTED)
		return pv_fault_set(&pv->fault, -EAGAIN,
				    "its tables change all the time: try again");
	return err;
}

int pv_get(struct pv *pv, int pidfd, struct pv_layers **layers)
{
	return pv_layers_get(pv, put_process, pidfd, layers);
}

void pv_layers_free(struct pv_layers *layers)
{
	if (!layers)
		return;
	while (layers->count)
		pv_rules_free(layers->rules[--layers->count]);
	free(layers->rules);
	free(layers->flags);
	free(layers->cgroups);
	free(layers);
}

size_t pv_layers_count(const struct pv_layers *layers)
{
	return layers->count;
}

bool pv_layers_own(const struct pv_layers *layers)
{
	return layers->own;
}

const struct pv_rules *pv_layers_rules(const struct pv_layers *layers,
				       size_t layer)
{
	return layer < layers->count ? layers->rules[layer] : NULL;
}

unsigned int pv_layers_flags(const struct pv_layers *layers, size_t layer)
{
	return layer < layers->count ? layers->flags[layer] : 0;
}

uint64_t pv_layers_cgroup(const struct pv_layers *layers, size_t layer)
{
	return layer < layers->count ? layers->cgroups[layer] : 0;
}
