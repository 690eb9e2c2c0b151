// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Backslashes in the text form of rules.
 *
 * A backslash in front of one of ESCAPABLE makes that byte part of a path;
 * three octal digits after it stand for any byte, as in /proc/self/mounts.
 * Any other backslash is an ordinary byte, so a name with one in it rarely
 * needs care.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libpathvirt/escape.h"
#include "libpathvirt/libpathvirt.h"

#define ESCAPABLE	"=:;#\\ "

static bool is_octal(char c, char most)
{
	return c >= '0' && c <= most;
}

/* How many bytes of @text spell its first byte: 1, 2 (\c) or 4 (\ooo). */
static size_t spelled(const char *text, size_t length)
{
	if (length < 2 || *text != '\\')
		return 1;
	if (text[1] && strchr(ESCAPABLE, text[1]))
		return 2;
	if (length >= 4 && is_octal(text[1], '3') && is_octal(text[2], '7') &&
	    is_octal(text[3], '7'))
		return 4;
	return 1;
}

size_t pv_escape_find(const char *text, size_t length, char c)
{
	size_t at = 0;

	while (at < length && text[at] != c)
		at += spelled(text + at, length - at);
	return at < length ? at : length;
}

bool pv_escape_covers(const char *text, size_t offset)
{
	size_t backslashes = 0;

	while (backslashes < offset && text[offset - 1 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2;
}

char *pv_escape_decode(const char *text, size_t length)
{
	char *path = malloc(length + 1), *out;
	const char *first = memchr(text, '\\', length);
	size_t at = first ? (size_t)(first - text) : length, step;

	if (!path)
		return NULL;
	out = mempcpy(path, text, at);
	for (; at < length; at += step) {
		step = spelled(text + at, length - at);
		if (step == 1)
			*out = text[at];
		else if (step == 2)
			*out = text[at + 1];
		else
			*out = (char)((text[at + 1] - '0') << 6 |
				      (text[at + 2] - '0') << 3 |
				      (text[at + 3] - '0'));
		if (!*out++) {
			free(path);
			errno = EINVAL;
			return NULL;
		}
	}
	*out = '\0';
	return path;
}

char *pv_path_escape(const char *path)
{
	char *text = malloc(4 * strlen(path) + 1), *out = text;

	if (!text)
		return NULL;
	for (; *path; path++) {
		unsigned char c = *path;

		/*
		 * A blank matters only where the end of a line is trimmed; "%" and
		 * "$" stand for something in a map file, but not as numbers.
		 */
		if (c < ' ' || c == 0x7f || (c == ' ' && !path[1]) || c == '%' ||
		    c == '$') {
			out += sprintf(out, "\\%03o", c);
			continue;
		}
		if (strchr("=:;#\\", c))
			*out++ = '\\';
		*out++ = c;
	}
	*out = '\0';
	return text;
}
