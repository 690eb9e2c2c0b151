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
#include <inttypes.h>
#include <json-c/json.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/command.h"
#include "base/files.h"
#include "base/message.h"
#include "base/utf8.h"
#include "manifest/manifest.h"

/* ---- JSON; @short_of is set where memory is, and ends in an error. ---- */

static bool short_of;

static struct json_object *checked(struct json_object *value)
{
	short_of |= !value;
	return value;
}

static void put(struct json_object *object, const char *name,
		struct json_object *value)
{
	if (checked(value) && object &&
	    !json_object_object_add(object, name, value))
		return;
	short_of = true;
	json_object_put(value);
}

static void push(struct json_object *array, struct json_object *value)
{
	if (checked(value) && array && !json_object_array_add(array, value))
		return;
	short_of = true;
	json_object_put(value);
}

static void put_number(struct json_object *object, const char *name,
		       uint64_t value)
{
	put(object, name, json_object_new_uint64(value));
}

static void put_bool(struct json_object *object, const char *name, bool value)
{
	put(object, name, json_object_new_boolean(value));
}

static void put_hex(struct json_object *object, const char *name,
		    const char *bytes)
{
	char *member, *hex, *to;

	if (asprintf(&member, "%s_hex", name) < 0) {
		short_of = true;
		return;
	}
	to = hex = malloc(2 * strlen(bytes) + 1);
	if (hex) {
		for (; *bytes; bytes++)
			to += sprintf(to, "%02x", (unsigned char)*bytes);
		put(object, member, json_object_new_string_len(hex, to - hex));
	}
	short_of |= !hex;
	free(hex);
	free(member);
}

/* Nothing for NULL. */
static void put_string(struct json_object *object, const char *name,
		       const char *value)
{
	char *text;

	if (!value)
		return;
	text = utf8_repaired(value);
	if (text)
		put(object, name, json_object_new_string(text));
	short_of |= !text;
	free(text);
	if (!utf8_valid(value))
		put_hex(object, name, value);
}

/* ---- The parts ---- */

static void put_inode(struct json_object *object,
		      const struct manifest_inode *inode)
{
	char device[32];

	snprintf(device, sizeof(device), "%" PRIu32 ":%" PRIu32,
		 inode->dev_major, inode->dev_minor);
	put_string(object, "device", device);
	put_number(object, "inode", inode->inode);
	if (inode->born)
		put(object, "born", json_object_new_int64(inode->born));
}

static struct json_object *place_json(const struct manifest_place *place)
{
	struct json_object *object = checked(json_object_new_object());

	put_inode(object, &place->made);
	put_number(object, "mount", place->mount);
	put_string(object, "path_from_mount", place->from_root);
	put_string(object, "path", place->path);
	return object;
}

static struct json_object *holder_json(const struct manifest_holder *holder)
{
	struct json_object *object = checked(json_object_new_object());
	char text[HOLD_TEXT];

	put_number(object, "pid", holder->by.pid);
	put_number(object, "tid", holder->by.tid);
	if (holder->by.how != HOLD_FD) {
		put_string(object, "how", holder_text(&holder->by, text));
		return object;
	}
	put_string(object, "how", "fd");
	put_number(object, "fd", holder->by.fd);
	put_number(object, "flags", holder->flags);
	put_bool(object, "cloexec", holder->cloexec);
	put_number(object, "offset", holder->offset);
	if (holder->open_file)
		put_number(object, "open_file", holder->open_file);
	return object;
}

static void put_holders(struct json_object *object,
			const struct manifest_holder *holders, size_t count)
{
	struct json_object *array = checked(json_object_new_array());
	size_t i;

	for (i = 0; i < count; i++)
		push(array, holder_json(&holders[i]));
	put(object, "holders", array);
}

static struct json_object *mount_json(const struct manifest_mount *mount)
{
	struct json_object *object = checked(json_object_new_object());
	char device[32];

	snprintf(device, sizeof(device), "%" PRIu32 ":%" PRIu32,
		 mount->dev_major, mount->dev_minor);
	put_number(object, "id", mount->id);
	put_string(object, "device", device);
	put_string(object, "point", mount->point);
	put_string(object, "root", mount->root);
	put_string(object, "source", mount->source);
	put_string(object, "fstype", mount->fstype);
	if (mount->fsid)
		put_number(object, "fsid", mount->fsid);
	return object;
}

static struct json_object *file_json(const struct manifest_file *file)
{
	struct json_object *object = checked(json_object_new_object());

	put_string(object, "method", manifest_method_name(file->method));
	put_string(object, "type", manifest_type_name(file->mode));
	put_string(object, "original_path", file->original_path);
	if (file->method != MANIFEST_KEPT)
		put(object, "new", place_json(&file->place));
	put_inode(object, &file->was);
	put_number(object, "mode", file->mode);
	put_number(object, "uid", file->uid);
	put_number(object, "gid", file->gid);
	put_number(object, "links", file->links);
	put_number(object, "size", file->size);
	put_number(object, "mount", file->mount);
	put_holders(object, file->holders, file->holder_count);
	return object;
}

static struct json_object *
skipped_json(const struct manifest_skipped *skipped)
{
	struct json_object *object = checked(json_object_new_object());

	put_string(object, "reason", skipped->reason);
	put_bool(object, "failed", skipped->failed);
	put_string(object, "type", manifest_type_name(skipped->mode));
	put_string(object, "original_path", skipped->original_path);
	put_inode(object, &skipped->was);
	put_number(object, "mode", skipped->mode);
	put_number(object, "size", skipped->size);
	put_holders(object, skipped->holders, skipped->holder_count);
	return object;
}

static void put_head(struct json_object *object,
		     const struct manifest *manifest)
{
	struct json_object *pids = checked(json_object_new_array());
	size_t i;

	put_string(object, "format", MANIFEST_FORMAT);
	put_number(object, "version", MANIFEST_VERSION);
	put_string(object, "id", manifest->id);
	put(object, "time", json_object_new_int64(manifest->time));
	for (i = 0; i < manifest->pid_count; i++)
		push(pids, json_object_new_int64(manifest->pids[i]));
	put(object, "pids", pids);
}

static struct json_object *manifest_json(const struct manifest *manifest)
{
	struct json_object *object = checked(json_object_new_object());
	struct json_object *mounts = checked(json_object_new_array());
	struct json_object *directories = checked(json_object_new_array());
	struct json_object *files = checked(json_object_new_array());
	struct json_object *skipped = checked(json_object_new_array());
	size_t i;

	put_head(object, manifest);
	for (i = 0; i < manifest->mount_count; i++)
		push(mounts, mount_json(&manifest->mounts[i]));
	for (i = 0; i < manifest->directory_count; i++)
		push(directories, place_json(&manifest->directories[i]));
	for (i = 0; i < manifest->file_count; i++)
		push(files, file_json(&manifest->files[i]));
	for (i = 0; i < manifest->skipped_count; i++)
		push(skipped, skipped_json(&manifest->skipped[i]));
	put(object, "mounts", mounts);
	put(object, "directories", directories);
	put(object, "files", files);
	put(object, "skipped", skipped);
	return object;
}

/* ---- The file ---- */

static int cannot_write(const char *path, int err)
{
	if (err == EEXIST)
		return message_failed("the manifest %s exists: say another one with --manifest, or remove it (pvadm cleanup)",
				      path);
	return message_failed("cannot write the manifest %s: %s", path,
			      strerror(err));
}

/* Absolute, whether the file is there or not; for free(), or NULL with errno. */
static char *absolute(const char *path)
{
	char *directory, *name, *dir, *full = NULL;

	directory = strdup(path);
	name = strdup(path);
	dir = directory && name ? realpath(dirname(directory), NULL) : NULL;
	if (dir && asprintf(&full, "%s/%s", strcmp(dir, "/") ? dir : "",
			    basename(name)) < 0)
		full = NULL;
	free(dir);
	free(name);
	free(directory);
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
	if (!text || short_of)
		return -ENOMEM;
	err = files_write(fd, text, length);
	if (!err)
		err = files_write(fd, "\n", 1);
	if (!err && fsync(fd))
		err = -errno;
	return err;
}

int manifest_write(struct manifest_writer *writer,
		   const struct manifest *manifest)
{
	struct json_object *object;
	int err;

	short_of = false;
	object = manifest_json(manifest);
	err = write_json(writer->fd, object);
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
