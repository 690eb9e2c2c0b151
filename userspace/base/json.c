// SPDX-License-Identifier: GPL-2.0
/*
 * A writer of JSON.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "base/utf8.h"

/* How deep we are, whether the next value is its container's first, and how. */
static int depth;
static bool first = true;
static bool pretty;

void json_pretty(void)
{
	pretty = true;
}

static void put_break(void)
{
	int i;

	if (!pretty)
		return;
	putchar('\n');
	for (i = 0; i < depth; i++)
		putchar('\t');
}

static void put_quoted(const char *value)
{
	putchar('"');
	while (*value) {
		int length = utf8_length(value);
		unsigned char c = *value;

		if (!length)
			printf("\\udc%02x", c);
		else if (c < ' ' || c == 0x7f)
			printf("\\u%04x", c);
		else if (c == '"' || c == '\\')
			printf("\\%c", c);
		else
			printf("%.*s", length, value);
		value += length ? length : 1;
	}
	putchar('"');
}

static void begin_value(const char *name)
{
	if (!first)
		fputs(pretty ? "," : ", ", stdout);
	first = false;
	if (depth)
		put_break();
	if (name) {
		put_quoted(name);
		fputs(": ", stdout);
	}
}

static void begin(const char *name, char bracket)
{
	begin_value(name);
	putchar(bracket);
	depth++;
	first = true;
}

/* The outermost bracket ends the text, and another one may follow. */
static void end(char bracket)
{
	depth--;
	if (!first)
		put_break();
	putchar(bracket);
	first = !depth;
	if (!depth)
		putchar('\n');
}

void json_begin_object(const char *name)
{
	begin(name, '{');
}

void json_end_object(void)
{
	end('}');
}

void json_begin_array(const char *name)
{
	begin(name, '[');
}

void json_end_array(void)
{
	end(']');
}

void json_string(const char *name, const char *value)
{
	begin_value(name);
	put_quoted(value);
}

void json_number(const char *name, uint64_t value)
{
	begin_value(name);
	printf("%" PRIu64, value);
}

void json_bool(const char *name, bool value)
{
	begin_value(name);
	fputs(value ? "true" : "false", stdout);
}
