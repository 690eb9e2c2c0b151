// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm resolve: where a path leads in a process, and what leads to it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/connect.h"
#include "base/json.h"
#include "base/message.h"
#include "base/options.h"
#include "base/output.h"
#include "rules/commands.h"

enum {
	OPTION_REVERSE = OPTION_OWN,
};

static const struct option options[] = {
	{ "reverse", no_argument, NULL, OPTION_REVERSE },
	JSON_OPTIONS,
	OPTIONS_COMMON
};

/* Of a union; others have none. */
static void json_further(const struct pv_resolution *resolution)
{
	size_t i;

	if (!resolution->further_count)
		return;
	json_begin_array("further");
	for (i = 0; i < resolution->further_count; i++)
		json_string(NULL, resolution->further[i]);
	json_end_array();
}

static void print_json(const struct pidref *pidref, const char *path,
		       const struct pv_resolution *resolution)
{
	json_begin_object(NULL);
	json_number("pid", pidref->pid);
	json_string("path", path);
	json_string("real", resolution->real);
	json_further(resolution);
	json_bool("matched", resolution->matched);
	if (resolution->matched) {
		json_number("layer", resolution->layer);
		json_number("index", resolution->index);
	}
	json_end_object();
}

static void print_text(const struct pv_resolution *resolution)
{
	size_t i;

	puts(resolution->real);
	for (i = 0; i < resolution->further_count; i++)
		puts(resolution->further[i]);
}

static int failed(struct pv *pv, const struct pidref *pidref,
		  const char *path, int err)
{
	return message_failed("cannot resolve %s in process %d: %s%s", path,
			      pidref->pid, pv_error(pv), connect_advice(err));
}

static int resolve(struct pv *pv, const struct pidref *pidref,
		   const char *path, bool json)
{
	struct pv_resolution *resolution;
	int err;

	err = pv_resolve(pv, pidref->pidfd, path, &resolution);
	if (err)
		return failed(pv, pidref, path, err);
	if (json)
		print_json(pidref, path, resolution);
	else
		print_text(resolution);
	pv_resolution_free(resolution);
	return output_finish();
}

static int reverse(struct pv *pv, const struct pidref *pidref,
		   const char *real, bool json)
{
	char *path;
	int err;

	err = pv_reverse(pv, pidref->pidfd, real, &path);
	if (err)
		return failed(pv, pidref, real, err);
	if (json) {
		json_begin_object(NULL);
		json_number("pid", pidref->pid);
		json_string("path", path);
		json_string("real", real);
		json_end_object();
	} else {
		puts(path);
	}
	free(path);
	return output_finish();
}

static int resolve_main(const struct command *command, int argc, char **argv)
{
	struct pidref pidref;
	bool json = false, back = false;
	const char *path;
	CLEANUP_PV struct pv *pv = NULL;
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

	status = connect_about(&pv, &pidref, command, argv[optind]) ?:
		 (back ? reverse(pv, &pidref, path, json) :
			 resolve(pv, &pidref, path, json));
	pidref_close(&pidref);
	return status;
}

const struct command cmd_resolve = {
	.name = "resolve",
	.usage = "PID PATH [--reverse] [--json | --pretty]",
	.purpose = "tell where a path leads in a process, or what leads to it",
	.help =
"Print the path that the kernel walks when the process says PATH, which is\n"
"absolute.  \"..\" is taken by name; symbolic links are not followed.  Real paths\n"
"are spelled from the root that the process had when it was attached.  Where a rule is a\n"
"union (--under) all places are printed at which it is looked for, in that order.\n"
"\n"
"  --reverse    the other way round: PATH is a real one, print what the process\n"
"               calls it\n"
"  -j, --json   print JSON; it tells the rule that matched, too\n"
"  --pretty     print it indented\n",
	.main = resolve_main,
};
