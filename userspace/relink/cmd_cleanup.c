// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm cleanup: remove what a relink has made.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/message.h"
#include "base/options.h"
#include "base/output.h"
#include "manifest/manifest.h"
#include "relink/cleanup.h"
#include "relink/commands.h"
#include "relink/locate.h"
#include "relink/mounts.h"
#include "relink/remove.h"

enum {
	OPTION_FORGET = OPTION_OWN,
};

static const struct option options[] = {
	{ "forget", no_argument, NULL, OPTION_FORGET },
	JSON_OPTIONS,
	OPTIONS_COMMON
};

/*
 * struct cleanup - what is under way
 *
 * @removed: names that were removed
 * @gone: names that were so already
 * @left: names that were left
 * @first: the first of these
 * @why: why it was left
 */
struct cleanup {
	const struct manifest *manifest;
	struct mounts mounts;
	size_t removed;
	size_t gone;
	size_t left;
	const struct manifest_place *first;
	const char *why;
};

static void leave(struct cleanup *cleanup, const struct manifest_place *place,
		  const char *why)
{
	if (!cleanup->left++) {
		cleanup->first = place;
		cleanup->why = why;
	}
}

static void remove_located(struct cleanup *cleanup,
			   const struct manifest_place *place,
			   const struct location *location)
{
	int err = remove_made(location->dirfd, location->name,
			      &location->inode);

	switch (err) {
	case 0:
		cleanup->removed++;
		break;
	case -ENOENT:
		cleanup->gone++;
		break;
	case -ESTALE:
		leave(cleanup, place, "it is something else");
		break;
	case -ENOTEMPTY:
		leave(cleanup, place, "there is something in it");
		break;
	default:
		leave(cleanup, place, strerror(-err));
	}
}

static void clean(struct cleanup *cleanup, const struct manifest_place *place)
{
	struct location location;

	locate(&location, &cleanup->mounts, cleanup->manifest, place);
	switch (location.what) {
	case LOCATED_HERE:
		remove_located(cleanup, place, &location);
		break;
	case LOCATED_NOTHING:
		cleanup->gone++;
		break;
	case LOCATED_FOREIGN:
		leave(cleanup, place, "it is something else");
		break;
	case LOCATED_NOWHERE:
		leave(cleanup, place,
		      "its filesystem is not mounted, or something is mounted over it");
		break;
	}
	location_close(&location);
}

/* What lies in a directory goes before it. */
static void clean_all(struct cleanup *cleanup)
{
	const struct manifest *manifest = cleanup->manifest;
	size_t i;

	for (i = manifest->file_count; i--;)
		if (manifest->files[i].method != MANIFEST_KEPT)
			clean(cleanup, &manifest->files[i].place);
	for (i = manifest->directory_count; i--;)
		clean(cleanup, &manifest->directories[i]);
}

static int print_result(const struct cleanup *cleanup, bool json)
{
	const struct manifest_place *first = cleanup->first;

	if (json) {
		json_begin_object(NULL);
		json_number("removed", cleanup->removed);
		json_number("gone", cleanup->gone);
		json_number("left", cleanup->left);
		json_end_object();
	} else {
		printf("%zu removed, %zu gone already\n", cleanup->removed,
		       cleanup->gone);
	}
	if (!cleanup->left)
		return output_finish();
	output_finish();
	return message_failed("%zu left, the first: %s%s: %s", cleanup->left,
			      first->path ? first->path : first->from_root,
			      first->path ? "" : " (from the root of its mount)",
			      cleanup->why);
}

int cleanup_manifest(const char *path, bool json)
{
	CLEANUP(manifest_free) struct manifest manifest = { 0 };
	struct cleanup cleanup = { .manifest = &manifest };
	int status = manifest_read(path, &manifest);

	if (status != STATUS_DONE)
		return status;
	if (mounts_read(&cleanup.mounts, 0) || mounts_add_all(&cleanup.mounts)) {
		status = message_failed("cannot read the mounts");
	} else {
		clean_all(&cleanup);
		status = print_result(&cleanup, json);
	}
	mounts_free(&cleanup.mounts);
	return status;
}

static bool is_empty(const char *path)
{
	struct stat stat;

	return !lstat(path, &stat) && S_ISREG(stat.st_mode) && !stat.st_size;
}

int cleanup_forget(const char *path, bool json)
{
	int status = STATUS_DONE;

	if (!is_empty(path))
		status = cleanup_manifest(path, json);
	if (status == STATUS_DONE && unlink(path) && errno != ENOENT)
		status = message_failed("cannot remove the manifest %s: %s",
					path, strerror(errno));
	return status;
}

static int cleanup_main(const struct command *command, int argc, char **argv)
{
	bool json = false, forget = false;
	int code;

	while ((code = options_any(command, argc, argv, options)) !=
	       OPTION_END) {
		json |= code == OPTION_JSON;
		forget |= code == OPTION_FORGET;
	}
	if (argc - optind != 1)
		return message_usage(command, argc == optind ?
				     "no manifest given" :
				     "more than one manifest given");
	return forget ? cleanup_forget(argv[optind], json) :
			cleanup_manifest(argv[optind], json);
}

const struct command cmd_cleanup = {
	.name = "cleanup",
	.usage = "MANIFEST [--forget] [--json | --pretty]",
	.purpose = "remove the names that a relink has made",
	.help =
"Remove the links, copies and directories that pvadm relink has made and noted in\n"
"MANIFEST, wherever their filesystem is mounted now, in any mount namespace; what another\n"
"file has taken the place of is left, and so is MANIFEST.  A process that still holds the\n"
"files keeps them.  May be called again.\n"
"\n"
"  --forget     then remove MANIFEST, too, if nothing is left of what it tells of\n"
"  -j, --json   print JSON\n"
"  --pretty     print it indented\n",
	.main = cleanup_main,
};
