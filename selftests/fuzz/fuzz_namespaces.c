// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of files of namespaces: what is accepted can be planned, as pvadm ns restore
 * --check does, all but its mounts, for which one looks at those of the machine.
 */
#define _GNU_SOURCE
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

static void plan(const struct ns_file *file)
{
	const struct ns_options kinds = { .all = true };
	struct ns_plan plan;
	size_t i;

	if (ns_plan_init(&plan, file, &kinds, true) == STATUS_DONE) {
		if (plan.make[NS_NET])
			ns_net_plan(&plan, plan.report);
		for (i = 0; i < plan.levels; i++)
			ns_idmap_inside(file, i, "uid", 1000);
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
	struct ns_file file = { 0 };

	fuzz_accepted = ns_file_parse("file", text, size, &file) == STATUS_DONE;
	if (fuzz_accepted)
		plan(&file);
	ns_file_free(&file);
	free(text);
	return 0;
}
