// SPDX-License-Identifier: GPL-2.0
/*
 * Why something failed, in words.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "why.h"

int why_set(char **why, int err, const char *format, ...)
{
	char *before = *why;
	va_list args;

	va_start(args, format);
	if (vasprintf(why, format, args) < 0)
		*why = NULL;
	va_end(args);
	free(before);
	return err;
}

const char *why_text(const char *why, int err)
{
	return why ? why : strerror(-err);
}
