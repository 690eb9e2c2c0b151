/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MANIFEST_SCHEMA_H
#define MANIFEST_SCHEMA_H

#include "base/schema.h"

/* What a manifest is: of a struct manifest. */
extern const struct schema manifest_schema;

#endif /* MANIFEST_SCHEMA_H */
