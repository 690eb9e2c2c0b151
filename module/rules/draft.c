// SPDX-License-Identifier: GPL-2.0
/* Draft: a table that is still being written. */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "rules/draft.h"
#include "rules/path.h"
#include "rules/rule.h"

/**
 * pv_draft_init - begin an empty draft
 * @draft: the draft
 */
void pv_draft_init(struct pv_draft *draft)
{
	INIT_LIST_HEAD(&draft->rules);
	draft->nr_rules = 0;
	draft->bytes = 0;
}

static int pv_draft_path(char *path, const char *what[3], const char **why)
{
	int len = pv_path_normalise(path);

	if (len == -EINVAL)
		*why = what[0];
	else if (len == -ELOOP)
		*why = what[1];
	else if (len == -ENAMETOOLONG)
		*why = what[2];
	return len == -ELOOP ? -EINVAL : len;
}

/**
 * pv_draft_add - append a rule
 * @draft: the draft
 * @original: ORIGINAL as the user spelled it
 * @new: NEW as the user spelled it
 * @why: receives what is wrong with the rule, in words, if it is refused for
 *	what it says; a constant string
 *
 * Context: may sleep.
 * Return: 0, -EINVAL or -ENAMETOOLONG with *@why set, -ENOMEM.
 */
int pv_draft_add(struct pv_draft *draft, const char *original, const char *new,
		 const char **why)
{
	static const char *original_words[3] = {
		"ORIGINAL is not an absolute path",
		"ORIGINAL has a '..' component",
		"ORIGINAL is longer than PATH_MAX",
	};
	static const char *new_words[3] = {
		"NEW is not an absolute path",
		"NEW has a '..' component",
		"NEW is longer than PATH_MAX",
	};
	size_t original_size = strlen(original) + 1, new_size = strlen(new) + 1;
	struct pv_draft_rule *rule;
	int len;

	rule = kmalloc(struct_size(rule, strings, original_size + new_size),
		       GFP_KERNEL_ACCOUNT);
	if (!rule)
		return -ENOMEM;

	memcpy(rule->strings, original, original_size);
	len = pv_draft_path(rule->strings, original_words, why);
	if (len < 0)
		goto refuse;
	rule->original_len = len;

	memcpy(rule->strings + len + 1, new, new_size);
	len = pv_draft_path(rule->strings + rule->original_len + 1, new_words,
			    why);
	if (len < 0)
		goto refuse;
	rule->new_len = len;
	rule->given_len = 0;
	rule->under = false;

	list_add_tail(&rule->node, &draft->rules);
	draft->nr_rules++;
	draft->bytes += rule->original_len + rule->new_len + 2;
	return 0;

refuse:
	kfree(rule);
	return len;
}

/**
 * pv_draft_under - what NEW lacks is to be looked for further
 * @draft: the draft; it is about the rule that was appended last
 */
void pv_draft_under(struct pv_draft *draft)
{
	list_entry(draft->rules.prev, struct pv_draft_rule, node)->under = true;
}

/**
 * pv_draft_add_as - append the rule of a table, with another NEW
 * @draft: the table being written
 * @rule: the rule; its @given goes along
 * @new: NEW, normalised: "" for the root directory
 *
 * Return: 0 or -ENOMEM.
 */
int pv_draft_add_as(struct pv_draft *draft, const struct pv_rule *rule,
		    const char *new)
{
	struct pv_draft_rule *fresh;
	size_t new_len = strlen(new), size;
	char *to;

	size = rule->original_len + new_len + rule->given_len + 3;
	fresh = kmalloc(struct_size(fresh, strings, size), GFP_KERNEL_ACCOUNT);
	if (!fresh)
		return -ENOMEM;
	fresh->original_len = rule->original_len;
	fresh->new_len = new_len;
	fresh->given_len = rule->given_len;
	fresh->under = rule->under;
	to = fresh->strings;
	memcpy(to, rule->original, rule->original_len + 1);
	to += rule->original_len + 1;
	memcpy(to, new, new_len + 1);
	to += new_len + 1;
	memcpy(to, rule->given, rule->given_len + 1);
	list_add_tail(&fresh->node, &draft->rules);
	draft->nr_rules++;
	draft->bytes += size;
	return 0;
}

/**
 * pv_draft_splice - append all rules of another draft
 * @draft: the draft that grows
 * @more: the draft that is empty afterwards
 */
void pv_draft_splice(struct pv_draft *draft, struct pv_draft *more)
{
	list_splice_tail_init(&more->rules, &draft->rules);
	draft->nr_rules += more->nr_rules;
	draft->bytes += more->bytes;
	pv_draft_init(more);
}

/**
 * pv_draft_clear - drop all rules
 * @draft: the draft, empty afterwards
 *
 * Context: may sleep.
 */
void pv_draft_clear(struct pv_draft *draft)
{
	struct pv_draft_rule *rule, *next;

	list_for_each_entry_safe(rule, next, &draft->rules, node) {
		kfree(rule);
		cond_resched();
	}
	pv_draft_init(draft);
}
