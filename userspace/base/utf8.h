/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>

/*
 * How many bytes the UTF-8 character at @s has; 0 if there is none.  Overlong
 * forms, surrogates and what lies above U+10FFFF are none.
 */
int utf8_length(const char *s);

/* Is all of @s UTF-8? */
bool utf8_valid(const char *s);

/* @s with U+FFFD for each byte that is not part of UTF-8; for free(), or NULL. */
char *utf8_repaired(const char *s);

#endif /* BASE_UTF8_H */
