// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm register: note which paths of a process may move later.
 */
#include <stdlib.h>

#include "base/message.h"
#include "base/options.h"
#include "rules/commands.h"
#include "rules/two_phase.h"

static const struct option options[] = {
	{ "original", required_argument, NULL, OPTION_ORIGINAL },
	{ "tree", no_argument, NULL, OPTION_TREE },
	OPTIONS_COMMON
};

static const struct two_phase phase = {
	.option = OPTION_ORIGINAL,
	.spelling = "--original A:B",
	.variable = "DMTCP_ORIGINAL_PATH_PREFIX",
	.verb = "register the paths of",
	.act = pv_register,
};

static int register_main(const struct command *command, int argc, char **argv)
{
	return two_phase_main(&phase, command, options, argc, argv);
}

const struct command cmd_register = {
	.name = "register",
	.usage = "PID --original A:B [--tree]",
	.purpose = "note which paths of a process may move later",
	.help =
"Nothing changes for the process until pvadm activate says where the paths lie.\n"
"Its children inherit what is registered.  A process whose own rules are in force\n"
"is refused.\n"
"\n"
"  --original A:B   the paths, with a colon between two; without it, the variable\n"
"                   DMTCP_ORIGINAL_PATH_PREFIX counts\n"
"  --tree           the existing descendants of the process, too\n",
	.main = register_main,
};
