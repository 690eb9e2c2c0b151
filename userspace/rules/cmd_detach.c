// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm detach: take the rules of processes away.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/connect.h"
#include "base/message.h"
#include "base/options.h"
#include "base/pidref.h"
#include "rules/cgroup.h"
#include "rules/commands.h"

static const struct option options[] = {
	{ "tree", no_argument, NULL, OPTION_TREE },
	{ "all", no_argument, NULL, OPTION_ALL },
	{ "cgroup", required_argument, NULL, OPTION_CGROUP },
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

/*
 * struct request - what a command line asks for
 *
 * @flags: of pv_detach()
 * @cgroup: the directory of the cgroup, or NULL
 */
struct request {
	unsigned int flags;
	const char *cgroup;
};

static int read_request(const struct command *command, int argc, char **argv,
			struct request *request)
{
	int code, status = STATUS_DONE;

	while (status == STATUS_DONE &&
	       (code = options_any(command, argc, argv, options)) != OPTION_END) {
		if (code == OPTION_CGROUP)
			status = cgroup_take(command, &request->cgroup, optarg);
		else
			request->flags |= code == OPTION_ALL ? PV_ALL : PV_TREE;
	}
	if (status != STATUS_DONE)
		return status;
	if (request->flags & PV_ALL &&
	    (request->flags & PV_TREE || optind < argc || request->cgroup))
		return message_usage(command, "--all goes with nothing else");
	if (request->cgroup && (request->flags || optind < argc))
		return message_usage(command, "--cgroup goes with nothing else");
	if (!(request->flags & PV_ALL) && !request->cgroup && optind == argc)
		return message_usage(command, "no process given");
	return STATUS_DONE;
}

static int detach(struct pv *pv, const struct request *request,
		  const struct pidrefs *pidrefs)
{
	if (request->cgroup)
		return cgroup_detach(pv, request->cgroup);
	if (request->flags & PV_ALL)
		return detach_all(pv);
	return detach_processes(pv, pidrefs, request->flags);
}

static int detach_main(const struct command *command, int argc, char **argv)
{
	struct pidrefs pidrefs = { 0 };
	struct request request = { 0 };
	CLEANUP_PV struct pv *pv = NULL;
	int status;

	status = read_request(command, argc, argv, &request) ?:
		 pidrefs_open(&pidrefs, command, argc - optind, argv + optind);
	if (status != STATUS_DONE)
		return status;
	status = connect_open(&pv) ?: detach(pv, &request, &pidrefs);
	pidrefs_close(&pidrefs);
	return status;
}

const struct command cmd_detach = {
	.name = "detach",
	.usage = "PID... [--tree] | --cgroup PATH | --all",
	.purpose = "take the rules of processes away",
	.help =
"From their next system call on, names in the processes lead where they always\n"
"led.  Inherited rules go, too, unless the caller lacks CAP_SYS_ADMIN.  Those of\n"
"their cgroups stay.\n"
"\n"
"  --tree         the existing descendants of the processes, too\n"
"  --cgroup PATH  the rules that a cgroup was given: those in it lose them\n"
"  --all          every attached process and cgroup: the module can be unloaded then\n",
	.main = detach_main,
};
