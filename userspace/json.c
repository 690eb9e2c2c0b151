// SPDX-License-Identifier: GPL-2.0
/*
 * A writer of JSON.
 */
#include <inttypes.h>
#include <stdio.h>

#include "json.h"

/* How deep we are, whether the next value is its container's first, and how. */
static int depth;
static bool first = true;
static bool compact;

void json_compact(void)
{
	compact = true;
}

static void put_break(void)
{
	int i;

	if (compact)
		return;
	putchar('\n');
	for (i = 0; i < depth; i++)
		putchar('\t');
}

/*
 * How many bytes the UTF-8 character at @s has; 0 if there is none.  Overlong
 * forms, surrogates and what lies above U+10FFFF are none.
 */
static int utf8_length(const unsigned char *s)
{
	static const struct {
		unsigned char low, high;	/* of the first byte */
		unsigned char from, to;		/* of the second */
		int length;
	} form[] = {
		{ 0x00, 0x7f, 0x00, 0xff, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i;
	int n;

	for (i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
		if (*s < form[i].low || *s > form[i].high)
			continue;
		if (form[i].length == 1)
			return 1;
		if (s[1] < form[i].from || s[1] > form[i].to)
			return 0;
		for (n = 2; n < form[i].length; n++)
			if ((s[n] & 0xc0) != 0x80)
				return 0;
		return form[i].length;
	}
	return 0;
}

static void put_quoted(const char *value)
{
	const unsigned char *s = (const unsigned char *)value;

	putchar('"');
	while (*s) {
		int length = utf8_length(s);

		if (!length)
			printf("\\udc%02x", *s++);
		else if (*s < ' ' || *s == 0x7f)
			printf("\\u%04x", *s++);
		else if (*s == '"' || *s == '\\')
			printf("\\%c", *s++);
		else
			while (length--)
				putchar(*s++);
	}
	putchar('"');
}

static void begin_value(const char *name)
{
	if (!first)
		fputs(compact ? ", " : ",", stdout);
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
