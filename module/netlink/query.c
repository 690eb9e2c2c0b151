// SPDX-License-Identifier: GPL-2.0
/* Query: where a path leads, what leads there, and what is in force. */
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "compat.h"
#include "hook/hooks.h"
#include "names/vpath.h"
#include "names/walk.h"
#include "netlink/family.h"
#include "netlink/parse.h"
#include "netlink/query.h"
#include "process/access.h"
#include "process/cgroup.h"
#include "process/layers.h"
#include "process/process.h"
#include "process/refresh.h"
#include "process/root.h"
#include "process/tables.h"
#include "process/view.h"
#include "rules/path.h"

static struct sk_buff *pv_reply_begin(struct genl_info *info, u8 cmd,
				      size_t extra, void **header)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE + 2 * PATH_MAX + extra,
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

/* Where @path is looked for if it is not in the first tree; @real is for scratch. */
static int pv_put_further(struct sk_buff *skb, const struct pv_layers *layers,
			  const char *path, char *real)
{
	unsigned int left = PV_MAX_TREES;
	struct pv_trees trees;
	struct pv_hit hit;
	ssize_t len;
	int err = 0;

	pv_trees_begin(&trees);
	len = pv_trees_translate(layers, &trees, path, real, &hit);
	while (!err && len >= 0 && --left && pv_trees_next(layers, &trees)) {
		len = pv_trees_translate(layers, &trees, path, real, &hit);
		if (len >= 0)
			err = nla_put_string(skb, PATHVIRT_A_FURTHER,
					     len ? real : *path ? path : "/");
	}
	return err;
}

/* @further: what is looked for in the trees of a union, or NULL; @path is of no use after. */
static int pv_resolve_reply(struct genl_info *info, int attr, const char *path,
			    const struct pv_hit *hit,
			    const struct pv_question *question, const char *further)
{
	size_t extra = further ? PV_MAX_TREES * nla_total_size(PATH_MAX) : 0;
	struct sk_buff *skb;
	void *header;
	int err;

	skb = pv_reply_begin(info, PATHVIRT_CMD_RESOLVE, extra, &header);
	if (!skb)
		return -ENOMEM;
	err = nla_put_string(skb, attr, path);
	if (!err && hit->rule != PV_NO_RULE)
		err = nla_put_u32(skb, PATHVIRT_A_LAYER, hit->layer) ?:
		      nla_put_u32(skb, PATHVIRT_A_INDEX, hit->rule);
	if (!err && further)
		err = pv_put_further(skb, question->layers, further,
				     question->vpath->scratch);
	return pv_reply_end(info, skb, header, err);
}

/* Where the path leads. */
static int pv_answer_real(struct genl_info *info, struct pv_question *question)
{
	const struct pv_root *root = question->root;
	struct pv_hit hit = { .rule = PV_NO_RULE };
	const char *real = question->path, *asked;
	char *result = question->vpath->scratch;
	ssize_t len = 0;

	if (root) {
		real = question->vpath->virtual;
		if (!pv_root_spell(root, question->path,
				   question->vpath->virtual))
			return -ENAMETOOLONG;
	}
	/* A rule for "/" shall answer NEW, not what is to be walked for it. */
	asked = real[1] ? real : "";
	if (question->layers)
		len = pv_layers_translate(question->layers, asked, result, &hit);
	if (len < 0)
		return len;
	if (len)
		real = result;
	/* It is what the process has, wherever its name may lead by now. */
	if (root && !question->path[1])
		real = *root->real ? root->real : "/";
	return pv_resolve_reply(info, PATHVIRT_A_REAL, real, &hit, question,
				hit.under ? asked : NULL);
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
				  PV_FOR_US);
		virtual = vpath->virtual;
	}
	if (question->root)
		virtual = pv_root_strip(question->root, virtual);
	if (!virtual)
		return -ENOENT;
	return pv_resolve_reply(info, PATHVIRT_A_PATH,
				*virtual ? virtual : "/", &none, question, NULL);
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

int pv_doit_resolve(struct sk_buff *skb, struct genl_info *info)
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
				pv_names_translated(), PATHVIRT_A_PAD) ?:
	      nla_put_u32(skb, PATHVIRT_A_CGROUPS, READ_ONCE(pv_nr_cgroups));
	if (!err && pv_hooks_armed())
		err = nla_put_flag(skb, PATHVIRT_A_ARMED);
	return err;
}

int pv_doit_status(struct sk_buff *request, struct genl_info *info)
{
	bool root = pv_access_root(request);
	struct sk_buff *skb;
	void *header;
	int err;

	skb = pv_reply_begin(info, PATHVIRT_CMD_STATUS, 0, &header);
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
