// SPDX-License-Identifier: GPL-2.0
/*
 * Tables: references to them, and how one that is set again is found.
 *
 * Found is only what the same users pay for, who pay for it once, whichever of the
 * processes goes first; and what was looked up from the same root directory.  Whether it
 * leads still to where its names lead is for who finds it to see (names/place_again.c).
 */
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/list.h>
#include <linux/path.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/slab.h>

#include "process/place.h"
#include "process/places.h"
#include "process/tables.h"
#include "rules/draft.h"
#include "rules/rule.h"
#include "rules/table.h"
#include "user.h"

/* Tables that are alive; for "pvadm status" and to find leaks. */
static atomic_t pv_nr_tables = ATOMIC_INIT(0);

/**
 * struct pv_equal_key - what tables have to have in common
 * @hash: that of all rules as they were said; nobody can make two that have the same
 * @payer: who is charged; only compared
 * @mnt: the root directory that NEWs were looked up from; only compared
 * @dentry: the same
 */
struct pv_equal_key {
	u64 hash;
	const struct pv_user *payer[PV_PAYERS];
	const struct vfsmount *mnt;
	const struct dentry *dentry;
};

/**
 * struct pv_equal - how a table is found
 * @node: in pv_equals, unless a younger one with the same key has taken its place
 * @rcu: for freeing after a grace period
 * @key: by this
 * @table: the table, which holds all that @key names; no reference
 */
struct pv_equal {
	struct rhash_head node;
	struct rcu_head rcu;
	struct pv_equal_key key;
	struct pv_table *table;
};

static_assert(sizeof(struct pv_equal) <= PV_EQUAL_COST);

static const struct rhashtable_params pv_equals_params = {
	.head_offset = offsetof(struct pv_equal, node),
	.key_offset = offsetof(struct pv_equal, key),
	.key_len = sizeof(struct pv_equal_key),
	.automatic_shrinking = true,
};

static struct rhashtable pv_equals;
static siphash_key_t pv_equals_secret __read_mostly;

/* ---- References ---- */

/**
 * pv_table_share - begin to count the references to a table
 * @table: fresh from pv_table_build(); it takes its charge along to its end
 *
 * Return: @table, with one reference that the caller owns.
 */
struct pv_table *pv_table_share(struct pv_table *table)
{
	refcount_set(&table->refs, 1);
	atomic_inc(&pv_nr_tables);
	return table;
}

/**
 * pv_table_get - take a reference
 * @table: the table
 *
 * Return: @table.
 */
struct pv_table *pv_table_get(struct pv_table *table)
{
	refcount_inc(&table->refs);
	return table;
}

/* Only now it is not charged for any more: until here the memory was taken. */
static void pv_table_free_rcu(struct rcu_head *rcu)
{
	struct pv_table *table = container_of(rcu, struct pv_table, rcu);

	pv_charge_drop(&table->charge);
	pv_table_free(table);
}

/* It is not found any more. */
static void pv_equal_forget(struct pv_equal *equal)
{
	if (!equal)
		return;
	rhashtable_remove_fast(&pv_equals, &equal->node, pv_equals_params);
	kfree_rcu(equal, rcu);
}

/**
 * pv_table_put - drop a reference
 * @table: the table; freed after a grace period with its last reference
 *
 * Context: any in which a spinlock may be taken.
 */
void pv_table_put(struct pv_table *table)
{
	if (!refcount_dec_and_test(&table->refs))
		return;
	atomic_dec(&pv_nr_tables);
	pv_equal_forget(table->equal);
	if (table->of)
		pv_table_put(table->of);
	else
		pv_places_let_go(table->places);
	call_rcu(&table->rcu, pv_table_free_rcu);
}

/**
 * pv_tables_count - number of tables in memory
 *
 * Return: the number; tables that only wait for readers are not counted.
 */
u32 pv_tables_count(void)
{
	return atomic_read(&pv_nr_tables);
}

/* ---- Those that are equal ---- */

/**
 * pv_equal_hash - what drafts with the same rules have in common
 * @draft: the rules
 *
 * Context: may sleep.
 * Return: a number that nobody can foretell.
 */
u64 pv_equal_hash(const struct pv_draft *draft)
{
	const struct pv_draft_rule *rule;
	u64 hash = draft->nr_rules;

	list_for_each_entry(rule, &draft->rules, node) {
		hash = siphash_3u64(hash, rule->under,
				    siphash(rule->strings,
					    rule->original_len + rule->new_len + 2,
					    &pv_equals_secret),
				    &pv_equals_secret);
		cond_resched();
	}
	return hash;
}

static struct pv_equal_key pv_equal_key(u64 hash, const struct pv_charge *charge,
					const struct path *root)
{
	return (struct pv_equal_key){
		.hash = hash,
		.payer = { charge->payer[0], charge->payer[1] },
		.mnt = root->mnt,
		.dentry = root->dentry,
	};
}

/* Let it be the one that is found by its key. */
static bool pv_equal_enter(struct pv_equal *equal)
{
	struct pv_equal *old;
	bool entered;

	rcu_read_lock();
	old = rhashtable_lookup_get_insert_fast(&pv_equals, &equal->node,
						pv_equals_params);
	entered = !old || (!IS_ERR(old) &&
			   !rhashtable_replace_fast(&pv_equals, &old->node,
						    &equal->node,
						    pv_equals_params));
	rcu_read_unlock();
	return entered;
}

/**
 * pv_equal_offer - let a table be found by those who set it again
 * @table: the table, with its places; nobody else knows it yet
 * @hash: from pv_equal_hash() of the rules that it was made of
 *
 * It takes the place of one that could be found by the same, so there is one to try.  That
 * it cannot be found for want of memory is no error.
 *
 * Context: may sleep.
 */
void pv_equal_offer(struct pv_table *table, u64 hash)
{
	struct pv_equal *equal = kzalloc(sizeof(*equal), GFP_KERNEL_ACCOUNT);

	if (!equal)
		return;
	equal->key = pv_equal_key(hash, &table->charge, &table->places->root);
	equal->table = table;
	if (pv_equal_enter(equal))
		table->equal = equal;
	else
		kfree(equal);
}

/**
 * pv_equal_find - is there a table of the same rules?
 * @hash: from pv_equal_hash()
 * @charge: who pays
 * @root: the root directory of the process that it is for; a reference is held
 *
 * Return: a reference, or NULL.
 */
struct pv_table *pv_equal_find(u64 hash, const struct pv_charge *charge,
			       const struct path *root)
{
	struct pv_equal_key key = pv_equal_key(hash, charge, root);
	struct pv_table *table = NULL;
	const struct pv_equal *equal;

	rcu_read_lock();
	equal = rhashtable_lookup(&pv_equals, &key, pv_equals_params);
	if (equal && refcount_inc_not_zero(&equal->table->refs))
		table = equal->table;
	rcu_read_unlock();
	return table;
}

/**
 * pv_equal_copy - make a table that is equal to another one
 * @table: the other one, from pv_equal_find(); what the new one needs of it is kept
 * @charge: what the new one is charged; it takes it along to its end
 *
 * Return: a table with a reference that the caller owns, and with no flag set; NULL if
 * memory is short.
 */
struct pv_table *pv_equal_copy(struct pv_table *table, struct pv_charge *charge)
{
	struct pv_table *copy = kmalloc(sizeof(*copy), GFP_KERNEL_ACCOUNT);

	if (!copy)
		return NULL;
	*copy = (struct pv_table){
		.nr_rules = table->nr_rules,
		.quick = table->quick,
		.named = table->named,
		.overlap = table->overlap,
		.unions = table->unions,
		.head = table->head,
		.head_mask = table->head_mask,
		.rules = table->rules,
		.nodes = table->nodes,
		.new_nodes = table->new_nodes,
		.parents = table->parents,
		.parents_bits = table->parents_bits,
		.places = table->places,
		.of = pv_table_get(table),
		.charge = *charge,
	};
	*charge = (struct pv_charge){ };
	return pv_table_share(copy);
}

/**
 * pv_tables_init - get ready to find tables
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int __init pv_tables_init(void)
{
	get_random_bytes(&pv_equals_secret, sizeof(pv_equals_secret));
	return rhashtable_init(&pv_equals, &pv_equals_params);
}

/**
 * pv_tables_uninit - undo pv_tables_init()
 *
 * Context: module unload; there are no tables any more.
 */
void pv_tables_uninit(void)
{
	rhashtable_destroy(&pv_equals);
}
