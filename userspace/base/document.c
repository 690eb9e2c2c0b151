// SPDX-License-Identifier: GPL-2.0
/*
 * Files of ours in JSON.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sha2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/document.h"
#include "base/files.h"
#include "base/message.h"
#include "base/utf8.h"

#define SUM	(SHA256_DIGEST_STRING_LENGTH - 1)

/* Longer ones are not ours: a mount table has 100,000 lines at most. */
#define MOST_BYTES	(256 << 20)
#define DEPTH_MAX	32

static const char zeros[] =
	"0000000000000000000000000000000000000000000000000000000000000000";

/* ---- The sum ---- */

/* Put the sum of @text where @at in it, the place of the sum, is. */
static void seal(char *text, size_t length, char *at)
{
	char digits[SHA256_DIGEST_STRING_LENGTH];

	memcpy(at, zeros, SUM);
	SHA256Data((const uint8_t *)text, length, digits);
	memcpy(at, digits, SUM);
}

static bool is_sealed(char *text, size_t length, const char *sum)
{
	char *at = strstr(text, sum);

	if (strlen(sum) != SUM || !at)
		return false;
	seal(text, length, at);
	return !memcmp(at, sum, SUM);
}

/* ---- Writing ---- */

/* Take @value, or put it. */
static int add_member(struct json_object *object, const char *name,
		      struct json_object *value)
{
	if (value && !json_object_object_add(object, name, value))
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

/* All members, with zeros for the sum; NULL without memory. */
static struct json_object *with_head(const struct document_type *type,
				     struct json_object *members)
{
	struct json_object *root = json_object_new_object();
	int err;

	if (!root)
		return NULL;
	err = add_member(root, "format", json_object_new_string(type->format)) ?:
	      add_member(root, "version", json_object_new_int(type->version)) ?:
	      add_member(root, "sha256", json_object_new_string(zeros));
	json_object_object_foreach(members, name, value)
		if (!err)
			err = json_object_object_add(root, name,
						     json_object_get(value));
	if (!err)
		return root;
	json_object_put(root);
	return NULL;
}

static char *to_text(const struct document_type *type,
		     struct json_object *members)
{
	struct json_object *root = with_head(type, members);
	const char *json = NULL;
	char *text = NULL, *at;

	if (root)
		json = json_object_to_json_string_ext(root,
						      JSON_C_TO_STRING_PRETTY |
						      JSON_C_TO_STRING_SPACED |
						      JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!json || asprintf(&text, "%s\n", json) < 0)
		text = NULL;
	json_object_put(root);
	at = text ? strstr(text, zeros) : NULL;
	if (at)
		seal(text, strlen(text), at);
	return text;
}

static int write_synced(int fd, const char *text)
{
	return files_write(fd, text, strlen(text)) ?: (fsync(fd) ? -errno : 0);
}

static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return strndup(path, slash == path ? 1 : slash - path);
}

/* Without a name until it is whole: whatever ends us leaves nothing. */
static int write_nameless(const char *path, const char *directory,
			  const char *text)
{
	CLEANUP_CLOSE int fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	char link[64];
	int err;

	if (fd < 0)
		return -errno;
	err = write_synced(fd, text);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (!err && linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW))
		err = -errno;
	return err;
}

/* Where the filesystem has no nameless files. */
static int write_named(const char *path, const char *text)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int err;

	if (fd < 0)
		return -errno;
	err = write_synced(fd, text);
	if (err)
		unlink(path);
	return err;
}

static int write_text(const char *path, const char *text)
{
	CLEANUP_FREE char *directory = directory_of(path);
	struct stat st;
	int err;

	if (!directory)
		return -ENOMEM;
	if (!lstat(path, &st))
		err = -EEXIST;
	else
		err = write_nameless(path, directory, text);
	if (err == -EOPNOTSUPP || err == -EISDIR)
		err = write_named(path, text);
	if (!err) {
		err = files_sync_name(path);
		/* Who is told that it failed must not find it there. */
		if (err)
			unlink(path);
	}
	return err;
}

static const char *write_advice(int err)
{
	switch (err) {
	case -EEXIST:
		return ": name another file, or remove it first";
	case -ENOENT:
		return ": make the directory first";
	case -ENOSPC:
	case -EDQUOT:
		return ": nothing was written; free some space or name another place";
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return ": name a place that you may write to";
	default:
		return "";
	}
}

int document_write(const char *path, const struct document_type *type,
		   struct json_object *members)
{
	char *text = to_text(type, members);
	int err = text ? write_text(path, text) : -ENOMEM;

	free(text);
	if (err)
		return message_failed("cannot write %s: %s%s", path,
				      strerror(-err), write_advice(err));
	return STATUS_DONE;
}

/* ---- Reading ---- */

/* A FIFO in its place is not waited for. */
int document_slurp(int dirfd, const char *name, char **text, size_t *length)
{
	int fd = openat(dirfd, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int err;

	*text = NULL;
	if (fd < 0 || fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else
		err = files_read(fd, MOST_BYTES, text, length);
	if (fd >= 0)
		close(fd);
	return err;
}

static bool is_blank(const char *text)
{
	return !text[strspn(text, " \t\r\n")];
}

/*
 * Nothing but one object; NULL if it is something else.  Not JSON_TOKENER_STRICT:
 * by that, json-c 0.18 takes all that is not ASCII for control characters.
 */
static struct json_object *parse(const char *text, size_t length)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *root;

	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	root = json_tokener_parse_ex(tokener, text, length);
	if (root && (!json_object_is_type(root, json_type_object) ||
		     !is_blank(text + json_tokener_get_parse_end(tokener)))) {
		json_object_put(root);
		root = NULL;
	}
	json_tokener_free(tokener);
	return root;
}

static const char *string_of(const struct json_object *root, const char *name)
{
	struct json_object *value = json_object_object_get(root, name);

	if (!json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

/* In this order: of a newer version, not even the sum is known. */
static int check(const char *path, const struct document_type *type,
		 const struct json_object *root, char *text, size_t length)
{
	struct json_object *version = json_object_object_get(root, "version");

	if (strcmp(string_of(root, "format"), type->format))
		return message_failed("%s is not %s: %s", path, type->what,
				      type->advice);
	if (!json_object_is_type(version, json_type_int) ||
	    json_object_get_int(version) < 1)
		return message_failed("%s has no version that makes sense: %s",
				      path, type->advice);
	if (json_object_get_int64(version) > type->version)
		return message_failed("%s has version %s, and this pvadm knows none above %d: use the pvadm that made it, or a newer one",
				      path, json_object_get_string(version),
				      type->version);
	if (!is_sealed(text, length, string_of(root, "sha256")))
		return message_failed("%s was changed after it was written (its sha256 does not fit): %s",
				      path, type->advice);
	return STATUS_DONE;
}

int document_parse(const char *path, const struct document_type *type,
		   char *text, size_t length, struct json_object **root)
{
	int status;

	*root = parse(text, length);
	if (!*root)
		return message_failed("%s is cut short or no JSON: %s", path,
				      type->advice);
	status = check(path, type, *root, text, length);
	if (status != STATUS_DONE) {
		json_object_put(*root);
		*root = NULL;
	}
	return status;
}

int document_read(const char *path, const struct document_type *type,
		  struct json_object **root)
{
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;
	int status;
	int err = files_read_path(path, MOST_BYTES, &text, &length);

	*root = NULL;
	if (err)
		status = message_failed("cannot read %s: %s", path,
					strerror(-err));
	else
		status = document_parse(path, type, text, length, root);
	return status;
}

/* ---- Strings of any bytes ---- */

static int add_string(struct json_object *object, const char *name,
		      const char *value)
{
	struct json_object *string = json_object_new_string(value);

	if (!string || json_object_object_add(object, name, string)) {
		json_object_put(string);
		return -ENOMEM;
	}
	return 0;
}

static char *to_hex(const char *value)
{
	char *text = malloc(2 * strlen(value) + 1), *end = text;

	if (!text)
		return NULL;
	for (; *value; value++)
		end += sprintf(end, "%02x", (unsigned char)*value);
	*end = '\0';
	return text;
}

/* -1 if it is none. */
static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? at - digits : -1;
}

static char *from_hex(const char *text)
{
	size_t length = strlen(text), i;
	char *value = calloc(1, length / 2 + 1);

	for (i = 0; value && i < length; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

		if (high < 0 || low < 0 || !(high | low)) {
			free(value);
			errno = EINVAL;
			return NULL;
		}
		value[i / 2] = high << 4 | low;
	}
	return value;
}

int document_add_bytes(struct json_object *object, const char *name,
		       const char *value)
{
	CLEANUP_FREE char *text = utf8_repaired(value);
	CLEANUP_FREE char *hex = NULL;
	CLEANUP_FREE char *hex_name = NULL;
	int err = text ? add_string(object, name, text) : -ENOMEM;

	if (!err && strcmp(text, value)) {
		hex = to_hex(value);
		if (!hex || asprintf(&hex_name, "%s_hex", name) < 0) {
			hex_name = NULL;
			err = -ENOMEM;
		} else {
			err = add_string(object, hex_name, hex);
		}
	}
	return err;
}

char *document_get_bytes(const struct json_object *object, const char *name)
{
	struct json_object *hex;
	char *hex_name;
	char *value;

	if (asprintf(&hex_name, "%s_hex", name) < 0)
		return NULL;
	hex = json_object_object_get(object, hex_name);
	value = json_object_is_type(hex, json_type_string) ?
		from_hex(json_object_get_string(hex)) :
		strdup(string_of(object, name));
	free(hex_name);
	return value;
}
