/* SPDX-License-Identifier: GPL-2.0 */
/* Table: from the rules of a request, and those staged before it, to a table. */
#ifndef _PV_NETLINK_TABLE_H
#define _PV_NETLINK_TABLE_H

#include <linux/types.h>

#include "rules/draft.h"
#include "user.h"

struct genl_info;
struct pv_layers;
struct pv_table;
struct sock;
struct task_struct;

/**
 * struct pv_wanted - what a request wants a table to be
 * @draft: its rules
 * @charge: what they cost meanwhile
 */
struct pv_wanted {
	struct pv_draft draft;
	struct pv_charge charge;
};

int pv_info_charge(struct genl_info *info, struct pv_charge *charge,
		   size_t bytes);
size_t pv_info_draft_size(const struct genl_info *info);
int pv_stage_refuse(struct genl_info *info, int err);
int pv_info_wanted(struct genl_info *info, struct sock *sk,
		   struct pv_wanted *wanted);
void pv_wanted_drop(struct pv_wanted *wanted);
struct pv_table *pv_info_table(struct genl_info *info, struct pv_wanted *wanted,
			       struct task_struct *task,
			       const struct pv_layers *below);

#endif /* _PV_NETLINK_TABLE_H */
