// SPDX-License-Identifier: GPL-2.0
/*
 * The files of a bundle.
 */
#include <stdint.h>

#include "checkpoint/bundle.h"
#include "checkpoint/bundle_parts.h"

#define ADVICE	"take a copy that is whole, or checkpoint again"

const struct document_type bundle_index_type = {
	.format = "pathvirt-bundle",
	.version = 1,
	.what = "an index of a bundle",
	.advice = ADVICE,
};

const struct document_type bundle_table_type = {
	.format = "pathvirt-table",
	.version = 1,
	.what = "a file of rules",
	.advice = ADVICE,
};

const char *const bundle_parts[] = {
	BUNDLE_NAMESPACES,
	BUNDLE_TABLE,
	BUNDLE_MANIFEST,
};

void bundle_sum(const char *text, size_t length,
		char sum[SHA256_DIGEST_STRING_LENGTH])
{
	SHA256Data((const uint8_t *)text, length, sum);
}
