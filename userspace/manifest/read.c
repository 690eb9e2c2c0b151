// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a manifest, which anybody may have written.
 *
 * The first thing that is wrong is said, with its place in the file; what is read
 * after that is of no account, so that nobody here looks at errors but the end.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/command.h"
#include "base/files.h"
#include "base/message.h"
#include "manifest/manifest.h"

/* Far more than a process with a million descriptors has. */
#define MOST_BYTES	(1U << 30)

/* "files[3].holders[0]" and some more. */
#define WHERE_TEXT	96

/*
 * struct reader - what is under way
 *
 * @path: the file
 * @manifest: becomes what it says
 * @where: the object that is read, with a "." behind; "" is the outermost
 * @failed: something was wrong, and was said
 */
struct reader {
	const char *path;
	struct manifest *manifest;
	char where[WHERE_TEXT];
	bool failed;
};

__attribute__((format(printf, 2, 3)))
static void complain(struct reader *reader, const char *format, ...)
{
	va_list args;
	char *what;

	if (reader->failed)
		return;
	reader->failed = true;
	va_start(args, format);
	if (vasprintf(&what, format, args) < 0)
		what = NULL;
	va_end(args);
	message_failed("the manifest %s cannot be used: %s%s", reader->path,
		       reader->where, what ? what : OUT_OF_MEMORY);
	free(what);
}

static void short_of(struct reader *reader)
{
	reader->where[0] = '\0';
	complain(reader, OUT_OF_MEMORY);
}

/* ---- Members ---- */

/* NULL where it is missing, and complains unless @optional. */
static struct json_object *member(struct reader *reader,
				  struct json_object *object, const char *name,
				  enum json_type type, bool optional)
{
	struct json_object *value = NULL;

	if (reader->failed)
		return NULL;
	if (!json_object_object_get_ex(object, name, &value)) {
		if (!optional)
			complain(reader, "%s is missing", name);
		return NULL;
	}
	if (json_object_is_type(value, type))
		return value;
	complain(reader, "%s is not of type %s but %s", name,
		 json_type_to_name(type),
		 json_type_to_name(json_object_get_type(value)));
	return NULL;
}

/* From @least, which is 0 or 1, to @most; 0 where it may be missing and is. */
static uint64_t number(struct reader *reader, struct json_object *object,
		       const char *name, uint64_t least, uint64_t most,
		       bool optional)
{
	struct json_object *value = member(reader, object, name, json_type_int,
					   optional);
	uint64_t is;

	if (!value)
		return 0;
	if (json_object_get_int64(value) < 0) {
		complain(reader, "%s is negative", name);
		return 0;
	}
	is = json_object_get_uint64(value);
	if (is < least || is > most)
		complain(reader,
			 "%s is %" PRIu64 ", not from %" PRIu64 " to %" PRIu64,
			 name, is, least, most);
	return is;
}

static bool boolean(struct reader *reader, struct json_object *object,
		    const char *name)
{
	struct json_object *value = member(reader, object, name,
					   json_type_boolean, false);

	return value && json_object_get_boolean(value);
}

/* The value's bytes, up to and without a NUL, which may not be among them. */
static const char *text(struct reader *reader, struct json_object *object,
			const char *name, bool optional)
{
	struct json_object *value = member(reader, object, name,
					   json_type_string, optional);
	const char *is = value ? json_object_get_string(value) : NULL;

	if (is && strlen(is) != (size_t)json_object_get_string_len(value)) {
		complain(reader, "%s has a NUL", name);
		return NULL;
	}
	return is;
}

/* -1 if it is none. */
static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? at - digits : -1;
}

/* For free(); NULL if @hex is not a string of bytes, or memory is short. */
static char *from_hex(const char *hex)
{
	size_t length = strlen(hex), i;
	char *bytes = length % 2 ? NULL : calloc(1, length / 2 + 1);

	for (i = 0; bytes && i < length / 2; i++) {
		int high = hex_digit(hex[2 * i]);
		int low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0 || !(high | low)) {
			free(bytes);
			return NULL;
		}
		bytes[i] = high << 4 | low;
	}
	return bytes;
}

/* The string with all its bytes, see manifest.h; for free(). */
static char *bytes(struct reader *reader, struct json_object *object,
		   const char *name, bool optional)
{
	const char *plain = text(reader, object, name, optional), *hex;
	char *is, *hex_name;

	if (!plain)
		return NULL;
	if (asprintf(&hex_name, "%s_hex", name) < 0) {
		short_of(reader);
		return NULL;
	}
	hex = text(reader, object, hex_name, true);
	is = hex ? from_hex(hex) : strdup(plain);
	if (!is && hex)
		complain(reader, "%s is not a string of bytes", hex_name);
	else if (!is)
		short_of(reader);
	free(hex_name);
	return is;
}

/* Absolute, and nothing leads out of it. */
static bool is_safe_path(const char *path)
{
	const char *part = path;

	if (*path != '/' || strlen(path) >= PATH_MAX)
		return false;
	while (*part) {
		size_t length = strcspn(++part, "/");

		if (length == 2 && !strncmp(part, "..", 2))
			return false;
		part += length;
	}
	return true;
}

static char *path_of(struct reader *reader, struct json_object *object,
		     const char *name, bool optional)
{
	char *path = bytes(reader, object, name, optional);

	if (path && !is_safe_path(path))
		complain(reader,
			 "%s is not absolute, too long, or has a \"..\"", name);
	return path;
}

/* "8:1" */
static void device(struct reader *reader, struct json_object *object,
		   uint32_t *dev_major, uint32_t *dev_minor)
{
	const char *is = text(reader, object, "device", false);
	int end = 0;

	if (!is)
		return;
	if (!strncmp(is, "0x", 2) || strspn(is, "0123456789:") != strlen(is) ||
	    sscanf(is, "%9" SCNu32 ":%9" SCNu32 "%n", dev_major, dev_minor,
		   &end) != 2 || is[end])
		complain(reader, "device is \"%s\", not MAJOR:MINOR", is);
}

static mode_t mode_of(struct reader *reader, struct json_object *object)
{
	uint64_t mode = number(reader, object, "mode", 0, 0177777, false);
	const char *type = text(reader, object, "type", false);

	if (type && strcmp(type, manifest_type_name(mode)))
		complain(reader, "type is \"%s\", but mode is that of \"%s\"",
			 type, manifest_type_name(mode));
	return mode;
}

/* ---- Lists ---- */

typedef void (*element_fn)(struct reader *reader, struct json_object *object,
			   void *arg);

/* Calls @fn for each object of the list @name. */
static void each(struct reader *reader, struct json_object *object,
		 const char *name, element_fn fn, void *arg)
{
	struct json_object *list = member(reader, object, name,
					  json_type_array, false);
	size_t outer = strlen(reader->where), count, i;

	count = list ? json_object_array_length(list) : 0;
	for (i = 0; i < count && !reader->failed; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		snprintf(reader->where + outer, WHERE_TEXT - outer, "%s[%zu]",
			 name, i);
		if (!json_object_is_type(one, json_type_object))
			complain(reader, " is not an object");
		strncat(reader->where, ".",
			WHERE_TEXT - strlen(reader->where) - 1);
		if (!reader->failed)
			fn(reader, one, arg);
		reader->where[outer] = '\0';
	}
}

/* ---- The parts ---- */

static void inode_of(struct reader *reader, struct json_object *object,
		     struct manifest_inode *inode)
{
	device(reader, object, &inode->dev_major, &inode->dev_minor);
	inode->inode = number(reader, object, "inode", 0, UINT64_MAX, false);
	inode->born = number(reader, object, "born", 0, INT64_MAX, true);
}

static uint64_t mount_of(struct reader *reader, struct json_object *object)
{
	uint64_t id = number(reader, object, "mount", 0, UINT64_MAX, false);

	if (!reader->failed && !manifest_mount(reader->manifest, id))
		complain(reader, "mount is %" PRIu64 ", which is not in mounts",
			 id);
	return id;
}

static void read_place(struct reader *reader, struct json_object *object,
		       struct manifest_place *place)
{
	inode_of(reader, object, &place->made);
	place->mount = mount_of(reader, object);
	place->from_root = path_of(reader, object, "path_from_mount", false);
	place->path = path_of(reader, object, "path", true);
}

static void read_directory(struct reader *reader, struct json_object *object,
			   void *arg)
{
	struct manifest_place *place = manifest_add_directory(reader->manifest);

	(void)arg;
	if (place)
		read_place(reader, object, place);
	else
		short_of(reader);
}

static void read_mount(struct reader *reader, struct json_object *object,
		       void *arg)
{
	uint64_t id = number(reader, object, "id", 0, UINT64_MAX, false);
	struct manifest_mount *mount;

	(void)arg;
	if (!reader->failed && manifest_mount(reader->manifest, id))
		complain(reader, "id is there twice");
	mount = manifest_add_mount(reader->manifest);
	if (!mount) {
		short_of(reader);
		return;
	}
	mount->id = id;
	device(reader, object, &mount->dev_major, &mount->dev_minor);
	mount->point = path_of(reader, object, "point", true);
	mount->root = bytes(reader, object, "root", true);
	mount->source = bytes(reader, object, "source", true);
	mount->fstype = bytes(reader, object, "fstype", true);
	mount->fsid = number(reader, object, "fsid", 0, UINT64_MAX, true);
}

/* ---- Holders ---- */

struct holders {
	struct manifest_holder *holder;
	size_t count;
};

static enum hold how_of(struct reader *reader, struct json_object *object)
{
	const char *is = text(reader, object, "how", false);
	struct holder holder = { .how = HOLD_FD };
	char other[HOLD_TEXT];

	if (!is || !strcmp(is, "fd"))
		return HOLD_FD;
	for (holder.how = HOLD_FD + 1; holder.how <= HOLD_ROOT; holder.how++)
		if (!strcmp(is, holder_text(&holder, other)))
			return holder.how;
	complain(reader, "how is \"%s\", which nothing is held by", is);
	return HOLD_FD;
}

static void read_holder(struct reader *reader, struct json_object *object,
			void *arg)
{
	struct holders *holders = arg;
	struct manifest_holder *holder = &holders->holder[holders->count++];

	holder->by.pid = number(reader, object, "pid", 1, INT_MAX, false);
	holder->by.tid = number(reader, object, "tid", 1, INT_MAX, false);
	holder->by.how = how_of(reader, object);
	if (holder->by.how != HOLD_FD)
		return;
	holder->by.fd = number(reader, object, "fd", 0, INT_MAX, false);
	holder->flags = number(reader, object, "flags", 0, UINT32_MAX, false);
	holder->cloexec = boolean(reader, object, "cloexec");
	holder->offset = number(reader, object, "offset", 0, INT64_MAX, false);
	holder->open_file = number(reader, object, "open_file", 1, UINT32_MAX,
				   true);
}

/* Returns the array, and its length in @count. */
static struct manifest_holder *read_holders(struct reader *reader,
					    struct json_object *object,
					    size_t *count)
{
	struct json_object *list = member(reader, object, "holders",
					  json_type_array, false);
	struct holders holders = { 0 };
	size_t length = list ? json_object_array_length(list) : 0;

	*count = 0;
	if (list && !length)
		complain(reader, "holders is empty");
	if (!length)
		return NULL;
	holders.holder = calloc(length, sizeof(*holders.holder));
	if (holders.holder)
		each(reader, object, "holders", read_holder, &holders);
	else
		short_of(reader);
	*count = holders.count;
	return holders.holder;
}

/* ---- Files ---- */

static enum manifest_method method_of(struct reader *reader,
				      struct json_object *object)
{
	const char *is = text(reader, object, "method", false);
	enum manifest_method method = MANIFEST_LINK;

	for (; is && manifest_method_name(method); method++)
		if (!strcmp(is, manifest_method_name(method)))
			return method;
	if (is)
		complain(reader, "method is \"%s\", which is not known", is);
	return MANIFEST_KEPT;
}

/* It is what @method makes. */
static void check_made(struct reader *reader, const struct manifest_file *file)
{
	if (reader->failed)
		return;
	if ((file->method == MANIFEST_MKDIR) != S_ISDIR(file->mode) &&
	    file->method != MANIFEST_KEPT)
		complain(reader, "method is \"%s\", but type is \"%s\"",
			 manifest_method_name(file->method),
			 manifest_type_name(file->mode));
	if (file->method == MANIFEST_LINK &&
	    !manifest_inode_same(&file->was, &file->place.made))
		complain(reader,
			 "new is another inode, but method is \"link\"");
}

static void read_new(struct reader *reader, struct json_object *object,
		     struct manifest_file *file)
{
	struct json_object *place = member(reader, object, "new",
					   json_type_object, false);
	size_t outer = strlen(reader->where);

	if (!place)
		return;
	strncat(reader->where, "new.", WHERE_TEXT - outer - 1);
	read_place(reader, place, &file->place);
	reader->where[outer] = '\0';
	check_made(reader, file);
}

static void read_file(struct reader *reader, struct json_object *object,
		      void *arg)
{
	struct manifest_file *file = manifest_add_file(reader->manifest);

	(void)arg;
	if (!file) {
		short_of(reader);
		return;
	}
	file->method = method_of(reader, object);
	inode_of(reader, object, &file->was);
	file->mode = mode_of(reader, object);
	file->uid = number(reader, object, "uid", 0, UINT32_MAX, false);
	file->gid = number(reader, object, "gid", 0, UINT32_MAX, false);
	file->links = number(reader, object, "links", 0, UINT32_MAX, false);
	file->size = number(reader, object, "size", 0, INT64_MAX, false);
	file->mount = mount_of(reader, object);
	file->original_path = bytes(reader, object, "original_path", false);
	if (file->method != MANIFEST_KEPT)
		read_new(reader, object, file);
	file->holders = read_holders(reader, object, &file->holder_count);
}

static void read_skipped(struct reader *reader, struct json_object *object,
			 void *arg)
{
	struct manifest_skipped *skipped =
		manifest_add_skipped(reader->manifest);

	(void)arg;
	if (!skipped) {
		short_of(reader);
		return;
	}
	skipped->reason = bytes(reader, object, "reason", false);
	skipped->failed = boolean(reader, object, "failed");
	inode_of(reader, object, &skipped->was);
	skipped->mode = mode_of(reader, object);
	skipped->size = number(reader, object, "size", 0, INT64_MAX, false);
	skipped->original_path = bytes(reader, object, "original_path", false);
	skipped->holders = read_holders(reader, object,
					&skipped->holder_count);
}

/* ---- The head ---- */

static void check_format(struct reader *reader, struct json_object *object)
{
	const char *format = text(reader, object, "format", false);
	uint64_t version = number(reader, object, "version", 1, UINT32_MAX,
				  false);

	if (format && strcmp(format, MANIFEST_FORMAT))
		complain(reader, "its format is \"%s\", not \"%s\"", format,
			 MANIFEST_FORMAT);
	if (version > MANIFEST_VERSION)
		complain(reader,
			 "it has version %" PRIu64 " of the format, this pvadm knows those up to %d: take a newer pvadm",
			 version, MANIFEST_VERSION);
}

static void read_id(struct reader *reader, struct json_object *object)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	char *id = bytes(reader, object, "id", false);

	reader->manifest->id = id;
	if (id && (!*id || strlen(id) > NAME_MAX || id[strspn(id, allowed)]))
		complain(reader, "id is not of letters, digits and \"-\"");
}

static void read_pids(struct reader *reader, struct json_object *object)
{
	struct json_object *list = member(reader, object, "pids",
					  json_type_array, false);
	size_t count = list ? json_object_array_length(list) : 0, i;
	struct manifest *manifest = reader->manifest;

	if (list && !count)
		complain(reader, "pids is empty");
	if (!count)
		return;
	manifest->pids = calloc(count, sizeof(*manifest->pids));
	if (!manifest->pids) {
		short_of(reader);
		return;
	}
	manifest->pid_count = count;
	for (i = 0; i < count && !reader->failed; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		int64_t pid = json_object_get_int64(one);

		if (!json_object_is_type(one, json_type_int) || pid < 1 ||
		    pid > INT_MAX)
			complain(reader, "pids[%zu] is not a process number", i);
		manifest->pids[i] = pid;
	}
}

static void read_all(struct reader *reader, struct json_object *object)
{
	check_format(reader, object);
	read_id(reader, object);
	reader->manifest->time = number(reader, object, "time", 0, INT64_MAX,
					false);
	read_pids(reader, object);
	each(reader, object, "mounts", read_mount, NULL);
	each(reader, object, "directories", read_directory, NULL);
	each(reader, object, "files", read_file, NULL);
	each(reader, object, "skipped", read_skipped, NULL);
}

/* ---- Nothing twice ---- */

/* struct entry - what may not be there twice, of the file number @index */
struct entry {
	size_t index;
	const struct manifest_place *place;
	const struct manifest_holder *holder;
};

static int by_place(const void *a, const void *b)
{
	const struct manifest_place *left = ((const struct entry *)a)->place;
	const struct manifest_place *right = ((const struct entry *)b)->place;

	if (left->mount != right->mount)
		return left->mount < right->mount ? -1 : 1;
	return strcmp(left->from_root, right->from_root);
}

static int by_descriptor(const void *a, const void *b)
{
	const struct holder *left = &((const struct entry *)a)->holder->by;
	const struct holder *right = &((const struct entry *)b)->holder->by;

	if (left->tid != right->tid)
		return left->tid < right->tid ? -1 : 1;
	return (left->fd > right->fd) - (left->fd < right->fd);
}

static int by_open_file(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	uint32_t left_key = left->holder->open_file;
	uint32_t right_key = right->holder->open_file;

	if (left_key != right_key)
		return left_key < right_key ? -1 : 1;
	return (left->index > right->index) - (left->index < right->index);
}

static void check_places(struct reader *reader, struct entry *entries)
{
	const struct manifest *manifest = reader->manifest;
	size_t count = 0, i;

	for (i = 0; i < manifest->directory_count; i++)
		entries[count++].place = &manifest->directories[i];
	for (i = 0; i < manifest->file_count; i++)
		if (manifest->files[i].method != MANIFEST_KEPT)
			entries[count++].place = &manifest->files[i].place;
	qsort(entries, count, sizeof(*entries), by_place);
	for (i = 1; i < count; i++)
		if (!by_place(&entries[i - 1], &entries[i]))
			complain(reader, "%s of mount %" PRIu64 " is there twice",
				 entries[i].place->from_root,
				 entries[i].place->mount);
}

static size_t list_holders(struct entry *entries, size_t index,
			   const struct manifest_holder *holders, size_t count)
{
	size_t listed = 0, i;

	for (i = 0; i < count; i++)
		if (holders[i].by.how == HOLD_FD)
			entries[listed++] = (struct entry){
				.index = index,
				.holder = &holders[i],
			};
	return listed;
}

static void check_holders(struct reader *reader, struct entry *entries)
{
	const struct manifest *manifest = reader->manifest;
	size_t count = 0, i;

	for (i = 0; i < manifest->file_count; i++)
		count += list_holders(entries + count, i,
				      manifest->files[i].holders,
				      manifest->files[i].holder_count);
	for (i = 0; i < manifest->skipped_count; i++)
		count += list_holders(entries + count,
				      manifest->file_count + i,
				      manifest->skipped[i].holders,
				      manifest->skipped[i].holder_count);
	qsort(entries, count, sizeof(*entries), by_descriptor);
	for (i = 1; i < count; i++)
		if (!by_descriptor(&entries[i - 1], &entries[i]))
			complain(reader, "descriptor %d of %d is there twice",
				 entries[i].holder->by.fd,
				 entries[i].holder->by.tid);
	qsort(entries, count, sizeof(*entries), by_open_file);
	for (i = 1; i < count; i++)
		if (entries[i].holder->open_file &&
		    entries[i].holder->open_file ==
		    entries[i - 1].holder->open_file &&
		    entries[i].index != entries[i - 1].index)
			complain(reader, "open_file %" PRIu32 " is of two files",
				 entries[i].holder->open_file);
}

static void check_twice(struct reader *reader)
{
	const struct manifest *manifest = reader->manifest;
	size_t count = manifest->directory_count + manifest->file_count + 1, i;
	struct entry *entries;

	for (i = 0; i < manifest->file_count; i++)
		count += manifest->files[i].holder_count;
	for (i = 0; i < manifest->skipped_count; i++)
		count += manifest->skipped[i].holder_count;
	entries = calloc(count, sizeof(*entries));
	if (!entries) {
		short_of(reader);
		return;
	}
	check_places(reader, entries);
	check_holders(reader, entries);
	free(entries);
}

/* ---- The file ---- */

static void complain_json(struct reader *reader, struct json_tokener *tokener,
			  size_t length)
{
	enum json_tokener_error error = json_tokener_get_error(tokener);

	if (!length)
		complain(reader,
			 "it is empty: the pvadm that was to write it did not get that far");
	else if (error == json_tokener_continue)
		complain(reader, "it is truncated");
	else
		complain(reader, "it is not JSON: %s, byte %zu",
			 json_tokener_error_desc(error),
			 json_tokener_get_parse_end(tokener));
}

static void parse(struct reader *reader, const char *all, size_t length)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;

	if (!tokener) {
		short_of(reader);
		return;
	}
	/* Not JSON_TOKENER_STRICT: json-c 0.18 takes all but ASCII amiss then. */
	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, all, length);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		complain_json(reader, tokener, length);
	else if (strspn(all + json_tokener_get_parse_end(tokener), " \t\r\n") !=
		 length - json_tokener_get_parse_end(tokener))
		complain(reader, "something is behind its end");
	else if (!json_object_is_type(object, json_type_object))
		complain(reader, "it is not an object");
	if (!reader->failed)
		read_all(reader, object);
	if (!reader->failed)
		check_twice(reader);
	json_object_put(object);
	json_tokener_free(tokener);
}

bool manifest_is_of(const char *path, const char *id)
{
	struct json_object *object = json_object_from_file(path), *is;
	bool same = object && json_object_object_get_ex(object, "id", &is) &&
		    json_object_is_type(is, json_type_string) &&
		    !strcmp(json_object_get_string(is), id);

	json_object_put(object);
	return same;
}

/* What was wrong was said. */
static int result(const struct reader *reader)
{
	if (!reader->failed)
		return STATUS_DONE;
	manifest_free(reader->manifest);
	return STATUS_FAILED;
}

int manifest_read(const char *path, struct manifest *manifest)
{
	struct reader reader = { .path = path, .manifest = manifest };
	size_t length;
	char *all;
	int err;

	*manifest = (struct manifest){ 0 };
	err = files_read_path(path, MOST_BYTES, &all, &length);
	if (err)
		complain(&reader, "%s", strerror(-err));
	else
		parse(&reader, all, length);
	free(all);
	return result(&reader);
}

int manifest_parse(const char *path, const char *text, size_t length,
		   struct manifest *manifest)
{
	struct reader reader = { .path = path, .manifest = manifest };

	*manifest = (struct manifest){ 0 };
	parse(&reader, text, length);
	return result(&reader);
}
