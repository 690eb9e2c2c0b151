// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm activate: say where the registered paths of a process lie now.
 */
#include <stdlib.h>

#include "base/message.h"
#include "base/options.h"
#include "rules/commands.h"
#include "rules/two_phase.h"

static const struct option options[] = {
	{ "new", required_argument, NULL, OPTION_NEW },
	{ "tree", no_argument, NULL, OPTION_TREE },
	{ "late", no_argument, NULL, OPTION_LATE },
	OPTIONS_COMMON
};

static const struct two_phase phase = {
	.option = OPTION_NEW,
	.spelling = "--new X:Y",
	.variable = "DMTCP_NEW_PATH_PREFIX",
	.verb = "activate the paths of",
	.act = pv_activate,
};

static int activate_main(const struct command *command, int argc, char **argv)
{
	return two_phase_main(&phase, command, options, argc, argv);
}

const struct command cmd_activate = {
	.name = "activate",
	.usage = "PID --new X:Y [--tree] [--late]",
	.purpose = "say where the registered paths of a process lie now",
	.help =
"From its next system call on, what pvadm register named lies under the new paths,\n"
"the first under the first and so on.  Doing it again moves it again.\n"
"\n"
"  --new X:Y   as many paths as were registered, with a colon between two; without\n"
"              it, the variable DMTCP_NEW_PATH_PREFIX counts\n"
"  --tree      the existing descendants of the process, too\n"
"  --late      the new paths are looked up at each use: they need not be there yet\n",
	.main = activate_main,
};
