// SPDX-License-Identifier: GPL-2.0
/*
 * Reasons.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

int error_set(struct error *error, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return err;
}

int error_errno(struct error *error, int err)
{
	return error_set(error, err, "%s", strerror(-err));
}

bool error_is_shortage(int err)
{
	return err == ENOMEM || err == ENOBUFS || err == EMFILE ||
	       err == ENFILE;
}
