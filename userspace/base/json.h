/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

/*
 * JSON on standard output, written as it is said: commas and indentation come
 * by themselves.  Each text is on a line of its own.  @name is the member's, or NULL
 * inside an array and outside of all.
 *
 * A byte that is not part of valid UTF-8 becomes \udcXX, a lone surrogate with
 * the byte's value, as Python's "surrogateescape" reads and writes it.
 */

/* Indented from here on, over several lines. */
void json_pretty(void);

void json_begin_object(const char *name);
void json_end_object(void);
void json_begin_array(const char *name);
void json_end_array(void);

void json_string(const char *name, const char *value);
void json_number(const char *name, uint64_t value);
void json_bool(const char *name, bool value);

#endif /* BASE_JSON_H */
