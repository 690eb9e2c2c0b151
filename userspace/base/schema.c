// SPDX-License-Identifier: GPL-2.0
/*
 * Files in JSON, by tables.
 *
 * What is read may have been written by anybody.  What is read after the first thing that
 * is wrong is of no account, so nobody here looks at errors but the end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/command.h"
#include "base/document.h"
#include "base/message.h"
#include "base/schema.h"

/* "files[3].holders[0]" and some more. */
#define WHERE_TEXT	96

/*
 * struct schema_reader - what is under way
 *
 * @at: see struct schema; then @member of @where is all that is said
 * @place: where to put that in place of saying it, or NULL
 * @where: the object that is read, with a "." behind; "" is the outermost
 * @failed: something was wrong, and was said
 */
struct schema_reader {
	const char *what, *path, *advice, *at;
	const void *root;
	const char *member;
	char *place;
	char where[WHERE_TEXT];
	bool failed;
};

static void read_object(struct schema_reader *reader, const struct schema *schema,
			struct json_object *json, void *object);

static void complain_at(const struct schema_reader *reader)
{
	if (reader->place)
		snprintf(reader->place, SCHEMA_PLACE, "%s%s", reader->where,
			 reader->member);
	else
		message_failed("%s %s \"%s%s\": %s", reader->path, reader->at,
			       reader->where, reader->member, reader->advice);
}

void schema_complain(struct schema_reader *reader, const char *format, ...)
{
	va_list args;
	char *text;

	if (reader->failed)
		return;
	reader->failed = true;
	if (reader->at) {
		complain_at(reader);
		return;
	}
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	message_failed("%s %s cannot be used: %s%s%s%s", reader->what,
		       reader->path, reader->where, text ? text : OUT_OF_MEMORY,
		       reader->advice ? ": " : "",
		       reader->advice ? reader->advice : "");
	free(text);
}

void schema_complain_of(struct schema_reader *reader, const char *member)
{
	reader->member = member;
	schema_complain(reader, "%s is missing", member);
}

static void short_of_memory(struct schema_reader *reader)
{
	reader->where[0] = '\0';
	schema_complain(reader, OUT_OF_MEMORY);
}

const void *schema_root(const struct schema_reader *reader)
{
	return reader->root;
}

/* ---- Numbers of any size ---- */

static uint64_t load(const void *at, size_t size)
{
	switch (size) {
	case sizeof(uint32_t):
		return *(const uint32_t *)at;
	default:
		return *(const uint64_t *)at;
	}
}

static void store(void *at, size_t size, uint64_t value)
{
	switch (size) {
	case sizeof(uint32_t):
		*(uint32_t *)at = value;
		break;
	default:
		*(uint64_t *)at = value;
	}
}

/* ---- Reading members ---- */

/* NULL where it is missing, and complains unless it may be. */
static struct json_object *member(struct schema_reader *reader,
				  struct json_object *json, const char *name,
				  enum json_type type, bool optional)
{
	struct json_object *value = NULL;

	if (reader->failed)
		return NULL;
	if (!json_object_object_get_ex(json, name, &value)) {
		if (!optional)
			schema_complain(reader, "%s is missing", name);
		return NULL;
	}
	if (json_object_is_type(value, type))
		return value;
	schema_complain(reader, "%s is not of type %s but %s", name,
			json_type_to_name(type),
			json_type_to_name(json_object_get_type(value)));
	return NULL;
}

static uint64_t read_number(struct schema_reader *reader,
			    const struct schema_field *field,
			    struct json_object *json)
{
	struct json_object *value = member(reader, json, field->name,
					   json_type_int, field->optional);
	uint64_t is;

	if (!value)
		return 0;
	if (json_object_get_int64(value) < 0) {
		schema_complain(reader, "%s is negative", field->name);
		return 0;
	}
	is = json_object_get_uint64(value);
	if (field->kind == SCHEMA_VERSION && is > field->most)
		schema_complain(reader,
				"it has version %llu of the format, this pvadm knows those up to %llu: take a newer pvadm",
				(unsigned long long)is,
				(unsigned long long)field->most);
	else if (is < field->least || is > field->most)
		schema_complain(reader,
				"%s is %" PRIu64 ", not from %" PRIu64 " to %" PRIu64,
				field->name, is, field->least, field->most);
	return is;
}

static bool read_bool(struct schema_reader *reader,
		      const struct schema_field *field, struct json_object *json)
{
	struct json_object *value = member(reader, json, field->name,
					   json_type_boolean, field->optional);

	return value ? json_object_get_boolean(value) : !!field->least;
}

/* It and all that is like it: a 0 in the middle would cut it short for whoever takes it. */
static const char *text_of(struct schema_reader *reader,
			   struct json_object *value, const char *name)
{
	const char *is = value ? json_object_get_string(value) : NULL;

	if (is && strlen(is) != (size_t)json_object_get_string_len(value)) {
		schema_complain(reader, "%s has a NUL", name);
		return NULL;
	}
	return is;
}

static const char *read_text(struct schema_reader *reader,
			     struct json_object *json, const char *name,
			     bool optional)
{
	return text_of(reader, member(reader, json, name, json_type_string,
				      optional), name);
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

static void check_fits(struct schema_reader *reader,
		       const struct schema_field *field, const char *text)
{
	if (text && field->fits && !field->fits(text))
		schema_complain(reader, "%s is \"%s\", which is not allowed",
				field->name, text);
}

static char *read_bytes(struct schema_reader *reader,
			const struct schema_field *field,
			struct json_object *json)
{
	char *is = NULL, *hex_name;

	if (!read_text(reader, json, field->name, field->optional))
		return NULL;
	if (asprintf(&hex_name, "%s_hex", field->name) < 0) {
		short_of_memory(reader);
		return NULL;
	}
	read_text(reader, json, hex_name, true);
	if (!reader->failed) {
		is = document_get_bytes(json, field->name);
		if (!is && errno == EINVAL)
			schema_complain(reader, "%s is not a string of bytes",
					hex_name);
		else if (!is)
			short_of_memory(reader);
	}
	free(hex_name);
	if (is && field->kind == SCHEMA_PATH && !is_safe_path(is))
		schema_complain(reader,
				"%s is not absolute, too long, or has a \"..\"",
				field->name);
	check_fits(reader, field, is);
	return is;
}

static unsigned int read_word(struct schema_reader *reader,
			      const struct schema_field *field,
			      struct json_object *json)
{
	const char *is = read_text(reader, json, field->name, false);
	unsigned int value;

	for (value = 0; is && field->word(value); value++)
		if (!strcmp(is, field->word(value)))
			return value;
	if (is)
		schema_complain(reader, "%s is \"%s\", which is not known",
				field->name, is);
	return 0;
}

static void check_text(struct schema_reader *reader,
		       const struct schema_field *field,
		       struct json_object *json, const void *object)
{
	const char *is = read_text(reader, json, field->name, false);
	const char *text = field->text ? field->text : field->derived(object);

	if (is && strcmp(is, text))
		schema_complain(reader, "%s%s is \"%s\", not \"%s\"",
				field->text ? "its " : "", field->name, is,
				text);
}

static void read_device(struct schema_reader *reader,
			const struct schema_field *field,
			struct json_object *json, uint32_t *device)
{
	const char *is = read_text(reader, json, field->name, false);
	int end = 0;

	if (!is)
		return;
	if (strspn(is, "0123456789:") != strlen(is) ||
	    sscanf(is, "%9" SCNu32 ":%9" SCNu32 "%n", &device[0], &device[1],
		   &end) != 2 || is[end])
		schema_complain(reader, "%s is \"%s\", not MAJOR:MINOR",
				field->name, is);
}

/* ---- Reading lists ---- */

/* The element @index, of which others are behind it. */
static void read_element(struct schema_reader *reader,
			 const struct schema_field *field,
			 struct json_object *json, size_t index, char *element)
{
	size_t outer = strlen(reader->where);
	int64_t number = json_object_get_int64(json);

	if (!field->of && (!json_object_is_type(json, json_type_int) ||
			   number < 1 || number > INT_MAX)) {
		schema_complain(reader, "%s[%zu] is not %s", field->name, index,
				field->what);
	} else if (!field->of) {
		*(int *)element = number;
	} else {
		if (reader->at)
			snprintf(reader->where + outer, WHERE_TEXT - outer, "%s[]",
				 field->name);
		else
			snprintf(reader->where + outer, WHERE_TEXT - outer,
				 "%s[%zu]", field->name, index);
		reader->member = "";
		if (!json_object_is_type(json, json_type_object))
			schema_complain(reader, " is not an object");
		strncat(reader->where, ".",
			WHERE_TEXT - strlen(reader->where) - 1);
		read_object(reader, field->of, json, element);
		reader->where[outer] = '\0';
	}
}

static size_t element_size(const struct schema_field *field)
{
	return field->of ? field->of->size : sizeof(int);
}

static void read_list(struct schema_reader *reader,
		      const struct schema_field *field, struct json_object *json,
		      char **list, size_t *count)
{
	struct json_object *array = member(reader, json, field->name,
					   json_type_array, false);
	size_t length = array ? json_object_array_length(array) : 0;

	if (array && length < field->least)
		schema_complain(reader, "%s is empty", field->name);
	if (!length)
		return;
	*list = calloc(length, element_size(field));
	if (!*list) {
		short_of_memory(reader);
		return;
	}
	while (*count < length && !reader->failed) {
		size_t i = (*count)++;

		read_element(reader, field, json_object_array_get_idx(array, i),
			     i, *list + i * element_size(field));
	}
}

/* The string @value, which is an element, or what the name @name of a map has. */
static char *read_string(struct schema_reader *reader,
			 const struct schema_field *field, const char *name,
			 struct json_object *value)
{
	enum json_type type = field->most ? json_type_int : json_type_string;
	size_t outer = strlen(reader->where);
	const char *is = NULL;
	char *copy;

	snprintf(reader->where + outer, WHERE_TEXT - outer, "%s%s", field->name,
		 name ? "{}" : "[]");
	reader->member = "";
	if (!json_object_is_type(value, type) ||
	    (field->most && json_object_get_int64(value) < 0))
		schema_complain(reader, " is not what it is to be");
	else if (field->most)
		is = json_object_get_string(value);
	else
		is = text_of(reader, value, "");
	check_fits(reader, field, name ? name : is);
	copy = is && !reader->failed ? strdup(is) : NULL;
	if (!copy && !reader->failed)
		short_of_memory(reader);
	reader->where[outer] = '\0';
	return copy;
}

static void read_strings(struct schema_reader *reader,
			 const struct schema_field *field,
			 struct json_object *json, char ***list, size_t *count)
{
	struct json_object *array = member(reader, json, field->name,
					   json_type_array, field->optional);
	size_t length = array ? json_object_array_length(array) : 0, i;

	/* Also of none, so that it can be told from one that is missing. */
	if (array && !length)
		*list = calloc(1, sizeof(**list));
	for (i = 0; i < length && !reader->failed; i++) {
		char **added = ARRAY_ADD(list, count);

		if (added)
			*added = read_string(reader, field, NULL,
					     json_object_array_get_idx(array, i));
		else
			short_of_memory(reader);
	}
}

static void read_map(struct schema_reader *reader,
		     const struct schema_field *field, struct json_object *json,
		     struct schema_pair **list, size_t *count)
{
	struct json_object *map = member(reader, json, field->name,
					 json_type_object, field->optional);

	if (!map)
		return;
	json_object_object_foreach(map, name, value) {
		struct schema_pair *added = ARRAY_ADD(list, count);

		if (added)
			added->name = strdup(name);
		if (!added || !added->name)
			short_of_memory(reader);
		else
			added->text = read_string(reader, field, name, value);
		if (reader->failed)
			return;
	}
}

/* ---- Reading objects ---- */

static void read_inner(struct schema_reader *reader,
		       const struct schema_field *field,
		       struct json_object *json, char *object)
{
	struct json_object *inner = member(reader, json, field->name,
					   json_type_object, field->optional);
	size_t outer = strlen(reader->where);

	if (!inner)
		return;
	if (field->optional)
		*(bool *)(object + field->count) = true;
	snprintf(reader->where + outer, WHERE_TEXT - outer, "%s.", field->name);
	read_object(reader, field->of, inner, object + field->offset);
	reader->where[outer] = '\0';
}

static void read_field(struct schema_reader *reader,
		       const struct schema_field *field,
		       struct json_object *json, char *object)
{
	char *at = object + field->offset;

	reader->member = field->name;
	switch (field->kind) {
	case SCHEMA_VERSION:
		read_number(reader, field, json);
		break;
	case SCHEMA_SIGNED:
		*(int64_t *)at = json_object_get_int64(member(reader, json, field->name,
							      json_type_int, false));
		break;
	case SCHEMA_MAYBE:
		*(int64_t *)at = json_object_object_get_ex(json, field->name, NULL) ?
				 (int64_t)read_number(reader, field, json) : -1;
		break;
	case SCHEMA_NUMBER:
		store(at, field->size, read_number(reader, field, json));
		break;
	case SCHEMA_BOOL:
		*(bool *)at = read_bool(reader, field, json);
		break;
	case SCHEMA_BYTES:
	case SCHEMA_PATH:
		*(char **)at = read_bytes(reader, field, json);
		break;
	case SCHEMA_WORD:
		*(unsigned int *)at = read_word(reader, field, json);
		break;
	case SCHEMA_FORMAT:
	case SCHEMA_DERIVED:
		check_text(reader, field, json, object);
		break;
	case SCHEMA_DEVICE:
		read_device(reader, field, json, (uint32_t *)at);
		break;
	case SCHEMA_INLINE:
		read_object(reader, field->of, json, at);
		break;
	case SCHEMA_OBJECT:
		read_inner(reader, field, json, object);
		break;
	case SCHEMA_STRINGS:
		read_strings(reader, field, json, (char ***)at,
			     (size_t *)(object + field->count));
		break;
	case SCHEMA_MAP:
		read_map(reader, field, json, (struct schema_pair **)at,
			 (size_t *)(object + field->count));
		break;
	case SCHEMA_LIST:
		read_list(reader, field, json, (char **)at,
			  (size_t *)(object + field->count));
		break;
	}
}

static bool is_present(const struct schema_field *field, const void *object)
{
	return !field->present || field->present(object);
}

static void read_object(struct schema_reader *reader, const struct schema *schema,
			struct json_object *json, void *object)
{
	const struct schema_field *field;

	for (field = schema->fields; field->name && !reader->failed; field++)
		if (is_present(field, object))
			read_field(reader, field, json, object);
	if (schema->check && !reader->failed)
		schema->check(reader, object);
}

static void complain_json(struct schema_reader *reader,
			  struct json_tokener *tokener, size_t length)
{
	enum json_tokener_error error = json_tokener_get_error(tokener);

	if (!length)
		schema_complain(reader,
				"it is empty: the pvadm that was to write it did not get that far");
	else if (error == json_tokener_continue)
		schema_complain(reader, "it is truncated");
	else
		schema_complain(reader, "it is not JSON: %s, byte %zu",
				json_tokener_error_desc(error),
				json_tokener_get_parse_end(tokener));
}

static void read_json(struct schema_reader *reader, const struct schema *schema,
		      struct json_tokener *tokener, const char *text,
		      size_t length, void *object)
{
	struct json_object *json;

	/* Not JSON_TOKENER_STRICT: json-c 0.18 takes all but ASCII amiss then. */
	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	json = json_tokener_parse_ex(tokener, text, length);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		complain_json(reader, tokener, length);
	else if (strspn(text + json_tokener_get_parse_end(tokener), " \t\r\n") !=
		 length - json_tokener_get_parse_end(tokener))
		schema_complain(reader, "something is behind its end");
	else if (!json_object_is_type(json, json_type_object))
		schema_complain(reader, "it is not an object");
	else
		read_object(reader, schema, json, object);
	json_object_put(json);
}

/* Returns the exit status. */
static int finish(const struct schema_reader *reader,
		  const struct schema *schema, void *object)
{
	if (!reader->failed)
		return STATUS_DONE;
	schema_free(schema, object);
	return STATUS_FAILED;
}

int schema_take(const struct schema *schema, const char *what, const char *path,
		struct json_object *json, void *object)
{
	struct schema_reader reader = {
		.what = what,
		.path = path,
		.advice = schema->advice,
		.at = schema->at,
		.root = object,
	};

	read_object(&reader, schema, json, object);
	return finish(&reader, schema, object);
}

bool schema_fits(const struct schema *schema, struct json_object *json,
		 void *object, char place[SCHEMA_PLACE])
{
	struct schema_reader reader = {
		.at = "",
		.root = object,
		.place = place,
	};

	read_object(&reader, schema, json, object);
	return !reader.failed;
}

int schema_read(const struct schema *schema, const char *what, const char *path,
		const char *text, size_t length, void *object)
{
	struct schema_reader reader = {
		.what = what,
		.path = path,
		.advice = schema->advice,
		.root = object,
	};
	struct json_tokener *tokener = json_tokener_new();

	if (tokener)
		read_json(&reader, schema, tokener, text, length, object);
	else
		short_of_memory(&reader);
	json_tokener_free(tokener);
	return finish(&reader, schema, object);
}

/* ---- Writing; @full is false where memory was short ---- */

static struct json_object *object_json(const struct schema *schema,
				       const void *object, bool *full);

static struct json_object *list_json(const struct schema_field *field,
				     const char *list, size_t count, bool *full)
{
	struct json_object *array = json_object_new_array(), *one;
	size_t i;

	for (i = 0; i < count; i++) {
		const char *element = list + i * element_size(field);

		one = field->of ? object_json(field->of, element, full) :
				  json_object_new_int(*(const int *)element);
		if (!one || !array || json_object_array_add(array, one)) {
			json_object_put(one);
			*full = false;
		}
	}
	return array;
}

static struct json_object *device_json(const uint32_t *device)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu32 ":%" PRIu32, device[0],
		 device[1]);
	return json_object_new_string(text);
}

/* The value of a member that is a value by itself. */
static struct json_object *field_json(const struct schema_field *field,
				      const char *object, bool *full)
{
	const void *at = object + field->offset;
	const char *text;

	switch (field->kind) {
	case SCHEMA_FORMAT:
		return json_object_new_string(field->text);
	case SCHEMA_VERSION:
		return json_object_new_uint64(field->most);
	case SCHEMA_NUMBER:
		return json_object_new_uint64(load(at, field->size));
	case SCHEMA_BOOL:
		return json_object_new_boolean(*(const bool *)at);
	case SCHEMA_WORD:
		text = field->word(*(const unsigned int *)at);
		return json_object_new_string(text);
	case SCHEMA_DERIVED:
		return json_object_new_string(field->derived(object));
	case SCHEMA_DEVICE:
		return device_json(at);
	case SCHEMA_OBJECT:
		return object_json(field->of, at, full);
	case SCHEMA_LIST:
		return list_json(field, *(char *const *)at,
				 *(const size_t *)(object + field->count), full);
	default:
		return NULL;
	}
}

static void put_fields(const struct schema *schema, const char *object,
		       struct json_object *json, bool *full);

static void put_field(const struct schema_field *field, const char *object,
		      struct json_object *json, bool *full)
{
	const char *at = object + field->offset;
	struct json_object *value;

	switch (field->kind) {
	case SCHEMA_BYTES:
	case SCHEMA_PATH:
		*full &= !*(char *const *)at ||
			 !document_add_bytes(json, field->name,
					     *(char *const *)at);
		return;
	case SCHEMA_INLINE:
		put_fields(field->of, at, json, full);
		return;
	case SCHEMA_NUMBER:
		if (field->optional && !load(at, field->size))
			return;
		break;
	default:
		break;
	}
	value = field_json(field, object, full);
	if (!value || json_object_object_add(json, field->name, value)) {
		json_object_put(value);
		*full = false;
	}
}

static void put_fields(const struct schema *schema, const char *object,
		       struct json_object *json, bool *full)
{
	const struct schema_field *field;

	for (field = schema->fields; field->name && *full; field++)
		if (is_present(field, object))
			put_field(field, object, json, full);
}

static struct json_object *object_json(const struct schema *schema,
				       const void *object, bool *full)
{
	struct json_object *json = json_object_new_object();

	*full &= !!json;
	if (json)
		put_fields(schema, object, json, full);
	return json;
}

struct json_object *schema_json(const struct schema *schema, const void *object)
{
	bool full = true;
	struct json_object *json = object_json(schema, object, &full);

	if (full)
		return json;
	json_object_put(json);
	return NULL;
}

/* ---- Freeing ---- */

static void free_fields(const struct schema *schema, char *object);

static void free_list(const struct schema_field *field, char *list, size_t count)
{
	size_t i;

	for (i = 0; field->of && i < count; i++)
		free_fields(field->of, list + i * field->of->size);
	free(list);
}

/* A pair is two of them. */
static void free_strings(void *list, size_t count)
{
	char **string = list;

	_Static_assert(sizeof(struct schema_pair) == 2 * sizeof(char *), "two strings");
	while (count)
		free(string[--count]);
	free(list);
}

static void free_fields(const struct schema *schema, char *object)
{
	const struct schema_field *field;

	for (field = schema->fields; field->name; field++) {
		char *at = object + field->offset;

		if (field->kind == SCHEMA_BYTES || field->kind == SCHEMA_PATH)
			free(*(char **)at);
		else if (field->kind == SCHEMA_INLINE ||
			 field->kind == SCHEMA_OBJECT)
			free_fields(field->of, at);
		else if (field->kind == SCHEMA_LIST)
			free_list(field, *(char **)at,
				  *(size_t *)(object + field->count));
		else if (field->kind == SCHEMA_STRINGS)
			free_strings(*(char **)at, *(size_t *)(object + field->count));
		else if (field->kind == SCHEMA_MAP)
			free_strings(*(char **)at,
				     2 * *(size_t *)(object + field->count));
	}
}

void schema_free(const struct schema *schema, void *object)
{
	free_fields(schema, object);
	memset(object, 0, schema->size);
}
