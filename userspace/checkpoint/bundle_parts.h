/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CHECKPOINT_BUNDLE_PARTS_H
#define CHECKPOINT_BUNDLE_PARTS_H

/* What reading and writing a bundle have in common, and nobody else. */

#include <sha2.h>

#include "base/document.h"
#include "base/schema.h"

extern const struct document_type bundle_index_type;
extern const struct document_type bundle_table_type;

/* What is in them: of a struct bundle_index, of a struct bundle_table. */
extern const struct schema bundle_index_schema;
extern const struct schema bundle_table_schema;

/* The files that the index names, in this order. */
extern const char *const bundle_parts[];
#define BUNDLE_PARTS	3

/* In hexadecimal, with a 0 behind. */
void bundle_sum(const char *text, size_t length,
		char sum[SHA256_DIGEST_STRING_LENGTH]);

#endif /* CHECKPOINT_BUNDLE_PARTS_H */
