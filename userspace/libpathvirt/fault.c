// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The message that goes with an error.  It is one line whatever bytes the
 * paths in it have.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libpathvirt/fault.h"

static const char PV_FAULT_NOMEM[] = "out of memory";

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* Takes @raw; gives the same text in one line, or NULL. */
static char *line_of(char *raw)
{
	size_t controls = 0;
	char *line, *out;
	const char *in;

	for (in = raw; *in; in++)
		controls += is_control(*in);
	if (!controls)
		return raw;

	line = malloc(strlen(raw) + 3 * controls + 1);
	if (line) {
		for (in = raw, out = line; *in; in++) {
			if (is_control(*in))
				out += sprintf(out, "\\%03o",
					       (unsigned char)*in);
			else
				*out++ = *in;
		}
		*out = '\0';
	}
	free(raw);
	return line;
}

static char *vformat(const char *format, va_list args)
{
	char *raw;

	if (vasprintf(&raw, format, args) < 0)
		return NULL;
	return line_of(raw);
}

/* The constant is never freed, so a failed allocation needs no other care. */
static void put(struct pv_fault *fault, char *text)
{
	if (fault->text != PV_FAULT_NOMEM)
		free((char *)fault->text);
	fault->text = text ? text : PV_FAULT_NOMEM;
}

void pv_fault_clear(struct pv_fault *fault)
{
	put(fault, NULL);
	fault->text = NULL;
}

int pv_fault_set(struct pv_fault *fault, int err, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = vformat(format, args);
	va_end(args);
	put(fault, text);
	return err;
}

int pv_fault_prefix(struct pv_fault *fault, int err, const char *format, ...)
{
	char *text = NULL, *prefix;
	va_list args;

	va_start(args, format);
	prefix = vformat(format, args);
	va_end(args);
	if (!prefix || asprintf(&text, "%s%s", prefix, pv_fault_text(fault)) < 0)
		text = NULL;
	free(prefix);
	put(fault, text);
	return err;
}

const char *pv_fault_text(const struct pv_fault *fault)
{
	return fault->text ? fault->text : "";
}
