// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm detach: take the rules of processes away.
 */
#include <errno.h>

#include "base/connect.h"
#include "base/message.h"
#include "base/options.h"
#include "base/pidref.h"
#include "rules/commands.h"

static const struct option options[] = {
	{ "tree", no_argument, NULL, OPTION_TREE },
	{ "all", no_argument, NULL, OPTION_ALL },
	OPTIONS_COMMON
};

static const char *advice(int err)
{
	return err == -ENOENT ? "; \"pvadm show\" lists those that are" :
				connect_advice(err);
}

static int detach_processes(struct pv *pv, const struct pidrefs *pidrefs,
			    unsigned int flags)
{
	size_t i;
	int err;

	for (i = 0; i < pidrefs->count; i++) {
		const struct pidref *pidref = &pidrefs->pidref[i];

		err = pv_detach(pv, pidref->pidfd, flags);
		if (err)
			return message_failed("cannot detach process %d: %s%s%s",
					      pidref->pid, pv_error(pv),
					      advice(err),
					      i ? " (those named before it are detached)" : "");
	}
	return STATUS_DONE;
}

static int detach_all(struct pv *pv)
{
	int err = pv_detach(pv, PV_SELF, PV_ALL);

	if (err)
		return message_failed("cannot detach all processes: %s%s",
				      pv_error(pv), connect_advice(err));
	return STATUS_DONE;
}

static int detach_main(const struct command *command, int argc, char **argv)
{
	struct pidrefs pidrefs = { 0 };
	unsigned int flags = 0;
	struct pv *pv;
	int code, status;

	while ((code = options_any(command, argc, argv, options)) !=
	       OPTION_END)
		flags |= code == OPTION_ALL ? PV_ALL : PV_TREE;
	if (flags & PV_ALL && (flags & PV_TREE || optind < argc))
		return message_usage(command, "--all goes with nothing else");
	if (!(flags & PV_ALL) && optind == argc)
		return message_usage(command, "no process given");

	status = pidrefs_open(&pidrefs, command, argc - optind, argv + optind);
	if (status != STATUS_DONE)
		return status;
	status = connect_open(&pv);
	if (status == STATUS_DONE)
		status = flags & PV_ALL ? detach_all(pv) :
					  detach_processes(pv, &pidrefs, flags);
	pv_close(pv);
	pidrefs_close(&pidrefs);
	return status;
}

const struct command cmd_detach = {
	.name = "detach",
	.usage = "PID... [--tree] | --all",
	.purpose = "take the rules of processes away",
	.help =
"From their next system call on, names in the processes lead where they always\n"
"led.  Inherited rules go, too, unless the caller lacks CAP_SYS_ADMIN.\n"
"\n"
"  --tree   the existing descendants of the processes, too\n"
"  --all    every attached process: the module can be unloaded then\n",
	.main = detach_main,
};
