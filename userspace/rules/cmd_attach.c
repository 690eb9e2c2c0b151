// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm attach: give running processes rules.
 */
#include <stdlib.h>

#include "base/connect.h"
#include "base/message.h"
#include "base/options.h"
#include "base/pidref.h"
#include "rules/attach_check.h"
#include "rules/check_new.h"
#include "rules/commands.h"
#include "rules/options.h"
#include "rules/rollback.h"

static const struct option options[] = {
	RULES_OPTIONS,
	{ "tree", no_argument, NULL, OPTION_TREE },
	{ "no-reverse", no_argument, NULL, OPTION_NO_REVERSE },
	{ "check", no_argument, NULL, OPTION_CHECK },
	JSON_OPTIONS,
	OPTIONS_COMMON
};

/* struct request - what the command line asks for */
struct request {
	struct rules_options rules;
	struct pidrefs pidrefs;
	unsigned int flags;
	bool check;
	bool json;
};

static int read_attach_options(const struct command *command, int argc, char **argv,
			       struct request *request)
{
	int code, status;

	while ((code = options_any(command, argc, argv, options)) !=
	       OPTION_END) {
		if (code == OPTION_TREE)
			request->flags |= PV_TREE;
		else if (code == OPTION_NO_REVERSE)
			request->flags |= PV_NO_REVERSE;
		request->check |= code == OPTION_CHECK;
		request->json |= code == OPTION_JSON;
		status = rules_options_take(&request->rules, command, code,
					    optarg);
		if (status != STATUS_DONE)
			return status;
	}
	if (optind == argc)
		return message_usage(command, "no process given");
	if (request->json && !request->check)
		return message_usage(command, "--json goes with --check");
	status = rules_options_finish(&request->rules, command);
	if (status != STATUS_DONE)
		return status;
	request->flags |= request->rules.flags;
	if (!pv_rules_count(request->rules.rules))
		return message_usage(command, "no rule given: try --map ORIGINAL=NEW");
	return pidrefs_open(&request->pidrefs, command, argc - optind,
			    argv + optind);
}

/* All of them, or none. */
static int attach_targets(struct pv *pv, const struct request *request)
{
	const struct pidref *pidref = request->pidrefs.pidref;
	struct rollback rollback;
	size_t i;
	int err, status;

	status = rollback_init(&rollback, pv, &request->pidrefs, request->flags);
	if (status != STATUS_DONE)
		return status;
	for (i = 0; i < request->pidrefs.count; i++) {
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

static int attach(const struct request *request)
{
	struct pv *pv;
	int status;

	if (request->check)
		return attach_check(&request->pidrefs, request->rules.rules,
				    request->flags & PV_TREE,
				    request->flags & PV_LATE, request->json);
	status = connect_open(&pv);
	if (status == STATUS_DONE)
		status = attach_targets(pv, request);
	pv_close(pv);
	return status;
}

static int attach_main(const struct command *command, int argc, char **argv)
{
	struct request request = { 0 };
	int status;

	status = rules_options_init(&request.rules);
	if (status == STATUS_DONE)
		status = read_attach_options(command, argc, argv, &request);
	if (status == STATUS_DONE) {
		status = attach(&request);
		pidrefs_close(&request.pidrefs);
	}
	rules_options_free(&request.rules);
	return status;
}

const struct command cmd_attach = {
	.name = "attach",
	.usage = "PID... [OPTION]...",
	.purpose = "give running processes rules",
	.help =
"From their next system call on, names in the processes go by the rules given.\n"
"Rules that a process was given before are replaced, inherited ones stay below.\n"
"Several processes are attached all or none.\n"
"\n"
RULES_OPTIONS_HELP
"  --tree               the existing descendants of the processes, too\n"
"  --no-reverse         getcwd, /proc/self/exe and the like tell real paths\n"
"  --check              attach nothing; tell what the processes have open, mapped or\n"
"                       current below an ORIGINAL, which stays what it is, and\n"
"                       whether a NEW is not there\n"
"  -j, --json           print JSON, with --check\n"
"  --pretty             print it indented\n"
"\n"
"Without rules here, the variables DMTCP_PATH_MAPPING (old:new;old:new) and\n"
"DMTCP_ORIGINAL_PATH_PREFIX with DMTCP_NEW_PATH_PREFIX count.\n",
	.main = attach_main,
};
