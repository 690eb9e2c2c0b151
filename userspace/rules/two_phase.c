// SPDX-License-Identifier: GPL-2.0
/*
 * What register and activate have in common: one process, one list.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/connect.h"
#include "base/message.h"
#include "base/pidref.h"
#include "rules/check_new.h"
#include "rules/two_phase.h"

/* struct request - what the command line asks for */
struct request {
	const char *list;
	struct pidref pidref;
	unsigned int flags;
};

static int read_phase_options(const struct two_phase *phase,
			      const struct command *command,
			      const struct option *options, int argc, char **argv,
			      struct request *request)
{
	const char *word;
	int code, status;

	while ((code = options_any(command, argc, argv, options)) !=
	       OPTION_END) {
		if (code == OPTION_TREE)
			request->flags |= PV_TREE;
		else if (code == OPTION_LATE)
			request->flags |= PV_LATE;
		else if (request->list)
			return message_usage(command, "two lists of paths given");
		else
			request->list = optarg;
	}
	if (optind == argc)
		return message_usage(command, "no process given");
	status = pidref_operand(command, argc, argv, &word);
	if (status != STATUS_DONE)
		return status;
	if (!request->list)
		request->list = getenv(phase->variable);
	if (!request->list || !*request->list)
		return message_usage(command, "no paths given: try %s",
				     phase->spelling);
	return pidref_open(&request->pidref, command, word);
}

/* What may help against what has kept the phase from being done. */
static const char *advice(struct pv *pv, const struct request *request, int err)
{
	CLEANUP_RULES struct pv_rules *rules = pv_rules_new();
	const char *text = connect_advice(err);
	CLEANUP_FREE char *originals = NULL;

	if (rules && !pv_originals(pv, request->pidref.pidfd, &originals) &&
	    !pv_rules_parse_lists(rules, originals, request->list))
		text = check_new_advice(&request->pidref, rules, err);
	return text;
}

static int act(const struct two_phase *phase, const struct request *request)
{
	const struct pidref *pidref = &request->pidref;
	int status, err;
	CLEANUP_PV struct pv *pv = NULL;
	char *reason;

	status = connect_open(&pv);
	if (status == STATUS_DONE) {
		err = phase->act(pv, pidref->pidfd, request->list,
				 request->flags);
		if (err) {
			reason = strdup(pv_error(pv));
			status = message_failed("cannot %s process %d: %s%s",
						phase->verb, pidref->pid,
						reason ? reason : "",
						advice(pv, request, err));
			free(reason);
		}
	}
	return status;
}

int two_phase_main(const struct two_phase *phase, const struct command *command,
		   const struct option *options, int argc, char **argv)
{
	struct request request = { .pidref.pidfd = -1 };
	int status;

	status = read_phase_options(phase, command, options, argc, argv, &request);
	if (status != STATUS_DONE)
		return status;
	status = act(phase, &request);
	pidref_close(&request.pidref);
	return status;
}
