// SPDX-License-Identifier: GPL-2.0
/* Table: from the rules of a request, and those staged before it, to a table. */
#include <linux/err.h>
#include <linux/netlink.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <net/genetlink.h>

#include "names/place_find.h"
#include "names/selftest.h"
#include "netlink/parse.h"
#include "netlink/stage.h"
#include "netlink/table.h"
#include "process/layers.h"
#include "process/places.h"
#include "process/root.h"
#include "process/tables.h"
#include "rules/draft.h"
#include "rules/table.h"
#include "user.h"

/* What came of charging for something. */
static int pv_info_charged(struct genl_info *info, int err)
{
	if (err != -EDQUOT)
		return err;
	return pv_refuse(info, NULL, err,
			 "the tables of one user may not take more memory (parameter user_memory)");
}

/**
 * pv_info_charge - charge for what a request is to keep
 * @info: the request
 * @charge: what is charged so far
 * @bytes: how much more
 *
 * Return: 0, or as pv_charge_add(), with a reason.
 */
int pv_info_charge(struct genl_info *info, struct pv_charge *charge,
		   size_t bytes)
{
	return pv_info_charged(info, pv_charge_add(charge, bytes));
}

/**
 * pv_info_draft_size - what the rules of a message are charged for while they are a draft
 * @info: the message
 *
 * Return: twice what they are in the message, as allocations are rounded up.
 */
size_t pv_info_draft_size(const struct genl_info *info)
{
	return 2 * (size_t)info->nlhdr->nlmsg_len;
}

/**
 * pv_stage_refuse - say why what is staged cannot be had, or added to
 * @info: the request
 * @err: from pv_stage_add() or pv_stage_take()
 *
 * Return: @err.
 */
int pv_stage_refuse(struct genl_info *info, int err)
{
	if (err == -E2BIG)
		return pv_refuse(info, NULL, err,
				 "more than PATHVIRT_MAX_RULES or PATHVIRT_MAX_TABLE_BYTES");
	if (err == -EPERM)
		return pv_refuse(info, NULL, err,
				 "somebody else has staged rules on this socket");
	return err;
}

/* The rules that were staged, and those of this message. */
static int pv_info_draft(struct genl_info *info, struct sock *sk,
			 struct pv_draft *draft, struct pv_charge *charge)
{
	int err;

	err = pv_stage_take(sk, info->snd_portid, draft, charge);
	if (err)
		return pv_stage_refuse(info, err);
	err = pv_info_charge(info, charge, pv_info_draft_size(info));
	if (!err)
		err = pv_rules_parse(info, draft);
	if (!err && !draft->nr_rules)
		err = pv_refuse(info, NULL, -EINVAL, "a table needs a rule");
	return err;
}

/* What a table does by flags of the request, whatever its rules are. */
static void pv_info_flag(const struct genl_info *info, struct pv_table *table)
{
	table->no_reverse = pv_info_flags(info) & PATHVIRT_F_NO_REVERSE;
	table->by_name = pv_info_flags(info) & PATHVIRT_F_BY_NAME;
}

static struct pv_table *pv_draft_table(struct genl_info *info,
				       const struct pv_draft *draft)
{
	struct pv_charge charge = { };
	struct pv_table *table;
	int err;

	err = pv_info_charge(info, &charge,
			     pv_table_size(draft) + PV_EQUAL_COST +
			     pv_places_size(draft->nr_rules));
	table = err ? ERR_PTR(err) : pv_table_build(draft);
	if (IS_ERR(table)) {
		pv_charge_drop(&charge);
		return table;
	}
	pv_info_flag(info, table);
	table->late = pv_info_flags(info) & PATHVIRT_F_LATE;
	table->charge = charge;
	return pv_table_share(table);
}

/* May tables be made?  Only if the hooks have been proved. */
static int pv_info_selftest(struct genl_info *info)
{
	int err = pv_selftest_run();

	if (!err || err == -ENOMEM)
		return err;
	return pv_refuse(info, NULL, err,
			 "the hooks do not work here; see the kernel log");
}

/**
 * pv_info_wanted - what is the table to be that a request sets?
 * @info: the request
 * @sk: its socket, on which rules may be staged; they are taken
 * @wanted: receives it; to be dropped if there was no error
 *
 * Return: 0 or a negative errno, with a reason.
 */
int pv_info_wanted(struct genl_info *info, struct sock *sk,
		   struct pv_wanted *wanted)
{
	int err;

	wanted->charge = (struct pv_charge){ };
	pv_draft_init(&wanted->draft);
	err = pv_info_draft(info, sk, &wanted->draft, &wanted->charge);
	if (!err)
		err = pv_info_selftest(info);
	if (err)
		pv_wanted_drop(wanted);
	return err;
}

/**
 * pv_wanted_drop - it is not needed any more
 * @wanted: empty afterwards
 */
void pv_wanted_drop(struct pv_wanted *wanted)
{
	pv_draft_clear(&wanted->draft);
	pv_charge_drop(&wanted->charge);
}

/* The attribute of a rule of the message's; NULL if it was staged before. */
static const struct nlattr *pv_info_rule(struct genl_info *info, u32 nr_rules,
					 u32 index)
{
	const struct nlattr *attr;
	u32 staged = nr_rules;
	int left;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left)
		if (nla_type(attr) == PATHVIRT_A_RULE)
			staged--;
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left)
		if (nla_type(attr) == PATHVIRT_A_RULE && index-- == staged)
			return attr;
	return NULL;
}

/* Find the places of NEWs, or say what is wrong with one. */
static int pv_table_look_up(struct genl_info *info, struct pv_table *table,
			    struct task_struct *task,
			    const struct pv_layers *below)
{
	int err = pv_places_find(table, task, below);
	const char *why;

	if (!err || err == -ENOMEM || err == -EINTR || err == -EDQUOT)
		return pv_info_charged(info, err);
	why = err == -ENOENT || err == -ENOTDIR ?
		      "NEW of a rule is not there" :
	      err == -EINVAL ?
		      "ORIGINAL of a union is spelled by a symbolic link: say where that leads" :
		      "NEW of a rule cannot be looked up";
	return pv_refuse(info,
			 pv_info_rule(info, table->nr_rules,
				      table->places->nr - 1),
			 err, why);
}

/* Let rules be called by where their NEWs really are: in a table instead of @table. */
static int pv_table_call(struct genl_info *info, struct pv_table **table,
			 const struct pv_layers *below)
{
	struct pv_charge charge = { };
	struct pv_table *fresh;
	struct pv_draft draft;
	bool named;
	int err;

	pv_draft_init(&draft);
	err = pv_places_draft(*table, below, &draft, &named);
	if (err > 0)
		err = pv_info_charge(info, &charge, 2 * draft.bytes) ?: 1;
	if (err > 0) {
		fresh = pv_draft_table(info, &draft);
		err = PTR_ERR_OR_ZERO(fresh);
		if (!err) {
			pv_places_move(fresh, *table);
			pv_table_put(*table);
			*table = fresh;
		}
	}
	if (!err)
		(*table)->named = named;
	pv_draft_clear(&draft);
	pv_charge_drop(&charge);
	return err;
}

/* Look up what the rules of a table lead to; the one that says so takes its place. */
static int pv_table_place(struct genl_info *info, struct pv_table **table,
			  struct task_struct *task, const struct pv_layers *below)
{
	int err;

	/* From a changed root directory they cannot be asked like that. */
	err = below && below->root ?
		      0 : pv_table_look_up(info, *table, task, below);
	if (!err && !(*table)->late)
		err = pv_table_call(info, table, below);
	if (!err)
		err = pv_info_charged(info, pv_places_stand_in(*table));
	return err;
}

/* A table that is made of what there is of an equal one. */
static struct pv_table *pv_info_copy(struct genl_info *info, struct pv_table *equal)
{
	struct pv_charge charge = { };
	struct pv_table *table = NULL;
	int err;

	err = pv_info_charge(info, &charge, sizeof(*table));
	if (!err)
		table = pv_equal_copy(equal, &charge);
	pv_charge_drop(&charge);
	if (!table)
		return ERR_PTR(err ?: -ENOMEM);
	pv_info_flag(info, table);
	return table;
}

/* The same, if there is one that leads where this one would; NULL if not, or ERR_PTR. */
static struct pv_table *pv_info_again(struct genl_info *info,
				      const struct pv_wanted *wanted,
				      struct task_struct *task, u64 hash)
{
	struct pv_table *equal, *table = NULL;
	struct path root;
	int same = 0;

	if (pv_info_flags(info) & PATHVIRT_F_LATE || !pv_task_root(task, &root))
		return NULL;
	equal = pv_equal_find(hash, &wanted->charge, &root);
	path_put(&root);
	if (!equal)
		return NULL;
	if (pv_table_says(equal, &wanted->draft))
		same = pv_places_lead_again(equal);
	if (same)
		table = same > 0 ? pv_info_copy(info, equal) : ERR_PTR(same);
	pv_table_put(equal);
	return table;
}

/* The same, made anew. */
static struct pv_table *pv_info_make(struct genl_info *info,
				     struct pv_wanted *wanted,
				     struct task_struct *task,
				     const struct pv_layers *below)
{
	struct pv_table *table = pv_draft_table(info, &wanted->draft);
	int err;

	pv_wanted_drop(wanted);
	if (IS_ERR(table))
		return table;
	err = pv_table_place(info, &table, task, below);
	if (!err)
		return table;
	pv_table_put(table);
	return ERR_PTR(err);
}

/**
 * pv_info_table - make the table that a request sets
 * @info: the request
 * @wanted: from pv_info_wanted(); may be dropped
 * @task: from whose root directory NEWs are looked up; a reference is held
 * @below: the layers that will be below it, or NULL: NEW is a name that they get to see
 *
 * What an equal one has been made of is not made again: see tables.h.
 *
 * Return: a reference; or an ERR_PTR, with a reason.
 */
struct pv_table *pv_info_table(struct genl_info *info, struct pv_wanted *wanted,
			       struct task_struct *task,
			       const struct pv_layers *below)
{
	struct pv_table *table;
	u64 hash;

	if (below)
		return pv_info_make(info, wanted, task, below);
	hash = pv_equal_hash(&wanted->draft);
	table = pv_info_again(info, wanted, task, hash);
	if (table)
		return table;
	table = pv_info_make(info, wanted, task, NULL);
	if (!IS_ERR(table) && !table->late && table->places &&
	    pv_places_ours(table->places))
		pv_equal_offer(table, hash);
	return table;
}
