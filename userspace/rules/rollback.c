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

int restore_init(struct restore *restore, struct pv *pv,
		 const struct targets *targets, unsigned int flags)
{
	const struct target *target = targets->target;
	size_t i;
	int err;

	*restore = (struct restore){ .targets = targets, .flags = flags };
	if (targets->count < 2)
		return STATUS_DONE;
	restore->before = calloc(targets->count, sizeof(*restore->before));
	if (!restore->before)
		return message_failed("out of memory");
	restore->virgin = !pv_list(pv, seen_one, NULL);
	for (i = 0; i < targets->count; i++) {
		err = pv_get(pv, target[i].pidfd, &restore->before[i]);
		if (!err)
			continue;
		message_failed("cannot attach process %d: %s%s", target[i].pid,
			       pv_error(pv), session_advice(err));
		restore_free(restore);
		return STATUS_FAILED;
	}
	return STATUS_DONE;
}

void restore_free(struct restore *restore)
{
	size_t i;

	for (i = 0; restore->before && i < restore->targets->count; i++)
		pv_layers_free(restore->before[i]);
	free(restore->before);
	restore->before = NULL;
}

/* Put one process back; false if it keeps the new rules. */
static bool put_back(struct restore *restore, struct pv *pv, size_t i)
{
	int pidfd = restore->targets->target[i].pidfd;
	const struct pv_layers *before = restore->before[i];

	if (restore->flags & PV_TREE)
		return restore->virgin && !pv_detach(pv, pidfd, PV_TREE);
	if (pv_layers_own(before))
		return !pv_attach(pv, pidfd, pv_layers_rules(before, 0),
				  pv_layers_flags(before, 0));
	return !pv_detach(pv, pidfd, PV_OWN);
}

/* " 12 13": those that could not be put back; for free(), or NULL. */
static char *put_back_all(struct restore *restore, struct pv *pv, size_t count)
{
	char *kept = NULL;
	size_t size, i;
	FILE *list;

	list = open_memstream(&kept, &size);
	if (!list)
		return NULL;
	for (i = 0; i < count; i++)
		if (!put_back(restore, pv, i))
			fprintf(list, " %d", restore->targets->target[i].pid);
	return fclose(list) ? NULL : kept;
}

int restore_fail(struct restore *restore, struct pv *pv, size_t failed,
		 const char *advice)
{
	char *reason = strdup(pv_error(pv));
	char *kept = put_back_all(restore, pv, failed);

	if (kept && !*kept)
		message_failed("cannot attach process %d: %s%s%s",
			       restore->targets->target[failed].pid,
			       reason ? reason : "", advice,
			       failed ? " (the others are as they were)" : "");
	else
		message_failed("cannot attach process %d: %s%s (already attached, and still so:%s)",
			       restore->targets->target[failed].pid,
			       reason ? reason : "", advice,
			       kept ? kept : " all before it");
	free(reason);
	free(kept);
	return STATUS_FAILED;
}
