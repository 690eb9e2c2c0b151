/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_CLEANUP_JSON_H
#define BASE_CLEANUP_JSON_H

#include <json-c/json_object.h>

#include "base/cleanup.h"

/* A reference to an object of json-c: its names are not those of base/json.h. */
#define CLEANUP_JSON	CLEANUP(cleanup_json)

static inline void cleanup_json(struct json_object **object)
{
	json_object_put(*object);
}

#endif /* BASE_CLEANUP_JSON_H */
