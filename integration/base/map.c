// SPDX-License-Identifier: GPL-2.0
/*
 * Maps of the administrator's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "trust.h"
#include "why.h"

/* A file's name is spelled as any path of a rule, so it is read as one. */
static int expand_name(struct pv_rules *spelled, const char *name, char **why)
{
	char *rule;
	int err;

	if (asprintf(&rule, "/=%s", name) < 0)
		return -ENOMEM;
	err = pv_rules_expand(spelled, rule);
	free(rule);
	return err ? why_set(why, err, "map_file=%s: %s", name, pv_rules_error(spelled)) : 0;
}

/* It is opened by its name: nobody but root can have exchanged it meanwhile. */
static int load(struct pv_rules *rules, const char *path, bool optional, char **why)
{
	char *reason = NULL;
	int err = trust_place(path, TRUST_SYSTEM, &reason);

	if (err == -ENOENT && optional) {
		err = 0;
	} else if (err) {
		why_set(why, err, "map file %s: %s%s", path, why_text(reason, err),
			err == -EPERM ? "; only root may write it" : "");
	} else {
		err = pv_rules_load(rules, path);
		if (err)
			why_set(why, err, "%s", pv_rules_error(rules));
	}
	free(reason);
	return err;
}

int map_file(struct pv_rules *rules, const char *name, bool optional,
	     const struct variables *variables, char **why)
{
	struct pv_rules *spelled = pv_rules_new();
	int err;

	if (!spelled)
		return -ENOMEM;
	pv_rules_set_variables(spelled, variables->find, variables->arg);
	pv_rules_set_variables(rules, variables->find, variables->arg);
	err = expand_name(spelled, name, why);
	if (!err)
		err = load(rules, pv_rules_target(spelled, 0),
			   optional || strpbrk(name, "%$"), why);
	pv_rules_free(spelled);
	return err;
}

/* What stands behind @name in @word, or NULL. */
static const char *value_of(const char *word, const char *name)
{
	size_t length = strlen(name);

	return strncmp(word, name, length) ? NULL : word + length;
}

int map_word(struct pv_rules *rules, const char *word, const struct variables *variables,
	     char **why)
{
	const char *map = value_of(word, "map="), *file = value_of(word, "map_file=");
	int err = 0;

	if (file) {
		err = map_file(rules, file, false, variables, why);
	} else if (map) {
		pv_rules_set_variables(rules, variables->find, variables->arg);
		err = pv_rules_expand(rules, map);
		if (err)
			why_set(why, err, "%s: %s", word, pv_rules_error(rules));
	}
	return err ? err : map || file;
}
