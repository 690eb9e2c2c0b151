// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm checkpoint: all that a restart needs of a process but its memory, in a directory.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/connect.h"
#include "base/interrupt.h"
#include "base/message.h"
#include "base/options.h"
#include "base/pidref.h"
#include "checkpoint/bundle.h"
#include "checkpoint/commands.h"
#include "ns/cmd_save.h"
#include "relink/options.h"
#include "relink/print.h"
#include "relink/relink.h"

enum {
	OPTION_DIR = OPTION_OWN,
};

static const struct option options[] = {
	{ "dir", required_argument, NULL, OPTION_DIR },
	RELINK_OPTIONS,
	{ "check", required_argument, NULL, OPTION_CHECK },
	JSON_OPTIONS,
	OPTIONS_COMMON
};

/*
 * struct request - what the command line asks for
 *
 * @dir: where the bundle is to be, or NULL
 * @check: a bundle to be looked at, or NULL
 * @process: as it was named, or NULL
 * @more: something that makes no sense with @check was given
 */
struct request {
	const struct command *command;
	const char *dir;
	const char *check;
	const char *process;
	bool more;
	bool json;
	struct relink relink;
	struct bundle_writer writer;
};

/* ---- The command line ---- */

static int take_option(struct request *request, int code)
{
	switch (code) {
	case OPTION_JSON:
		request->json = true;
		return STATUS_DONE;
	case OPTION_CHECK:
		request->check = optarg;
		return STATUS_DONE;
	case OPTION_DIR:
		request->dir = optarg;
		break;
	}
	request->more = true;
	return relink_options_take(&request->relink, request->command, code,
				   optarg);
}

static int read_checkpoint_options(struct request *request, int argc, char **argv)
{
	const struct command *command = request->command;
	int code, status;

	while ((code = options_any(command, argc, argv, options)) !=
	       OPTION_END) {
		status = take_option(request, code);
		if (status != STATUS_DONE)
			return status;
	}
	if (request->check && (request->more || optind < argc))
		return message_usage(command, "--check goes only with --json");
	if (request->check)
		return STATUS_DONE;
	if (argc - optind != 1)
		return message_usage(command, optind < argc ?
				     "more than one process given" :
				     "no process given");
	if (!request->dir || !*request->dir)
		return message_usage(command,
				     "no directory given: say with --dir where the bundle is to be");
	request->process = argv[optind];
	return STATUS_DONE;
}

/* ---- Making it ---- */

static int save_namespaces(const struct request *request)
{
	CLEANUP_FREE char *path = bundle_path(request->dir, BUNDLE_NAMESPACES);

	return path ? ns_save_file(request->command, request->process,
				   path) : STATUS_FAILED;
}

/* The processes are held still: what is written now fits to the files. */
static int recheck(struct relink *relink, struct pv *pv)
{
	struct request *request = relink->data;
	int status = save_namespaces(request);

	/* They were found by its number. */
	if (status == STATUS_DONE)
		status = pidref_check(&relink->pidref);
	if (status == STATUS_DONE)
		status = bundle_write_table(&request->writer, pv,
					    relink->manifest.pids,
					    relink->manifest.pid_count);
	if (status == STATUS_DONE && interrupted())
		status = message_failed("interrupted: nothing was changed");
	return status;
}

static int commit(struct relink *relink)
{
	struct request *request = relink->data;

	return bundle_seal(&request->writer, &relink->manifest);
}

static int make_checkpoint(struct request *request, struct pv *pv)
{
	struct relink *asked = &request->relink;
	int status;

	interrupt_catch();
	status = bundle_create(&request->writer, request->dir);
	if (status == STATUS_DONE) {
		asked->manifest_path = bundle_path(request->dir,
						   BUNDLE_MANIFEST);
		asked->recheck = recheck;
		asked->commit = commit;
		asked->data = request;
		status = asked->manifest_path ? relink(asked, pv) :
						 STATUS_FAILED;
	}
	bundle_end(&request->writer, status == STATUS_DONE);
	return status;
}

static int checkpoint(struct request *request)
{
	struct relink *relink = &request->relink;
	struct pv *pv = NULL;
	int status;

	status = pidref_open(&relink->pidref, request->command,
			     request->process) ?:
		 connect_open(&pv) ?:
		 make_checkpoint(request, pv) ?:
		 relink_print(&relink->manifest, relink->manifest_path,
			      request->dir, request->json);
	pv_close(pv);
	pidref_close(&relink->pidref);
	manifest_free(&relink->manifest);
	free(relink->manifest_path);
	return status;
}

/* ---- Looking at one ---- */

static int check(const struct request *request)
{
	CLEANUP(bundle_close) struct bundle bundle;

	return bundle_open(request->check, &bundle) ?:
	       relink_print(&bundle.manifest, NULL, request->check,
			    request->json);
}

static int checkpoint_main(const struct command *command, int argc, char **argv)
{
	struct request request = {
		.command = command,
		.writer = { .fd = -1 },
		.relink = RELINK_INIT,
	};
	int status = read_checkpoint_options(&request, argc, argv);

	if (status != STATUS_DONE)
		return status;
	return request.check ? check(&request) : checkpoint(&request);
}

const struct command cmd_checkpoint = {
	.name = "checkpoint",
	.usage = "PID --dir DIR [OPTION]... | --check DIR [--json | --pretty]",
	.purpose = "write down what a restart needs, in a directory",
	.help =
"Relink the unlinked files of the process, as pvadm relink does, and write down in the\n"
"new or empty directory DIR, the bundle, which they are, its namespaces and its rules,\n"
"for pvadm restart. All of it is done, or nothing. Its memory is left to CRIU, DMTCP and\n"
"the like. Prints what was relinked.\n"
"\n"
"  --dir DIR        where the bundle is to be\n"
"  --tree           the files and rules of its descendants, too\n"
"  --template T     names for the files, see pvadm relink\n"
"  --partial        what cannot be relinked does not stop the rest\n"
"  --copy           copy what cannot be linked\n"
"  --no-freeze      do not hold the process still meanwhile\n"
"  --sync           only succeed when all of it is on disk\n"
"  -j, --json       print JSON\n"
"  --pretty         print it indented\n"
"\n"
"  --check DIR      change nothing, but see whether the bundle DIR is whole\n",
	.main = checkpoint_main,
};
