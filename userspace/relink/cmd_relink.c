// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm relink: give unlinked open files a name again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/connect.h"
#include "base/message.h"
#include "base/options.h"
#include "base/pidref.h"
#include "relink/commands.h"
#include "relink/held_fd.h"
#include "relink/list.h"
#include "relink/options.h"
#include "relink/print.h"
#include "relink/relink.h"

enum {
	OPTION_LIST = OPTION_OWN,
	OPTION_FD,
	OPTION_TO,
	OPTION_IN_PLACE,
	OPTION_MANIFEST,
};

static const struct option options[] = {
	RELINK_OPTIONS,
	{ "fd", required_argument, NULL, OPTION_FD },
	{ "to", required_argument, NULL, OPTION_TO },
	{ "in-place", no_argument, NULL, OPTION_IN_PLACE },
	{ "manifest", required_argument, NULL, OPTION_MANIFEST },
	{ "list", no_argument, NULL, OPTION_LIST },
	JSON_OPTIONS,
	OPTIONS_COMMON
};

/*
 * struct request - what the command line asks for
 *
 * @list: show only
 * @more: something that makes no sense with @list was given
 * @json: print JSON
 */
struct request {
	struct relink relink;
	bool list;
	bool more;
	bool json;
};

static int add_fd(const struct command *command, struct relink *relink,
		  const char *word)
{
	int *fd = ARRAY_ADD(&relink->fds, &relink->fd_count);

	return fd ? held_fd_read(command, word, fd) : message_out_of_memory();
}

static int set_manifest(struct relink *relink, const char *path)
{
	free(relink->manifest_path);
	relink->manifest_path = strdup(path);
	return relink->manifest_path ? STATUS_DONE :
				       message_out_of_memory();
}

static int take_option(const struct command *command, struct request *request,
		       int code)
{
	struct relink *relink = &request->relink;

	switch (code) {
	case OPTION_LIST:
		request->list = true;
		return STATUS_DONE;
	case OPTION_JSON:
		request->json = true;
		return STATUS_DONE;
	}
	request->more = true;
	switch (code) {
	case OPTION_FD:
		return add_fd(command, relink, optarg);
	case OPTION_TO:
		relink->to = optarg;
		return STATUS_DONE;
	case OPTION_IN_PLACE:
		relink->in_place = true;
		return STATUS_DONE;
	case OPTION_MANIFEST:
		return set_manifest(relink, optarg);
	default:
		return relink_options_take(relink, command, code, optarg);
	}
}

/* What goes with what. */
static int check(const struct command *command, const struct request *request,
		 int operands)
{
	const struct relink *relink = &request->relink;
	size_t length = relink->to ? strlen(relink->to) : 0;

	if (operands > 1)
		return message_usage(command, "more than one process given");
	if (request->list && request->more)
		return message_usage(command,
				     "--list goes only with a process and --json");
	if (!request->list && !operands)
		return message_usage(command,
				     "no process given: try --list");
	if (relink->to && relink->fd_count != 1)
		return message_usage(command,
				     "--to is for one file: say which with --fd");
	if (relink->to && (!length || relink->to[length - 1] == '/'))
		return message_usage(command, "\"%s\" names no file",
				     relink->to);
	if (!!relink->to + relink->in_place +
	    !!strcmp(relink->template, NAME_TEMPLATE_DEFAULT) > 1)
		return message_usage(command,
				     "--to, --in-place and --template exclude each other");
	return STATUS_DONE;
}

static int read_relink_options(const struct command *command, int argc, char **argv,
			       struct request *request)
{
	int code, status;

	while ((code = options_any(command, argc, argv, options)) !=
	       OPTION_END) {
		status = take_option(command, request, code);
		if (status != STATUS_DONE)
			return status;
	}
	status = check(command, request, argc - optind);
	if (status == STATUS_DONE && optind < argc)
		status = pidref_open(&request->relink.pidref, command,
				     argv[optind]);
	return status;
}

static int act(struct request *request)
{
	struct relink *asked = &request->relink;
	CLEANUP_PV struct pv *pv = NULL;
	int status;

	status = connect_open(&pv);
	if (status == STATUS_DONE && request->list) {
		status = relink_list(pv, asked->pidref.pid, request->json);
	} else if (status == STATUS_DONE) {
		status = relink(asked, pv) ?:
			 relink_print(&asked->manifest,
				      asked->manifest_path, NULL,
				      request->json);
	}
	return status;
}

static int relink_main(const struct command *command, int argc, char **argv)
{
	struct request request = { .relink = RELINK_INIT };
	int status;

	status = read_relink_options(command, argc, argv, &request) ?:
		 act(&request);
	pidref_close(&request.relink.pidref);
	manifest_free(&request.relink.manifest);
	free(request.relink.manifest_path);
	free(request.relink.fds);
	return status;
}

const struct command cmd_relink = {
	.name = "relink",
	.usage = "PID [OPTION]... | --list [PID] [--json | --pretty]",
	.purpose = "give unlinked open files a name again",
	.help =
"Give each file that the process has open and that has no name any more a name\n"
"again, without copying it: lost+found/checkpoint/ID/unlink-at-restart-TIME-N on its\n"
"own filesystem. Directories are made again. All of it is done, or nothing. Prints a\n"
"table, and where the manifest is, which pvadm reopen and pvadm cleanup want.\n"
"\n"
"  --tree           the descendants of the process, too\n"
"  --in-place       put each back where it was, for good; directories that are missing are\n"
"                   made as they were; no manifest is written, unless one is named\n"
"  --fd N           only the file of descriptor N; may be given again\n"
"  --to PATH        that one file goes to PATH, on the same filesystem\n"
"  --template T     other names; T may have %i (ID), %t (TIME), %n (N), %p (PID), %h\n"
"                   (descriptor), %f (file name), %d (its directory, from the root of\n"
"                   the mount) and %%; with a \"/\" it is a path\n"
"                   from the root of the file's mount\n"
"  --manifest FILE  instead of " RELINK_MANIFESTS "/ID.json\n"
"  --partial        what fails does not stop the rest\n"
"  --copy           copy what cannot be linked\n"
"  --no-freeze      do not hold the process still meanwhile\n"
"  --sync           only succeed when all of it is on disk\n"
"  -j, --json       print JSON\n"
"  --pretty         print it indented\n"
"\n"
"  --list           change nothing, but show the open files whose names are gone, of\n"
"                   all processes or of one, the largest first; one line for each\n"
"                   file, however many hold it\n"
"\n"
"HELD is a descriptor, or map, exe, cwd or root, of the first process that was found;\n"
"+N counts further holders. In parentheses is why a file could not be given a name.\n",
	.main = relink_main,
};
