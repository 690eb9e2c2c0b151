/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_FILE_H
#define NS_FILE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "ns/kinds.h"
#include "ns/set.h"

/*
 * The file that ns save writes and ns restore reads.  What is in it is told by one
 * table, in file.c, by which each file is checked: who takes members from a
 * file that was read may rely on their being there and of their type.
 */

/* All return the exit status; if it is not STATUS_DONE they have said why. */
int ns_file_write(const char *path, struct json_object *members);
int ns_file_read(const char *path, struct json_object **root);

/* The same of a file that was read, see document_parse(). */
int ns_file_parse(const char *path, char *text, size_t length,
		  struct json_object **root);

/* Short names for what is done all the time. */
void ns_put_string(struct json_object *object, const char *name,
		   const char *value);
void ns_put_number(struct json_object *object, const char *name,
		   int64_t value);
void ns_put_bool(struct json_object *object, const char *name, bool value);

/* "", 0, false and NULL where there is no such member. */
const char *ns_get_string(const struct json_object *object, const char *name);
int64_t ns_get_number(const struct json_object *object, const char *name);
bool ns_get_bool(const struct json_object *object, const char *name);
struct json_object *ns_get(const struct json_object *object, const char *name);

/* The entry of a kind in "namespaces", NULL if the kernel had none. */
struct json_object *ns_file_kind(const struct json_object *root,
				 enum ns_kind kind);

/* Was it another one than that of the pvadm that saved it? */
bool ns_file_is_separate(const struct json_object *root, enum ns_kind kind);

/* How many user namespaces below the caller's its owner is. */
size_t ns_file_level(const struct json_object *root, enum ns_kind kind);

#endif /* NS_FILE_H */
