/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_REPORT_H
#define NS_REPORT_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

/*
 * What cannot be equal: an array of {"about": ..., "text": ...}.  It is JSON from the
 * beginning, as ns_inside() brings it from one process to another.
 */

/* @about is a kind of namespace, or what else is restored. */
void ns_report_add(struct json_object *report, const char *about,
		   const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* All that @more says, too. */
void ns_report_append(struct json_object *report,
		      const struct json_object *more);

/*
 * Warn of each, or, if @strict, fail for the first.  Returns the exit status.
 */
int ns_report_say(const struct json_object *report, bool strict);

/* How many lines it has, and what one says; the caller frees that. */
size_t ns_report_count(const struct json_object *report);
const char *ns_report_about(const struct json_object *report, size_t i);
char *ns_report_text(const struct json_object *report, size_t i);

/* On standard output. */
void ns_report_print(const struct json_object *report, bool json);

#endif /* NS_REPORT_H */
