/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_SCHEMA_H
#define BASE_SCHEMA_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Files of ours, in JSON, as structures of C.  One table says of each member what it is and
 * where it lies; by it a file is read and checked, written, and freed.  A new member is
 * a line of the table and one of the structure.
 */

struct schema;
struct schema_reader;

/* What a member is. */
enum schema_kind {
	SCHEMA_FORMAT,	/* the constant @text; lies nowhere */
	SCHEMA_VERSION,	/* @most, or one before it; lies nowhere */
	SCHEMA_NUMBER,	/* an unsigned integer of @size bytes, from @least to @most */
	SCHEMA_SIGNED,	/* any integer, an int64_t */
	SCHEMA_MAYBE,	/* an integer from 0 to @most, an int64_t; -1 where it is missing */
	SCHEMA_BOOL,	/* @least, which is 0 or 1, where it may be missing and is */
	SCHEMA_BYTES,	/* any bytes but 0, see document_add_bytes(); a char *, owned */
	SCHEMA_PATH,	/* the same; an absolute path without ".." */
	SCHEMA_WORD,	/* one of the words that @word has for an enum, from 0 on */
	SCHEMA_DERIVED,	/* the word that @derived says of the whole; lies nowhere */
	SCHEMA_DEVICE,	/* "MAJOR:MINOR", two uint32_t one behind the other */
	SCHEMA_INLINE,	/* the members of @of, among ours; a structure inside of ours */
	SCHEMA_OBJECT,	/* the same, as an object */
	SCHEMA_LIST,	/* of @of, or of int numbers from 1 on; a pointer, owned, and @count */
	/* These are only read, as yet: */
	SCHEMA_STRINGS,	/* a list of strings; char * each; NULL where it is missing */
	SCHEMA_MAP,	/* names of all kinds, each with a string; a struct schema_pair each */
};

/* struct schema_pair - a name of a SCHEMA_MAP; @text is a number where that has a @most */
struct schema_pair {
	char *name;
	char *text;
};

/*
 * struct schema_field - a member
 *
 * @name: in JSON; NULL ends the table
 * @optional: it need not be there; a number is 0 then, a string NULL, and that is not written;
 *	for an object that need not, @count says where the bool lies that it is there
 * @offset: where it lies in the structure
 * @least: of a list, how many there are at least
 * @what: an element of a list of numbers, as in "is not a process number"
 * @fits: if not NULL: is that string, or name in a SCHEMA_MAP, allowed?
 * @present: if not NULL: is it a member of this object, going by those before it?
 */
struct schema_field {
	const char *name;
	enum schema_kind kind;
	bool optional;
	size_t offset;
	size_t size;
	size_t count;
	uint64_t least, most;
	const char *text;
	const char *what;
	const char *(*word)(unsigned int value);
	const char *(*derived)(const void *object);
	const struct schema *of;
	bool (*fits)(const char *text);
	bool (*present)(const void *object);
};

/*
 * struct schema - an object
 *
 * @size: of the structure
 * @advice: of the outermost: what to do where it cannot be used; or NULL
 * @at: of the outermost: how it is said that it cannot, where all that is said besides is at
 *	which member, without numbers; or NULL
 * @check: if not NULL: called when an object was read, to complain of what does not fit
 *	together
 */
struct schema {
	size_t size;
	const struct schema_field *fields;
	const char *advice;
	const char *at;
	void (*check)(struct schema_reader *reader, const void *object);
};

/* How a number is said where it lies. */
#define SCHEMA_AT(type, member)						\
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member)

/*
 * Read @text, which has @length bytes and a 0 behind, into @object, which is all 0.  The first
 * thing that is wrong is said, with its place in the file: "@what @path cannot be used: ...".
 * Returns the exit status; if it is not STATUS_DONE, @object has been freed.
 */
int schema_read(const struct schema *schema, const char *what, const char *path,
		const char *text, size_t length, void *object);

/* The same of a file that was parsed. */
int schema_take(const struct schema *schema, const char *what, const char *path,
		struct json_object *json, void *object);

/*
 * Does @json fit?  @object is to be freed in either case; if not, @place tells which member.
 * Says nothing.
 */
#define SCHEMA_PLACE	160
bool schema_fits(const struct schema *schema, struct json_object *json,
		 void *object, char place[SCHEMA_PLACE]);

/* For a check: the outermost object, as far as it was read. */
const void *schema_root(const struct schema_reader *reader);

/* Say that something is wrong in the object that is checked.  Only the first one is said. */
void schema_complain(struct schema_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same of a member that is missing. */
void schema_complain_of(struct schema_reader *reader, const char *member);

/* NULL without memory. */
struct json_object *schema_json(const struct schema *schema, const void *object);

/* All that belongs to @object, which is all 0 afterwards. */
void schema_free(const struct schema *schema, void *object);

#endif /* BASE_SCHEMA_H */
