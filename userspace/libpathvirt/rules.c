// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An ordered list of rules, as a program builds it or the kernel tells it.
 */
#include <errno.h>
#include <linux/pathvirt.h>
#include <stdlib.h>
#include <string.h>

#include "libpathvirt/path.h"
#include "libpathvirt/rules.h"

struct pv_rules *pv_rules_new(void)
{
	return calloc(1, sizeof(struct pv_rules));
}

void pv_rules_free(struct pv_rules *rules)
{
	if (!rules)
		return;
	pv_rules_truncate(rules, 0);
	free(rules->rule);
	pv_fault_clear(&rules->fault);
	free(rules);
}

void pv_rules_truncate(struct pv_rules *rules, size_t count)
{
	while (rules->count > count) {
		struct pv_rule *last = &rules->rule[--rules->count];

		free(last->original);
		free(last->target);
	}
}

void pv_rules_set_variables(struct pv_rules *rules, pv_variable_fn find, void *arg)
{
	rules->find = find;
	rules->find_arg = arg;
}

const char *pv_rules_error(const struct pv_rules *rules)
{
	return pv_fault_text(&rules->fault);
}

size_t pv_rules_count(const struct pv_rules *rules)
{
	return rules->count;
}

const char *pv_rules_original(const struct pv_rules *rules, size_t index)
{
	return index < rules->count ? rules->rule[index].original : NULL;
}

const char *pv_rules_target(const struct pv_rules *rules, size_t index)
{
	return index < rules->count ? rules->rule[index].target : NULL;
}

bool pv_rules_under(const struct pv_rules *rules, size_t index)
{
	return index < rules->count && rules->rule[index].under;
}

void pv_rules_set_under(struct pv_rules *rules, size_t index, bool under)
{
	if (index < rules->count)
		rules->rule[index].under = under;
}

static int grow(struct pv_rules *rules)
{
	size_t room = rules->room ? 2 * rules->room : 16;
	struct pv_rule *rule;

	if (rules->count < rules->room)
		return 0;
	rule = reallocarray(rules->rule, room, sizeof(*rule));
	if (!rule)
		return -ENOMEM;
	rules->rule = rule;
	rules->room = room;
	return 0;
}

int pv_rules_take(struct pv_rules *rules, char *original, char *target)
{
	int err = -ENOMEM;

	if (original && target)
		err = grow(rules);
	if (!err && rules->count >= PATHVIRT_MAX_RULES)
		err = pv_fault_set(&rules->fault, -E2BIG,
				   "more than %d rules", PATHVIRT_MAX_RULES);
	if (!err) {
		rules->rule[rules->count++] = (struct pv_rule){
			.original = original,
			.target = target,
		};
		return 0;
	}

	if (err == -ENOMEM)
		pv_fault_set(&rules->fault, err, "out of memory");
	free(original);
	free(target);
	return err;
}

int pv_rules_add(struct pv_rules *rules, const char *original,
		 const char *target)
{
	char *one = strdup(original), *two = strdup(target);
	int err = 0;

	if (one && two) {
		err = pv_path_normalise(one, "ORIGINAL", &rules->fault) ?:
		      pv_path_normalise(two, "NEW", &rules->fault);
	}
	if (err) {
		free(one);
		free(two);
		return err;
	}
	return pv_rules_take(rules, one, two);
}
