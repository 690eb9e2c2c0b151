/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_DOCUMENT_H
#define BASE_DOCUMENT_H

#include <json-c/json.h>
#include <stddef.h>

/*
 * A file of ours in JSON.  It says what it is in "format", how it is to be read in
 * "version", and carries in "sha256" the sum of itself with 64 zeros in that
 * place, so a file that was changed by hand or cut short is found.
 *
 * A byte that is not part of valid UTF-8 cannot stand in JSON: a member "x" has
 * then U+FFFD in its place, and a member "x_hex" beside it has all bytes.
 */

/*
 * struct document_type - a kind of file
 *
 * @format: what it calls itself
 * @version: the newest that we know; all below it are read
 * @what: what people call it, as in "is not a file of namespaces", with its article
 * @advice: how to come by a good one
 */
struct document_type {
	const char *format;
	int version;
	const char *what;
	const char *advice;
};

/* All return the exit status; if it is not STATUS_DONE they have said why. */

/*
 * Write @members into the new file @path: synced, and whole or not at all.  What
 * is there already is refused.  @members is not changed.
 */
int document_write(const char *path, const struct document_type *type,
		   struct json_object *members);

/* On success @root is the caller's to put. */
int document_read(const char *path, const struct document_type *type,
		  struct json_object **root);

/*
 * The same of a file that was read: @text has @length bytes and a 0 behind; it may be
 * changed meanwhile.  Messages call it @path.
 */
int document_parse(const char *path, const struct document_type *type,
		   char *text, size_t length, struct json_object **root);

/*
 * All of the regular file @name in @dirfd, which is not a symbolic link, with a 0 behind, in
 * @text, for free().  Returns 0 or a negative errno: -EINVAL if it is not a regular file,
 * -EFBIG if none of ours is so large.
 */
int document_slurp(int dirfd, const char *name, char **text, size_t *length);

/*
 * Add or get a string that may hold any bytes but 0; the caller frees what it got, which is
 * NULL with EINVAL where the member "x_hex" does not say bytes.
 */
int document_add_bytes(struct json_object *object, const char *name,
		       const char *value);
char *document_get_bytes(const struct json_object *object, const char *name);

#endif /* BASE_DOCUMENT_H */
