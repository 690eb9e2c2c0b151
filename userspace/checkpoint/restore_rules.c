// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of a process that is restarted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/message.h"
#include "checkpoint/restore_rules.h"
#include "ns/run.h"
#include "rules/check_new.h"

static int cannot(struct pv *pv, const struct pidref *pidref,
		  const struct pv_rules *rules, int err)
{
	if (err == -ESRCH)
		return NS_RUN_GONE;
	return message_failed("cannot attach the rules: %s%s",
			      err == -ENOMEM ? strerror(-err) : pv_error(pv),
			      check_new_advice(pidref, rules, err));
}

/* "A:B:C" of one side, for free(); NULL without memory. */
static char *colon_list(const struct pv_rules *rules,
			const char *(*side)(const struct pv_rules *rules,
					    size_t index))
{
	char *list = strdup("");
	size_t i;

	for (i = 0; list && i < pv_rules_count(rules); i++) {
		char *path = pv_path_escape(side(rules, i)), *longer = NULL;

		if (!path || asprintf(&longer, "%s%s%s", list, i ? ":" : "",
				      path) < 0)
			longer = NULL;
		free(path);
		free(list);
		list = longer;
	}
	return list;
}

static bool is_activated(const struct pv_rules *rules)
{
	size_t i;

	for (i = 0; i < pv_rules_count(rules); i++)
		if (strcmp(pv_rules_original(rules, i),
			   pv_rules_target(rules, i)))
			return true;
	return false;
}

/* So that they may be moved again, by pvadm activate. */
static int register_again(struct pv *pv, int pidfd,
			  const struct pv_rules *rules, unsigned int flags)
{
	CLEANUP_FREE char *originals = colon_list(rules, pv_rules_original);
	CLEANUP_FREE char *targets = colon_list(rules, pv_rules_target);
	int err = originals && targets ?
		  pv_register(pv, pidfd, originals, 0) : -ENOMEM;

	if (!err && is_activated(rules))
		err = pv_activate(pv, pidfd, targets, flags);
	return err;
}

static int attach_layer(struct pv *pv, const struct pidref *pidref,
			const struct bundle *bundle, size_t index,
			unsigned int flags)
{
	bool lowest = index + 1 == bundle_layers(bundle, bundle->pid);
	struct pv_rules *rules;
	int status = bundle_layer(bundle, bundle->pid, index, &rules), err;

	if (status != STATUS_DONE)
		return status;
	flags |= bundle_layer_flags(bundle, bundle->pid, index);
	if (bundle_layer_registered(bundle, bundle->pid, index) && lowest)
		err = register_again(pv, pidref->pidfd, rules, flags);
	else
		err = pv_attach(pv, pidref->pidfd, rules, PV_PUSH | flags);
	if (err)
		status = cannot(pv, pidref, rules, err);
	pv_rules_free(rules);
	return status;
}

int restore_rules(struct pv *pv, const struct pidref *pidref,
		  const struct bundle *bundle,
		  const struct rules_options *newest)
{
	unsigned int flags = PV_PUSH | newest->flags;
	size_t i = bundle_layers(bundle, bundle->pid);
	int status = STATUS_DONE, err;

	while (i-- && status == STATUS_DONE)
		status = attach_layer(pv, pidref, bundle, i, newest->flags);
	if (status != STATUS_DONE || !pv_rules_count(newest->rules))
		return status;
	err = pv_attach(pv, pidref->pidfd, newest->rules, flags);
	return err ? cannot(pv, pidref, newest->rules, err) : STATUS_DONE;
}
