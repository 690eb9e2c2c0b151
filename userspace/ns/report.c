// SPDX-License-Identifier: GPL-2.0
/*
 * What cannot be equal.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/command.h"
#include "base/document.h"
#include "base/message.h"
#include "ns/file.h"
#include "ns/report.h"

void ns_report_add(struct json_object *report, const char *about,
		   const char *format, ...)
{
	struct json_object *line = json_object_new_object();
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	ns_put_string(line, "about", about);
	document_add_bytes(line, "text", length < 0 ? OUT_OF_MEMORY : text);
	json_object_array_add(report, line);
	if (length >= 0)
		free(text);
}

void ns_report_append(struct json_object *report,
		      const struct json_object *more)
{
	size_t i;

	for (i = 0; i < ns_report_count(more); i++) {
		struct json_object *line = json_object_array_get_idx(more, i);

		json_object_array_add(report, json_object_get(line));
	}
}

size_t ns_report_count(const struct json_object *report)
{
	return json_object_array_length(report);
}

const char *ns_report_about(const struct json_object *report, size_t i)
{
	return ns_get_string(json_object_array_get_idx(report, i), "about");
}

char *ns_report_text(const struct json_object *report, size_t i)
{
	return document_get_bytes(json_object_array_get_idx(report, i), "text");
}

int ns_report_say(const struct json_object *report, bool strict)
{
	size_t count = ns_report_count(report), i;
	char more[64] = "";

	if (count > 1)
		snprintf(more, sizeof(more),
			 " (and %zu more: see ns restore --check)", count - 1);
	for (i = 0; i < count; i++) {
		const char *about = ns_report_about(report, i);
		char *text = ns_report_text(report, i);

		if (strict)
			message_failed("not equal: %s: %s%s", about,
				       text ? text : OUT_OF_MEMORY, more);
		else
			message_warning("not equal: %s: %s", about,
					text ? text : OUT_OF_MEMORY);
		free(text);
		if (strict)
			return STATUS_FAILED;
	}
	return STATUS_DONE;
}
