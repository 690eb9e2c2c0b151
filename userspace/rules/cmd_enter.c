// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm enter: run a command with the rules of a process, so that it sees what that sees.
 */
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/connect.h"
#include "base/exec.h"
#include "base/message.h"
#include "base/options.h"
#include "base/pidref.h"
#include "ns/cmd_enter.h"
#include "rules/attach_self.h"
#include "rules/commands.h"

enum {
	OPTION_NS = OPTION_OWN,
};

static const struct option options[] = {
	{ "ns", no_argument, NULL, OPTION_NS },
	OPTIONS_COMMON
};

static int get_layers(const struct pidref *pidref, struct pv_layers **layers)
{
	CLEANUP_PV struct pv *pv = NULL;
	int status = connect_open(&pv), err;

	if (status == STATUS_DONE) {
		err = pv_get(pv, pidref->pidfd, layers);
		if (err)
			status = message_failed("cannot get the rules of process %d: %s%s",
						pidref->pid, pv_error(pv),
						connect_advice(err));
	}
	return status;
}

/* The outermost first; they lie on those that we have already. */
static int attach_layers(void *arg)
{
	const struct pv_layers *layers = arg;
	size_t i = pv_layers_count(layers);
	int status = STATUS_DONE;

	while (i-- && status == STATUS_DONE)
		status = attach_self(pv_layers_rules(layers, i),
				     pv_layers_flags(layers, i));
	return status;
}

static int enter_process(const struct pidref *pidref, bool namespaces, char **command)
{
	struct pv_layers *layers = NULL;
	int status = get_layers(pidref, &layers) ?:
		     (namespaces ?
		      ns_enter_with(pidref, attach_layers, layers, command) :
		      attach_layers(layers));

	pv_layers_free(layers);
	return status ?: exec_program(command[0], command);
}

static bool read_enter_options(const struct command *command, int argc, char **argv,
			       bool namespaces)
{
	while (options_first(command, argc, argv, options) != OPTION_END)
		namespaces = true;
	return namespaces;
}

/* Options may stand before PID and behind it. */
static int enter_main(const struct command *command, int argc, char **argv)
{
	bool namespaces = read_enter_options(command, argc, argv, false);
	const char *pid = optind < argc ? argv[optind++] : NULL;
	CLEANUP(pidref_close) struct pidref pidref = { .pidfd = -1 };

	if (!pid)
		return message_usage(command, "one process is needed");
	namespaces = read_enter_options(command, argc, argv, namespaces);
	if (optind == argc)
		return message_usage(command, "no command to run");
	return pidref_open(&pidref, command, pid) ?:
	       enter_process(&pidref, namespaces, argv + optind);
}

const struct command cmd_enter = {
	.name = "enter",
	.usage = "PID [--ns] [--] COMMAND [ARGUMENT]...",
	.purpose = "run a command with the rules of a process",
	.help =
"Run COMMAND with all layers of rules that process PID has, so that it sees what\n"
"the process sees: for debuggers, profilers, criu and shells.  Where PID has no\n"
"rules COMMAND is just run.\n"
"\n"
"  --ns     in the namespaces and the root directory of PID, too\n"
"\n"
"NEWs are looked up anew.  The right to inspect PID is needed; without\n"
"CAP_SYS_ADMIN, COMMAND runs with no_new_privs.\n"
"\n"
"Exit status: COMMAND's own; 126 if it cannot be executed, 127 if it is not\n"
"found; 1 or 2 if it was not run.\n",
	.main = enter_main,
};
