/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_PLAN_H
#define NS_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "ns/file.h"
#include "ns/options.h"

/*
 * struct ns_plan - what is to be made from a file, and what cannot be as it says
 *
 * @file: what was saved; not owned
 * @make: the kinds that are made anew; all others are the caller's own
 * @privileged: we have privilege where we are, and not only in what we make
 * @rehearsal: nothing is made that others would see, or that changes what lies on a disk
 * @same_boot: the kernel has not been started anew since it was saved
 * @maps: of the @levels user namespaces to be made, outermost first, as they can be written
 * @report: what cannot be equal
 */
struct ns_plan {
	const struct ns_file *file;
	bool make[NS_KINDS];
	bool privileged;
	bool rehearsal;
	bool same_boot;
	struct ns_user *maps;
	size_t levels;
	struct json_object *report;
};

/* Returns the exit status; if it is not STATUS_DONE it has said why. */
int ns_plan_init(struct ns_plan *plan, const struct ns_file *file,
		 const struct ns_options *kinds, bool rehearsal);
void ns_plan_free(struct ns_plan *plan);

/* In which of them, 0 being ours, a kind is made; for the PID namespaces, each. */
size_t ns_plan_level(const struct ns_plan *plan, enum ns_kind kind);
size_t ns_plan_pid_level(const struct ns_plan *plan, size_t i);

#endif /* NS_PLAN_H */
