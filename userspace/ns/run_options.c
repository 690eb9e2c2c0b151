// SPDX-License-Identifier: GPL-2.0
/*
 * The options of the commands that run another one in namespaces that a file tells of.
 */
#include "base/message.h"
#include "ns/run_options.h"

int ns_run_options_take(struct ns_run *run, const struct command *command,
			int code, const char *argument)
{
	ns_options_take(&run->kinds, code);
	switch (code) {
	case OPTION_STRICT:
		run->strict = true;
		break;
	case OPTION_CHECK:
		run->check = true;
		break;
	case OPTION_JSON:
		run->json = true;
		break;
	}
	return ns_exec_take(&run->as, command, code, argument);
}

int ns_run_options_check(const struct ns_run *run,
			 const struct command *command, bool has_command)
{
	if (!run->check && !has_command)
		return message_usage(command, "no command to run");
	if (run->check && has_command)
		return message_usage(command, "--check runs no command");
	if (run->json && !run->check)
		return message_usage(command, "--json is for --check");
	return STATUS_DONE;
}
