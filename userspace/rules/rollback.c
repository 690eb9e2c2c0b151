// SPDX-License-Identifier: GPL-2.0
/*
 * All or nothing, over several processes.
 *
 * Not everything can be put back: the kernel takes a process's own layer away
 * only together with the inherited ones, and what the descendants of a tree had
 * is not recorded.  Then the message says which processes keep the new rules.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/connect.h"
#include "base/message.h"
#include "rules/rollback.h"

static int seen_one(const struct pv_process *process, void *arg)
{
	(void)process;
	(void)arg;
	return 1;
}

int rollback_init(struct rollback *rollback, struct pv *pv,
		  const struct pidrefs *pidrefs, unsigned int flags)
{
	const struct pidref *pidref = pidrefs->pidref;
	size_t i;
	int err;

	*rollback = (struct rollback){ .pidrefs = pidrefs, .flags = flags };
	if (pidrefs->count < 2)
		return STATUS_DONE;
	rollback->before = calloc(pidrefs->count, sizeof(*rollback->before));
	if (!rollback->before)
		return message_out_of_memory();
	rollback->virgin = !pv_list(pv, seen_one, NULL);
	for (i = 0; i < pidrefs->count; i++) {
		err = pv_get(pv, pidref[i].pidfd, &rollback->before[i]);
		if (!err)
			continue;
		message_failed("cannot attach process %d: %s%s", pidref[i].pid,
			       pv_error(pv), connect_advice(err));
		rollback_free(rollback);
		return STATUS_FAILED;
	}
	return STATUS_DONE;
}

void rollback_free(struct rollback *rollback)
{
	size_t i;

	for (i = 0; rollback->before && i < rollback->pidrefs->count; i++)
		pv_layers_free(rollback->before[i]);
	free(rollback->before);
	rollback->before = NULL;
}

/* Put one process back; false if it keeps the new rules. */
static bool put_back(struct rollback *rollback, struct pv *pv, size_t i)
{
	int pidfd = rollback->pidrefs->pidref[i].pidfd;
	const struct pv_layers *before = rollback->before[i];

	if (rollback->flags & PV_TREE)
		return rollback->virgin && !pv_detach(pv, pidfd, PV_TREE);
	if (pv_layers_own(before))
		return !pv_attach(pv, pidfd, pv_layers_rules(before, 0),
				  pv_layers_flags(before, 0));
	return !pv_detach(pv, pidfd, PV_OWN);
}

/* " 12 13": those that could not be put back; for free(), or NULL. */
static char *put_back_all(struct rollback *rollback, struct pv *pv, size_t count)
{
	char *kept = NULL;
	size_t size, i;
	FILE *list;

	list = open_memstream(&kept, &size);
	if (!list)
		return NULL;
	for (i = 0; i < count; i++)
		if (!put_back(rollback, pv, i))
			fprintf(list, " %d", rollback->pidrefs->pidref[i].pid);
	return fclose(list) ? NULL : kept;
}

int rollback_fail(struct rollback *rollback, struct pv *pv, size_t failed,
		  const char *advice)
{
	CLEANUP_FREE char *reason = strdup(pv_error(pv));
	CLEANUP_FREE char *kept = put_back_all(rollback, pv, failed);

	if (kept && !*kept)
		message_failed("cannot attach process %d: %s%s%s",
			       rollback->pidrefs->pidref[failed].pid,
			       reason ? reason : "", advice,
			       failed ? " (the others are as they were)" : "");
	else
		message_failed("cannot attach process %d: %s%s (already attached, and still so:%s)",
			       rollback->pidrefs->pidref[failed].pid,
			       reason ? reason : "", advice,
			       kept ? kept : " all before it");
	return STATUS_FAILED;
}
