// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm run: attach ourselves, then become the command.
 */
#include "base/exec.h"
#include "base/message.h"
#include "base/options.h"
#include "rules/attach_self.h"
#include "rules/commands.h"
#include "rules/options.h"

static const struct option options[] = {
	RULES_OPTIONS,
	{ "no-reverse", no_argument, NULL, OPTION_NO_REVERSE },
	OPTIONS_COMMON
};

static int read_rules(const struct command *command, int argc, char **argv,
		      struct rules_options *rules, unsigned int *flags)
{
	int code, status;

	while ((code = options_first(command, argc, argv, options)) !=
	       OPTION_END) {
		if (code == OPTION_NO_REVERSE)
			*flags |= PV_NO_REVERSE;
		status = rules_options_take(rules, command, code, optarg);
		if (status != STATUS_DONE)
			return status;
	}
	if (optind == argc)
		return message_usage(command, "no command to run");
	return rules_options_finish(rules, command);
}

static int run_main(const struct command *command, int argc, char **argv)
{
	struct rules_options rules;
	unsigned int flags = 0;
	int status;

	status = rules_options_init(&rules) ?:
		 read_rules(command, argc, argv, &rules, &flags);
	if (status == STATUS_DONE && pv_rules_count(rules.rules))
		status = attach_self(rules.rules, rules.flags | flags);
	rules_options_free(&rules);
	argv += optind;
	return status ?: exec_program(argv[0], argv);
}

const struct command cmd_run = {
	.name = "run",
	.usage = "[OPTION]... [--] COMMAND [ARGUMENT]...",
	.purpose = "run a command with rules of its own",
	.help =
"Run COMMAND, attached to the rules given; without rules just run it.\n"
"\n"
RULES_OPTIONS_HELP
"  --no-reverse         getcwd, /proc/self/exe and the like tell real paths\n"
"\n"
"Without these options, the variables DMTCP_PATH_MAPPING (old:new;old:new) and\n"
"DMTCP_ORIGINAL_PATH_PREFIX with DMTCP_NEW_PATH_PREFIX count.\n"
"\n"
"Needs no privilege: without CAP_SYS_ADMIN, COMMAND runs with no_new_privs, so\n"
"set-uid programs give it nothing.\n"
"\n"
"Exit status: COMMAND's own; 126 if it cannot be executed, 127 if it is not\n"
"found; 1 or 2 if it was not run.\n",
	.main = run_main,
};
