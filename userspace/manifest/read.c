// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a manifest, which anybody may have written, and letting it go.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup_json.h"
#include "base/command.h"
#include "base/files.h"
#include "base/message.h"
#include "manifest/manifest.h"
#include "manifest/schema.h"

/* Far more than a process with a million descriptors has. */
#define MOST_BYTES	(1U << 30)

void manifest_free(struct manifest *manifest)
{
	schema_free(&manifest_schema, manifest);
}

bool manifest_is_of(const char *path, const char *id)
{
	CLEANUP_JSON struct json_object *object = json_object_from_file(path);
	struct json_object *is;
	bool same = object && json_object_object_get_ex(object, "id", &is) &&
		    json_object_is_type(is, json_type_string) &&
		    !strcmp(json_object_get_string(is), id);

	return same;
}

int manifest_read(const char *path, struct manifest *manifest)
{
	size_t length;
	char *text;
	int err = files_read_path(path, MOST_BYTES, &text, &length);
	int status;

	*manifest = (struct manifest){ 0 };
	if (err)
		return message_failed("the manifest %s cannot be used: %s",
				      path, strerror(-err));
	status = manifest_parse(path, text, length, manifest);
	free(text);
	return status;
}

int manifest_parse(const char *path, const char *text, size_t length,
		   struct manifest *manifest)
{
	*manifest = (struct manifest){ 0 };
	return schema_read(&manifest_schema, "the manifest", path, text, length,
			   manifest);
}
