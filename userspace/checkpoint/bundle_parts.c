// SPDX-License-Identifier: GPL-2.0
/*
 * The files of a bundle.
 */
#include <limits.h>
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

static const struct schema part_schema = {
	.size = sizeof(struct bundle_part),
	.fields = (const struct schema_field[]){
		{ "name", SCHEMA_BYTES, SCHEMA_AT(struct bundle_part, name) },
		{ "size", SCHEMA_NUMBER, .most = INT64_MAX, SCHEMA_AT(struct bundle_part, size) },
		{ "sha256", SCHEMA_BYTES, SCHEMA_AT(struct bundle_part, sha256) },
		{ }
	},
};

const struct schema bundle_index_schema = {
	.size = sizeof(struct bundle_index),
	.advice = ADVICE,
	.fields = (const struct schema_field[]){
		{ "id", SCHEMA_BYTES, SCHEMA_AT(struct bundle_index, id) },
		{ "time", SCHEMA_NUMBER, .most = INT64_MAX, SCHEMA_AT(struct bundle_index, time) },
		{ "pid", SCHEMA_NUMBER, .least = 1, .most = INT_MAX,
		  SCHEMA_AT(struct bundle_index, pid) },
		{ "files", SCHEMA_LIST, .of = &part_schema, SCHEMA_AT(struct bundle_index, parts),
		  .count = offsetof(struct bundle_index, part_count) },
		{ }
	},
};

static void check_rule(struct schema_reader *reader, const void *object)
{
	const struct bundle_rule *rule = object;

	if (*rule->original != '/' || *rule->new != '/')
		schema_complain(reader, "original or new is not absolute");
}

static const struct schema rule_schema = {
	.size = sizeof(struct bundle_rule),
	.fields = (const struct schema_field[]){
		{ "original", SCHEMA_BYTES, SCHEMA_AT(struct bundle_rule, original) },
		{ "new", SCHEMA_BYTES, SCHEMA_AT(struct bundle_rule, new) },
		{ "under", SCHEMA_BOOL, true, SCHEMA_AT(struct bundle_rule, under) },
		{ }
	},
	.check = check_rule,
};

/* Bundles of the first version do not say how a layer was set. */
static const struct schema layer_schema = {
	.size = sizeof(struct bundle_layer),
	.fields = (const struct schema_field[]){
		{ "registered", SCHEMA_BOOL, SCHEMA_AT(struct bundle_layer, registered) },
		{ "late", SCHEMA_BOOL, true, SCHEMA_AT(struct bundle_layer, late) },
		{ "by_name", SCHEMA_BOOL, true, SCHEMA_AT(struct bundle_layer, by_name) },
		{ "reverse", SCHEMA_BOOL, true, .least = true,
		  SCHEMA_AT(struct bundle_layer, reverse) },
		{ "rules", SCHEMA_LIST, .of = &rule_schema, SCHEMA_AT(struct bundle_layer, rules),
		  .count = offsetof(struct bundle_layer, rule_count) },
		{ }
	},
};

static const struct schema process_schema = {
	.size = sizeof(struct bundle_process),
	.fields = (const struct schema_field[]){
		{ "pid", SCHEMA_NUMBER, .least = 1, .most = INT_MAX,
		  SCHEMA_AT(struct bundle_process, pid) },
		{ "own", SCHEMA_BOOL, SCHEMA_AT(struct bundle_process, own) },
		{ "layers", SCHEMA_LIST, .of = &layer_schema,
		  SCHEMA_AT(struct bundle_process, layers),
		  .count = offsetof(struct bundle_process, layer_count) },
		{ }
	},
};

const struct schema bundle_table_schema = {
	.size = sizeof(struct bundle_table),
	.advice = ADVICE,
	.fields = (const struct schema_field[]){
		{ "processes", SCHEMA_LIST, .of = &process_schema,
		  SCHEMA_AT(struct bundle_table, processes),
		  .count = offsetof(struct bundle_table, process_count) },
		{ }
	},
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
