// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two phases: ORIGINALs first, their NEWs when it is known where things lie.
 *
 * A process that has only registered has a layer of exceptions, so that all that
 * there is about layers is there for it too: children inherit it, exec keeps it,
 * and the end of the process forgets it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libpathvirt/handle.h"
#include "libpathvirt/rules.h"

bool pv_rules_registered(const struct pv_rules *rules)
{
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (strcmp(rules->rule[i].original, rules->rule[i].target))
			return false;
	return rules->count;
}

/* Hand a message from @rules on to @pv; @rules goes. */
static int fail(struct pv *pv, struct pv_rules *rules, int err)
{
	pv_fault_set(&pv->fault, err, "%s", pv_rules_error(rules));
	pv_rules_free(rules);
	return err;
}

static int no_memory(struct pv *pv)
{
	return pv_fault_set(&pv->fault, -ENOMEM, "out of memory");
}

/* One side of a list of rules, as a colon list for free(). */
static char *spell(const struct pv_rules *rules,
		   const char *(*side)(const struct pv_rules *rules,
				       size_t index))
{
	char *list = strdup(""), *path, *longer;
	size_t i;

	for (i = 0; list && i < rules->count; i++) {
		path = pv_path_escape(side(rules, i));
		longer = path ? realloc(list, strlen(list) + strlen(path) + 2) :
				NULL;
		if (longer) {
			strcat(strcat(longer, i ? ":" : ""), path);
			list = longer;
		} else {
			free(list);
			list = NULL;
		}
		free(path);
	}
	return list;
}

/* The innermost layer: its own, or what a parent registered. */
static int get_innermost(struct pv *pv, int pidfd, struct pv_layers **layers,
			 const struct pv_rules **rules)
{
	int err = pv_get(pv, pidfd, layers);

	if (err)
		return err;
	*rules = pv_layers_rules(*layers, 0);
	if (*rules)
		return 0;
	pv_layers_free(*layers);
	return pv_fault_set(&pv->fault, -ENOENT, "no paths are registered");
}

static int is_in_force(struct pv *pv, int pidfd)
{
	struct pv_layers *layers;
	int err = pv_get(pv, pidfd, &layers);

	if (err)
		return err;
	if (pv_layers_count(layers) && pv_layers_own(layers) &&
	    !pv_rules_registered(pv_layers_rules(layers, 0)))
		err = pv_fault_set(&pv->fault, -EBUSY,
				   "rules are in force already: detach it first");
	pv_layers_free(layers);
	return err;
}

int pv_register(struct pv *pv, int pidfd, const char *originals,
		unsigned int flags)
{
	struct pv_rules *rules = pv_rules_new();
	int err;

	if (!rules)
		return no_memory(pv);
	err = pv_rules_parse_lists(rules, originals, originals);
	if (err)
		return fail(pv, rules, err);
	err = is_in_force(pv, pidfd) ?: pv_attach(pv, pidfd, rules, flags);
	pv_rules_free(rules);
	return err;
}

int pv_activate(struct pv *pv, int pidfd, const char *targets,
		unsigned int flags)
{
	struct pv_rules *rules = pv_rules_new();
	const struct pv_rules *registered;
	struct pv_layers *layers;
	char *originals;
	int err;

	if (!rules)
		return no_memory(pv);
	err = get_innermost(pv, pidfd, &layers, &registered);
	if (err) {
		pv_rules_free(rules);
		return err;
	}
	originals = spell(registered, pv_rules_original);
	pv_layers_free(layers);
	if (!originals) {
		pv_rules_free(rules);
		return no_memory(pv);
	}
	err = pv_rules_parse_lists(rules, originals, targets);
	free(originals);
	if (err)
		return fail(pv, rules, err);
	err = pv_attach(pv, pidfd, rules, flags);
	pv_rules_free(rules);
	return err;
}

/* One side of the innermost layer, which must be @active if that is asked for. */
static int get_list(struct pv *pv, int pidfd, bool active,
		    const char *(*side)(const struct pv_rules *rules,
					size_t index), char **list)
{
	const struct pv_rules *rules;
	struct pv_layers *layers;
	int err;

	*list = NULL;
	err = get_innermost(pv, pidfd, &layers, &rules);
	if (err)
		return err;
	if (active && pv_rules_registered(rules)) {
		pv_layers_free(layers);
		return pv_fault_set(&pv->fault, -ENODATA,
				    "what is registered has not been activated");
	}
	*list = spell(rules, side);
	pv_layers_free(layers);
	return *list ? 0 : no_memory(pv);
}

int pv_originals(struct pv *pv, int pidfd, char **list)
{
	return get_list(pv, pidfd, false, pv_rules_original, list);
}

int pv_targets(struct pv *pv, int pidfd, char **list)
{
	return get_list(pv, pidfd, true, pv_rules_target, list);
}
