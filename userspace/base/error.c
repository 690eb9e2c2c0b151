// SPDX-License-Identifier: GPL-2.0
/*
 * Reasons.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

int reason_set(struct reason *reason, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason->text, sizeof(reason->text), format, args);
	va_end(args);
	return err;
}

int reason_errno(struct reason *reason, int err)
{
	return reason_set(reason, err, "%s", strerror(-err));
}
