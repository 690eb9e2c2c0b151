// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm gc: what checkpoints have left, and who pays for it.
 */
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/message.h"
#include "base/options.h"
#include "base/output.h"
#include "libpathvirt/libpathvirt.h"
#include "relink/commands.h"
#include "relink/gc.h"
#include "relink/relink.h"
#include "relink/remove.h"

enum {
	OPTION_REMOVE = OPTION_OWN,
};

static const struct option options[] = {
	{ "remove", no_argument, NULL, OPTION_REMOVE },
	{ "all", no_argument, NULL, OPTION_ALL },
	JSON_OPTIONS,
	OPTIONS_COMMON
};

/* struct request - what the command line asks for */
struct request {
	const char *directory;
	bool remove;
	bool all;
	bool json;
};

static bool is_shown(const struct request *request,
		     const struct gc_checkpoint *checkpoint)
{
	return request->all || checkpoint->state == GC_GONE ||
	       checkpoint->state == GC_SPENT ||
	       checkpoint->state == GC_UNKNOWN;
}

/* ---- JSON ---- */

static void print_json(const struct gc_checkpoint *checkpoint)
{
	size_t i;

	json_begin_object(NULL);
	json_string("id", checkpoint->id);
	json_string("state", gc_state_name(checkpoint->state));
	json_string("path", checkpoint->path);
	if (checkpoint->manifest)
		json_string("manifest", checkpoint->manifest);
	json_number("time", checkpoint->time);
	json_begin_array("pinned");
	for (i = 0; i < checkpoint->pinned_count; i++) {
		json_begin_object(NULL);
		json_number("uid", checkpoint->pinned[i].owner);
		json_number("files", checkpoint->pinned[i].files);
		json_number("bytes", checkpoint->pinned[i].bytes);
		json_end_object();
	}
	json_end_array();
	json_end_object();
}

/* ---- A table ---- */

static void owner_text(uid_t uid, char text[64])
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(text, 64, "%s", user->pw_name);
	else
		snprintf(text, 64, "%u", uid);
}

static int print_text(const struct gc_checkpoint *checkpoint)
{
	static const struct pinned nothing;
	const struct pinned *pinned = checkpoint->pinned;
	size_t count = checkpoint->pinned_count, i;
	CLEANUP_FREE char *path = pv_path_escape(checkpoint->path);
	char owner[64];

	if (!path)
		return message_out_of_memory();
	if (!count) {
		pinned = &nothing;
		count = 1;
	}
	for (i = 0; i < count; i++) {
		owner_text(pinned[i].owner, owner);
		printf("%-7s  %-15s  %7zu  %14" PRIu64 "  %s\n",
		       gc_state_name(checkpoint->state), owner,
		       pinned[i].files, pinned[i].bytes, path);
	}
	return STATUS_DONE;
}

static int show(const struct request *request,
		const struct gc_list *found)
{
	int status = STATUS_DONE;
	bool head = false;
	size_t i;

	if (request->json)
		json_begin_array(NULL);
	for (i = 0; i < found->count && status == STATUS_DONE; i++) {
		const struct gc_checkpoint *checkpoint = &found->checkpoint[i];

		if (!is_shown(request, checkpoint))
			continue;
		if (request->json) {
			print_json(checkpoint);
			continue;
		}
		if (!head)
			printf("%-7s  %-15s  %7s  %14s  %s\n", "STATE", "OWNER",
			       "FILES", "PINNED", "CHECKPOINT");
		head = true;
		status = print_text(checkpoint);
	}
	if (request->json)
		json_end_array();
	if (found->waiting)
		message_warning("%zu places were left out, as their servers may not answer; the first: %s: name it to look there",
				found->waiting, found->waiting_point);
	return status ?: output_finish();
}

/* ---- Away with it ---- */

/* One that was begun and never written says nothing, and bars its name. */
static void remove_empty_manifest(const struct gc_checkpoint *checkpoint)
{
	struct stat stat;

	if (checkpoint->manifest && !lstat(checkpoint->manifest, &stat) &&
	    S_ISREG(stat.st_mode) && !stat.st_size)
		unlink(checkpoint->manifest);
}

/* Those that are gone are locked by us, so they are not anybody else's. */
static int remove_gone(const struct gc_list *found)
{
	size_t i, failed = 0;
	const struct gc_checkpoint *first = NULL;
	int why = 0;

	for (i = 0; i < found->count; i++) {
		const struct gc_checkpoint *checkpoint = &found->checkpoint[i];
		int err;

		if (checkpoint->state != GC_GONE)
			continue;
		err = remove_tree(checkpoint->dirfd, checkpoint->id);
		if (!err)
			remove_empty_manifest(checkpoint);
		if (!err || failed++)
			continue;
		first = checkpoint;
		why = err;
	}
	if (!failed)
		return STATUS_DONE;
	return message_failed("cannot remove %zu of them; the first, %s: %s",
			      failed, first->path, strerror(-why));
}

static int read_gc_options(const struct command *command, int argc, char **argv,
			   struct request *request)
{
	int code;

	while ((code = options_any(command, argc, argv, options)) !=
	       OPTION_END) {
		request->remove |= code == OPTION_REMOVE;
		request->all |= code == OPTION_ALL;
		request->json |= code == OPTION_JSON;
	}
	if (argc - optind > 1)
		return message_usage(command, "more than one directory given");
	if (optind < argc)
		request->directory = argv[optind];
	return STATUS_DONE;
}

static int gc_main(const struct command *command, int argc, char **argv)
{
	struct request request = { 0 };
	struct gc_list found;
	int status;

	status = read_gc_options(command, argc, argv, &request);
	if (status != STATUS_DONE)
		return status;
	status = gc_find(&found, request.directory) ?: show(&request, &found);
	if (status == STATUS_DONE && request.remove)
		status = remove_gone(&found);
	gc_free(&found);
	return status;
}

const struct command cmd_gc = {
	.name = "gc",
	.usage = "[DIRECTORY] [--remove] [--all] [--json | --pretty]",
	.purpose = "show or remove what checkpoints have left",
	.help =
"List the directories below lost+found/checkpoint whose manifest is gone, so that\n"
"nothing can be reopened from them and pvadm cleanup has nothing to go by: on all\n"
"mounted filesystems but those of servers (NFS, FUSE, ...), which may be dead; or on that\n"
"of DIRECTORY, whatever it is.  PINNED is what their owner would get\n"
"free, in bytes, without them.  Manifests in " RELINK_MANIFESTS " that have nothing left\n"
"are listed as \"spent\": pvadm cleanup --forget removes them.\n"
"\n"
"  --remove     then remove them; not those in state \"unknown\", of which nothing says\n"
"               where their manifest is\n"
"  --all        list those that have their manifest, too, and those that pvadm relink\n"
"               is busy with\n"
"  -j, --json   print JSON\n"
"  --pretty     print it indented\n",
	.main = gc_main,
};
