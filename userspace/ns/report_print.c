// SPDX-License-Identifier: GPL-2.0
/*
 * Printing what cannot be equal.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "ns/report.h"

static void print_json(const char *about, const char *text)
{
	json_begin_object(NULL);
	json_string("about", about);
	json_string("text", text);
	json_end_object();
}

static void print_text(const char *about, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	printf("%s: ", about);
	for (; *at; at++)
		printf(*at < ' ' || *at == 0x7f ? "\\%03o" : "%c", *at);
	putchar('\n');
}

void ns_report_print(const struct json_object *report, bool json)
{
	size_t i;

	if (json)
		json_begin_array(NULL);
	for (i = 0; i < ns_report_count(report); i++) {
		const char *about = ns_report_about(report, i);
		char *text = ns_report_text(report, i);

		(json ? print_json : print_text)(about, text ? text : "");
		free(text);
	}
	if (json)
		json_end_array();
}
