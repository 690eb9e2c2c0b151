/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WHY_H
#define WHY_H

/*
 * Keep the reason of a failure in *@why, in place of one that is there: one line, for
 * free(); NULL where there is no memory for it.
 *
 * Return: @err.
 */
int why_set(char **why, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The reason that is there, or what @err means. */
const char *why_text(const char *why, int err);

#endif /* WHY_H */
