// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm resolve: where a path leads in a process.
 */
#include <stdio.h>

#include "command.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "session.h"
#include "target.h"

static const struct option options[] = {
	{ "json", no_argument, NULL, OPTION_JSON },
	OPTIONS_COMMON
};

static void print_json(const struct target *target, const char *path,
		       const struct pv_resolution *resolution)
{
	json_begin_object(NULL);
	json_number("pid", target->pid);
	json_string("path", path);
	json_string("real", resolution->real);
	json_bool("matched", resolution->matched);
	if (resolution->matched) {
		json_number("layer", resolution->layer);
		json_number("index", resolution->index);
	}
	json_end_object();
}

static int resolve(struct pv *pv, const struct target *target,
		   const char *path, bool json)
{
	struct pv_resolution *resolution;
	int err;

	err = pv_resolve(pv, target->pidfd, path, &resolution);
	if (err)
		return message_failed("cannot resolve %s in process %d: %s%s",
				      path, target->pid, pv_error(pv),
				      session_advice(err));
	if (json)
		print_json(target, path, resolution);
	else
		puts(resolution->real);
	pv_resolution_free(resolution);
	return output_finish();
}

static int run(const struct command *command, int argc, char **argv)
{
	struct target target;
	bool json = false;
	const char *path;
	struct pv *pv;
	int status;

	while (options_any(command, argc, argv, options) != OPTION_END)
		json = true;
	if (argc - optind != 2)
		return message_usage(command, "give a process and one path");
	path = argv[optind + 1];
	if (*path != '/')
		return message_usage(command,
				     "the path \"%s\" is not absolute", path);

	status = target_open(&target, command, argv[optind]);
	if (status != STATUS_DONE)
		return status;
	status = session_open(&pv);
	if (status == STATUS_DONE)
		status = resolve(pv, &target, path, json);
	pv_close(pv);
	target_close(&target);
	return status;
}

const struct command cmd_resolve = {
	.name = "resolve",
	.usage = "PID PATH [--json]",
	.purpose = "tell where a path leads in a process",
	.help =
"Print the path that the kernel walks when the process says PATH, which is\n"
"absolute.  \"..\" is taken by name; symbolic links are not followed.\n"
"\n"
"  --json   print JSON; it tells the rule that matched, too\n",
	.main = run,
};
