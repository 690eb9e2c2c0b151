// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm attach: give running processes rules.
 */
#include <stdlib.h>

#include "base/batch.h"
#include "base/connect.h"
#include "base/message.h"
#include "base/options.h"
#include "base/pidref.h"
#include "rules/attach_check.h"
#include "rules/cgroup.h"
#include "rules/check_new.h"
#include "rules/commands.h"
#include "rules/options.h"
#include "rules/profile.h"
#include "rules/rollback.h"

enum {
	OPTION_BATCH = 'b',
	OPTION_FORCE = OPTION_OWN,
};

static const struct option options[] = {
	RULES_OPTIONS,
	{ "tree", no_argument, NULL, OPTION_TREE },
	{ "cgroup", required_argument, NULL, OPTION_CGROUP },
	{ "no-reverse", no_argument, NULL, OPTION_NO_REVERSE },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "batch", required_argument, NULL, OPTION_BATCH },
	{ "force", no_argument, NULL, OPTION_FORCE },
	JSON_OPTIONS,
	OPTIONS_COMMON
};

/*
 * struct request - what a command line asks for
 *
 * @rules: the rules, owned here
 * @words: the processes, @count of them, as they are named
 * @cgroup: the directory of a cgroup, in place of processes, or NULL
 * @flags: of pv_attach()
 * @check: only look
 * @json: and print JSON
 * @batch: the file that has processes and rules, or NULL
 * @force: go on where one of its lines fails
 */
struct request {
	struct rules_options rules;
	char **words;
	int count;
	const char *cgroup;
	unsigned int flags;
	bool check;
	bool json;
	const char *batch;
	bool force;
};

static int take_option(const struct command *command, int code,
		       struct request *request)
{
	if (code == OPTION_TREE)
		request->flags |= PV_TREE;
	else if (code == OPTION_NO_REVERSE)
		request->flags |= PV_NO_REVERSE;
	else if (code == OPTION_BATCH)
		request->batch = optarg;
	else if (code == OPTION_CGROUP)
		return cgroup_take(command, &request->cgroup, optarg);
	request->check |= code == OPTION_CHECK;
	request->json |= code == OPTION_JSON;
	request->force |= code == OPTION_FORCE;
	return rules_options_take(&request->rules, command, code, optarg);
}

/* A file has it all, so nothing else goes beside it. */
static int check_batch(const struct command *command,
		       const struct request *request)
{
	if (request->force && !request->batch)
		return message_usage(command, "--force goes with --batch");
	if (request->batch && (request->count || request->cgroup ||
			       request->rules.given ||
			       request->flags || request->rules.flags))
		return message_usage(command,
				     "with --batch, processes and rules come from the file");
	return STATUS_DONE;
}

/* Whom is it about? */
static int check_whom(const struct command *command,
		      const struct request *request)
{
	if (!request->count && !request->cgroup)
		return message_usage(command, "no process given");
	if (!request->cgroup)
		return STATUS_DONE;
	if (request->count)
		return message_usage(command, "give processes or --cgroup, not both");
	if (request->flags & PV_TREE || request->check)
		return message_usage(command, "--%s goes with processes, not with --cgroup",
				     request->check ? "check" : "tree");
	if (request->rules.flags & PV_BY_NAME)
		return message_usage(command,
				     "--by-name goes with processes: the rules of a cgroup always count by name");
	return STATUS_DONE;
}

/* What is wrong with it, before anything is done. */
static int check_request(const struct command *command, struct request *request)
{
	int status;

	if (request->json && !request->check)
		return message_usage(command, "--json goes with --check");
	status = check_batch(command, request);
	if (status != STATUS_DONE || request->batch)
		return status;
	status = check_whom(command, request) ?:
		 rules_options_finish(&request->rules, command);
	if (status != STATUS_DONE)
		return status;
	request->flags |= request->rules.flags;
	if (!pv_rules_count(request->rules.rules))
		return message_usage(command, "no rule given: try --map ORIGINAL=NEW");
	return pidrefs_check(command, request->count, request->words);
}

/* @request is to be given to rules_options_free() in any case. */
static int read_request(const struct command *command, int argc, char **argv,
			struct request *request)
{
	int code, status;

	status = rules_options_init(&request->rules);
	while (status == STATUS_DONE &&
	       (code = options_letters(command, argc, argv, "b:", options)) !=
	       OPTION_END)
		status = take_option(command, code, request);
	if (status != STATUS_DONE)
		return status;
	request->words = argv + optind;
	request->count = argc - optind;
	return check_request(command, request);
}

/* The first that something is in the way of is enough. */
static void warn_of_profiles(const struct request *request,
			     const struct pidrefs *pidrefs)
{
	size_t i;

	for (i = 0; i < pidrefs->count; i++)
		if (profile_warn_process(pidrefs->pidref[i].pid, request->rules.rules))
			break;
}

/* All of them, or none. */
static int attach_pidrefs(struct pv *pv, const struct request *request,
			  const struct pidrefs *pidrefs)
{
	const struct pidref *pidref = pidrefs->pidref;
	struct rollback rollback;
	size_t i;
	int err, status;

	status = rollback_init(&rollback, pv, pidrefs, request->flags);
	if (status != STATUS_DONE)
		return status;
	for (i = 0; i < pidrefs->count; i++) {
		err = pv_attach(pv, pidref[i].pidfd, request->rules.rules,
				request->flags);
		if (!err)
			continue;
		status = rollback_fail(&rollback, pv, i,
				       check_new_advice(&pidref[i],
							request->rules.rules, err));
		break;
	}
	rollback_free(&rollback);
	return status;
}

/* @pv may be NULL if it is only to be looked at. */
static int attach(const struct command *command, struct pv *pv,
		  const struct request *request)
{
	struct pidrefs pidrefs;
	int status;

	if (request->cgroup)
		return cgroup_attach(pv, request->cgroup, request->rules.rules,
				     request->flags);
	status = pidrefs_open(&pidrefs, command, request->count, request->words);
	if (status != STATUS_DONE)
		return status;
	if (request->check) {
		status = attach_check(&pidrefs, request->rules.rules,
				      request->flags & PV_TREE,
				      request->flags & PV_LATE, request->json);
	} else {
		warn_of_profiles(request, &pidrefs);
		status = attach_pidrefs(pv, request, &pidrefs);
	}
	pidrefs_close(&pidrefs);
	return status;
}

/* Read all lines, so that nothing is attached if one of them is wrong. */
static int read_batch(const struct command *command, const struct batch *batch,
		      const struct request *given, struct request *requests)
{
	int status = STATUS_DONE;
	size_t i;

	for (i = 0; status == STATUS_DONE && i < batch->count; i++) {
		batch_at(batch, i);
		requests[i].check = given->check;
		requests[i].json = given->json;
		/* Begin anew, says getopt_long(3). */
		optind = 0;
		status = read_request(command, batch->line[i].argc,
				      batch->line[i].argv, &requests[i]);
		if (status == STATUS_DONE && requests[i].batch)
			status = message_usage(command, "--batch in a file of --batch");
	}
	return status;
}

/* One after the other, up to the first that fails or, with --force, all. */
static int attach_lines(const struct command *command, struct pv *pv,
			const struct batch *batch, const struct request *given,
			const struct request *requests)
{
	int status, worst = STATUS_DONE;
	size_t i;

	for (i = 0; i < batch->count; i++) {
		batch_at(batch, i);
		status = attach(command, pv, &requests[i]);
		if (status == STATUS_DONE)
			continue;
		worst = status;
		if (!given->force)
			break;
	}
	return worst;
}

/* To look at processes the module is not asked. */
static int connect_for(const struct request *request, struct pv **pv)
{
	*pv = NULL;
	return request->check ? STATUS_DONE : connect_open(pv);
}

static int attach_batch(const struct command *command,
			const struct request *given)
{
	struct request *requests;
	struct pv *pv = NULL;
	struct batch batch;
	int status;
	size_t i;

	status = batch_read(&batch, given->batch, command->name);
	if (status != STATUS_DONE)
		return status;
	requests = calloc(batch.count + 1, sizeof(*requests));
	if (!requests)
		status = message_out_of_memory();
	else
		status = read_batch(command, &batch, given, requests);
	message_at(NULL, 0);
	if (status == STATUS_DONE)
		status = connect_for(given, &pv);
	if (status == STATUS_DONE)
		status = attach_lines(command, pv, &batch, given, requests);
	pv_close(pv);
	for (i = 0; requests && i < batch.count; i++)
		rules_options_free(&requests[i].rules);
	free(requests);
	batch_free(&batch);
	return status;
}

static int attach_main(const struct command *command, int argc, char **argv)
{
	struct request request = { 0 };
	struct pv *pv = NULL;
	int status;

	status = read_request(command, argc, argv, &request);
	if (status == STATUS_DONE && request.batch) {
		status = attach_batch(command, &request);
	} else if (status == STATUS_DONE) {
		status = connect_for(&request, &pv) ?:
			 attach(command, pv, &request);
		pv_close(pv);
	}
	rules_options_free(&request.rules);
	return status;
}

const struct command cmd_attach = {
	.name = "attach",
	.usage = "PID... [OPTION]... | --cgroup PATH [OPTION]... | --batch FILE [--force]",
	.purpose = "give running processes rules",
	.help =
"From their next system call on, names in the processes go by the rules given.\n"
"Rules that a process was given before are replaced, inherited ones stay below.\n"
"Several processes are attached all or none.\n"
"\n"
RULES_OPTIONS_HELP
"  --tree               the existing descendants of the processes, too\n"
"  --cgroup PATH        in place of processes: all that are in a cgroup, or in one below\n"
"                       it, now and later, until \"detach --cgroup\"\n"
"  --no-reverse         getcwd, /proc/self/exe and the like tell real paths\n"
"  --check              attach nothing; tell what the processes have open, mapped or\n"
"                       current below an ORIGINAL, which stays what it is, and\n"
"                       whether a NEW is not there\n"
"  -j, --json           print JSON, with --check\n"
"  --pretty             print it indented\n"
"  -b, --batch FILE     do this for each line of FILE, which has processes and options;\n"
"                       - is standard input. All of it is read first; the first line\n"
"                       that fails ends it, and is named\n"
"  --force              go on with the lines behind one that fails\n"
"\n"
"Without rules here, the variables DMTCP_PATH_MAPPING (old:new;old:new) and\n"
"DMTCP_ORIGINAL_PATH_PREFIX with DMTCP_NEW_PATH_PREFIX count.\n",
	.main = attach_main,
};
