// SPDX-License-Identifier: GPL-2.0
/*
 * Writing a manifest.
 *
 * The file is made, empty, before anything else is done, so that one that is there
 * is refused in time and so that its name is ours; a reader calls an empty one what
 * it is.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/files.h"
#include "base/message.h"
#include "manifest/manifest.h"
#include "manifest/schema.h"

static int cannot_write(const char *path, int err)
{
	if (err == EEXIST)
		return message_failed("the manifest %s exists: say another one with --manifest, or have pvadm cleanup --forget %s remove it and what it tells of",
				      path, path);
	return message_failed("cannot write the manifest %s: %s", path,
			      strerror(err));
}

/* Absolute, whether the file is there or not; for free(), or NULL with errno. */
static char *absolute(const char *path)
{
	CLEANUP_FREE char *directory = NULL;
	CLEANUP_FREE char *name = NULL;
	CLEANUP_FREE char *dir = NULL;
	char *full = NULL;

	directory = strdup(path);
	name = strdup(path);
	dir = directory && name ? realpath(dirname(directory), NULL) : NULL;
	if (dir && asprintf(&full, "%s/%s", strcmp(dir, "/") ? dir : "",
			    basename(name)) < 0)
		full = NULL;
	return full;
}

int manifest_create(struct manifest_writer *writer, const char *path)
{
	*writer = (struct manifest_writer){ .fd = -1 };
	writer->path = absolute(path);
	if (!writer->path)
		return cannot_write(path, errno);
	writer->fd = open(writer->path,
			  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			  0600);
	if (writer->fd >= 0)
		return STATUS_DONE;
	return cannot_write(path, errno);
}

static int write_json(int fd, struct json_object *object)
{
	const char *text;
	size_t length;
	int err;

	text = json_object_to_json_string_length(object,
						 JSON_C_TO_STRING_PRETTY |
						 JSON_C_TO_STRING_PRETTY_TAB |
						 JSON_C_TO_STRING_SPACED |
						 JSON_C_TO_STRING_NOSLASHESCAPE,
						 &length);
	if (!text)
		return -ENOMEM;
	err = files_write(fd, text, length) ?: files_write(fd, "\n", 1);
	if (!err && fsync(fd))
		err = -errno;
	return err;
}

int manifest_write(struct manifest_writer *writer,
		   const struct manifest *manifest)
{
	struct json_object *object = schema_json(&manifest_schema, manifest);
	int err = object ? write_json(writer->fd, object) : -ENOMEM;

	json_object_put(object);
	if (!err)
		err = files_sync_name(writer->path);
	if (err)
		return cannot_write(writer->path, -err);
	close(writer->fd);
	writer->fd = -1;
	return STATUS_DONE;
}

void manifest_withdraw(struct manifest_writer *writer)
{
	unlink(writer->path);
}

void manifest_close(struct manifest_writer *writer)
{
	if (writer->fd >= 0) {
		unlink(writer->path);
		close(writer->fd);
	}
	free(writer->path);
	*writer = (struct manifest_writer){ .fd = -1 };
}
