// SPDX-License-Identifier: GPL-2.0
/*
 * What pvadm relink prints.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/json.h"
#include "base/message.h"
#include "base/output.h"
#include "libpathvirt/libpathvirt.h"
#include "relink/print.h"

/* ---- A table ---- */

#define HELD_TEXT	(HOLD_TEXT + 24)

/* The first holder speaks for all; how many more there are is behind it. */
static void held_text(const struct manifest_holder *holders, size_t count,
		      char text[HELD_TEXT])
{
	char held[HOLD_TEXT];

	snprintf(text, HELD_TEXT, "%s", holder_text(&holders->by, held));
	if (count > 1)
		snprintf(text + strlen(text), HELD_TEXT - strlen(text),
			 " +%zu", count - 1);
}

static int line(const struct manifest_holder *holders, size_t count,
		uint64_t size, const char *original, const char *now,
		const char *note)
{
	CLEANUP_FREE char *from = pv_path_escape(original);
	CLEANUP_FREE char *to = now ? pv_path_escape(now) : NULL;
	char held[HELD_TEXT];
	int status = STATUS_DONE;

	held_text(holders, count, held);
	if (from && (to || !now))
		printf("%7d  %-8s  %14" PRIu64 "  %s  %s%s%s%s\n",
		       holders->by.pid, held, size, from, to ? to : "-",
		       note ? "  (" : "", note ? note : "", note ? ")" : "");
	else
		status = message_out_of_memory();
	return status;
}

static int file_line(const struct manifest_file *file)
{
	static const char * const notes[] = {
		[MANIFEST_COPY] = "a copy",
		[MANIFEST_MKDIR] = "made again",
		[MANIFEST_MKNOD] = "made again",
		[MANIFEST_SYMLINK] = "made again",
		[MANIFEST_KEPT] = "it has its name",
	};
	const struct manifest_place *place = &file->place;

	if (file->method == MANIFEST_KEPT)
		return line(file->holders, file->holder_count, file->size,
			    file->original_path, NULL, notes[file->method]);
	if (!place->path)
		return line(file->holders, file->holder_count, file->size,
			    file->original_path, place->from_root,
			    "from the root of its mount");
	return line(file->holders, file->holder_count, file->size,
		    file->original_path, place->path,
		    file->method == MANIFEST_LINK ? NULL :
		    notes[file->method]);
}

static int show_text(const struct manifest *manifest, const char *path,
		     const char *bundle)
{
	int status = STATUS_DONE;
	size_t i;

	if (manifest->file_count + manifest->skipped_count)
		printf("%7s  %-8s  %14s  %s  %s\n", "PID", "HELD", "SIZE",
		       "ORIGINAL", "NEW");
	else
		puts("No open file has lost its name.");
	for (i = 0; i < manifest->file_count && status == STATUS_DONE; i++)
		status = file_line(&manifest->files[i]);
	for (i = 0; i < manifest->skipped_count && status == STATUS_DONE; i++) {
		const struct manifest_skipped *skipped = &manifest->skipped[i];

		status = line(skipped->holders, skipped->holder_count,
			      skipped->size, skipped->original_path, NULL,
			      skipped->reason);
	}
	if (path)
		printf("Manifest: %s\n", path);
	if (bundle)
		printf("Bundle: %s\n", bundle);
	return status;
}

/* ---- JSON ---- */

static void holders_json(const struct manifest_holder *holders, size_t count)
{
	char text[HOLD_TEXT];
	size_t i;

	json_begin_array("holders");
	for (i = 0; i < count; i++) {
		json_begin_object(NULL);
		json_number("pid", holders[i].by.pid);
		json_number("tid", holders[i].by.tid);
		if (holders[i].by.how == HOLD_FD)
			json_number("fd", holders[i].by.fd);
		else
			json_string("how", holder_text(&holders[i].by, text));
		json_end_object();
	}
	json_end_array();
}

static void file_json(const struct manifest_file *file)
{
	json_begin_object(NULL);
	json_string("method", manifest_method_name(file->method));
	json_string("type", manifest_type_name(file->mode));
	json_number("size", file->size);
	json_string("original_path", file->original_path);
	if (file->method != MANIFEST_KEPT) {
		json_number("mount", file->place.mount);
		json_string("path_from_mount", file->place.from_root);
		if (file->place.path)
			json_string("path", file->place.path);
	}
	holders_json(file->holders, file->holder_count);
	json_end_object();
}

static void skipped_json(const struct manifest_skipped *skipped)
{
	json_begin_object(NULL);
	json_string("reason", skipped->reason);
	json_bool("failed", skipped->failed);
	json_string("type", manifest_type_name(skipped->mode));
	json_number("size", skipped->size);
	json_string("original_path", skipped->original_path);
	holders_json(skipped->holders, skipped->holder_count);
	json_end_object();
}

static void show_json(const struct manifest *manifest, const char *path,
		      const char *bundle)
{
	size_t i;

	json_begin_object(NULL);
	json_string("id", manifest->id);
	if (path)
		json_string("manifest", path);
	if (bundle)
		json_string("bundle", bundle);
	json_begin_array("files");
	for (i = 0; i < manifest->file_count; i++)
		file_json(&manifest->files[i]);
	json_end_array();
	json_begin_array("skipped");
	for (i = 0; i < manifest->skipped_count; i++)
		skipped_json(&manifest->skipped[i]);
	json_end_array();
	json_end_object();
}

int relink_print(const struct manifest *manifest, const char *path,
		 const char *bundle, bool json)
{
	int status = STATUS_DONE;

	if (json)
		show_json(manifest, path, bundle);
	else
		status = show_text(manifest, path, bundle);
	return status ?: output_finish();
}
