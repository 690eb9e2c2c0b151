// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of files of namespaces: what is accepted can be planned, as pvadm ns restore
 * --check does, all but its mounts, for which one looks at those of the machine.
 */
#define _GNU_SOURCE
#include <json-c/json.h>
#include <stdlib.h>

#include "accepted.h"
#include "base/command.h"
#include "ns/file.h"
#include "ns/idmap.h"
#include "ns/net_restore.h"
#include "ns/plan.h"
#include "ns/report.h"
#include "sealed.h"

bool fuzz_accepted;

static void plan(const struct json_object *root)
{
	const struct ns_options kinds = { .all = true };
	struct ns_plan plan;
	size_t i;

	if (ns_plan_init(&plan, root, &kinds, true) == STATUS_DONE) {
		if (plan.make[NS_NET])
			ns_net_plan(&plan, plan.report);
		for (i = 0; i < ns_plan_levels(&plan); i++)
			ns_idmap_inside(json_object_object_get(root, "user"), i,
					"uid_map", 1000);
		for (i = 0; i < NS_KINDS; i++)
			ns_plan_level(&plan, i);
		for (i = 0; i < ns_report_count(plan.report); i++)
			free(ns_report_text(plan.report, i));
	}
	ns_plan_free(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = sealed_copy(data, size);
	struct json_object *root = NULL;

	fuzz_accepted = ns_file_parse("file", text, size, &root) == STATUS_DONE;
	if (fuzz_accepted)
		plan(root);
	json_object_put(root);
	free(text);
	return 0;
}
