// SPDX-License-Identifier: GPL-2.0
/*
 * What is UTF-8 and what is not: paths are bytes, JSON is text.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define REPLACEMENT	"\xef\xbf\xbd"

int utf8_length(const char *string)
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
	const unsigned char *s = (const unsigned char *)string;
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

bool utf8_valid(const char *s)
{
	while (*s) {
		int length = utf8_length(s);

		if (!length)
			return false;
		s += length;
	}
	return true;
}

char *utf8_repaired(const char *s)
{
	char *repaired = malloc(strlen(s) * strlen(REPLACEMENT) + 1);
	char *to = repaired;

	if (!repaired)
		return NULL;
	while (*s) {
		int length = utf8_length(s);

		if (length)
			to = mempcpy(to, s, length);
		else
			to = stpcpy(to, REPLACEMENT);
		s += length ? length : 1;
	}
	*to = '\0';
	return repaired;
}
