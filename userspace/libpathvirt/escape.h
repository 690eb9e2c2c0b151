/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PV_ESCAPE_H
#define PV_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/* Where in @text the first @c without a backslash is, or @length. */
size_t pv_escape_find(const char *text, size_t length, char c);

/* Is the byte at @offset written with a backslash in front? */
bool pv_escape_covers(const char *text, size_t offset);

/*
 * The bytes that @text spells, as a string for free(); NULL with errno:
 * ENOMEM, or EINVAL for \000.
 */
char *pv_escape_decode(const char *text, size_t length);

#endif /* PV_ESCAPE_H */
