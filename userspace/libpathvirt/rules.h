/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PV_RULES_H
#define PV_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "libpathvirt/fault.h"
#include "libpathvirt/libpathvirt.h"

struct pv_rule {
	char *original;
	char *target;
	bool under;
};

/*
 * struct pv_rules - an ordered list of rules
 *
 * @rule: @count of them, with room for @room; the strings are owned here
 * @find: what "%" and "$" stand for, NULL: what the process itself knows
 * @find_arg: is handed to it
 * @fault: what was wrong in the last call that failed
 */
struct pv_rules {
	struct pv_rule *rule;
	size_t count;
	size_t room;
	pv_variable_fn find;
	void *find_arg;
	struct pv_fault fault;
};

/*
 * Append a rule whose two strings are on the heap; they are taken, also where
 * it fails.  No check, no normalisation: what the kernel sends is shown as is.
 */
int pv_rules_take(struct pv_rules *rules, char *original, char *target);

/* Drop all rules from the one at @count on. */
void pv_rules_truncate(struct pv_rules *rules, size_t count);

/* pv_rules_parse() of the first @length bytes of @text. */
int pv_rules_parse_line(struct pv_rules *rules, const char *text,
			size_t length);

#endif /* PV_RULES_H */
