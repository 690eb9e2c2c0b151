/* SPDX-License-Identifier: GPL-2.0 */
/* Parse: from attributes to C types. */
#ifndef _PV_PARSE_H
#define _PV_PARSE_H

#include <linux/types.h>
#include <linux/pathvirt.h>

struct genl_info;
struct nlattr;
struct pv_draft;
struct sk_buff;
struct task_struct;

/* Reasons; the constants in them are those that user space knows. */
extern const char pv_why_opener[];

int pv_refuse(struct genl_info *info, const struct nlattr *attr, int err,
	      const char *why);
int pv_info_asked(struct sk_buff *skb, struct genl_info *info);
int pv_info_may_attach(struct sk_buff *skb, struct genl_info *info);
int pv_rules_parse(struct genl_info *info, struct pv_draft *draft);
struct task_struct *pv_target_get(struct nlattr **attrs,
				  const char **why,
				  const struct nlattr **bad);
struct task_struct *pv_info_target(struct genl_info *info);
u32 pv_info_flags(const struct genl_info *info);

#endif /* _PV_PARSE_H */
