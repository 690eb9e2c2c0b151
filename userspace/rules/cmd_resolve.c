// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm resolve: where a path leads in a process, and what leads to it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/command.h"
#include "base/connect.h"
#include "base/json.h"
#include "base/message.h"
#include "base/options.h"
#include "base/output.h"
#include "base/pidref.h"

static const struct option options[] = {
	{ "reverse", no_argument, NULL, OPTION_REVERSE },
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

static int failed(struct pv *pv, const struct target *target,
		  const char *path, int err)
{
	return message_failed("cannot resolve %s in process %d: %s%s", path,
			      target->pid, pv_error(pv), session_advice(err));
}

static int resolve(struct pv *pv, const struct target *target,
		   const char *path, bool json)
{
	struct pv_resolution *resolution;
	int err;

	err = pv_resolve(pv, target->pidfd, path, &resolution);
	if (err)
		return failed(pv, target, path, err);
	if (json)
		print_json(target, path, resolution);
	else
		puts(resolution->real);
	pv_resolution_free(resolution);
	return output_finish();
}

static int reverse(struct pv *pv, const struct target *target,
		   const char *real, bool json)
{
	char *path;
	int err;

	err = pv_reverse(pv, target->pidfd, real, &path);
	if (err)
		return failed(pv, target, real, err);
	if (json) {
		json_begin_object(NULL);
		json_number("pid", target->pid);
		json_string("path", path);
		json_string("real", real);
		json_end_object();
	} else {
		puts(path);
	}
	free(path);
	return output_finish();
}

static int run(const struct command *command, int argc, char **argv)
{
	struct target target;
	bool json = false, back = false;
	const char *path;
	struct pv *pv;
	int code, status;

	while ((code = options_any(command, argc, argv, options)) !=
	       OPTION_END) {
		json |= code == OPTION_JSON;
		back |= code == OPTION_REVERSE;
	}
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
		status = back ? reverse(pv, &target, path, json) :
				resolve(pv, &target, path, json);
	pv_close(pv);
	target_close(&target);
	return status;
}

const struct command cmd_resolve = {
	.name = "resolve",
	.usage = "PID PATH [--reverse] [--json]",
	.purpose = "tell where a path leads in a process, or what leads to it",
	.help =
"Print the path that the kernel walks when the process says PATH, which is\n"
"absolute.  \"..\" is taken by name; symbolic links are not followed.  Real paths\n"
"are spelled from the root that the process had when it was attached.\n"
"\n"
"  --reverse  the other way round: PATH is a real one, print what the process\n"
"             calls it\n"
"  --json     print JSON; it tells the rule that matched, too\n",
	.main = run,
};
