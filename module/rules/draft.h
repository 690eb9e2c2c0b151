/* SPDX-License-Identifier: GPL-2.0 */
/* Draft: a table that is still being written. */
#ifndef _PV_DRAFT_H
#define _PV_DRAFT_H

#include <linux/list.h>
#include <linux/types.h>

struct pv_rule;

/**
 * struct pv_draft - a table that is still being written
 * @rules: the rules so far, in order
 * @nr_rules: their number
 * @bytes: memory that their strings will take
 */
struct pv_draft {
	struct list_head rules;
	u32 nr_rules;
	size_t bytes;
};

/*
 * How large a table is, its sender decides: that it does not fit is no news for the
 * kernel log, and his memory cgroup pays for it.
 */
#define PV_GFP_BUILD	(GFP_KERNEL_ACCOUNT | __GFP_NOWARN)

/* A rule of a draft: both strings behind each other, as in struct pv_rule. */
struct pv_draft_rule {
	struct list_head node;
	u16 original_len;
	u16 new_len;
	u16 given_len;
	bool under;
	char strings[];
};

void pv_draft_init(struct pv_draft *draft);
int pv_draft_add(struct pv_draft *draft, const char *original, const char *new,
		 const char **why);
void pv_draft_under(struct pv_draft *draft);
int pv_draft_add_as(struct pv_draft *draft, const struct pv_rule *rule,
		    const char *new);
void pv_draft_splice(struct pv_draft *draft, struct pv_draft *more);
void pv_draft_clear(struct pv_draft *draft);

#endif /* _PV_DRAFT_H */
