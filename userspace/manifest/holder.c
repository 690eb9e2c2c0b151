// SPDX-License-Identifier: GPL-2.0
/*
 * By what a process holds a file, in words.
 */
#include <stddef.h>
#include <stdio.h>

#include "manifest/holder.h"

const char *hold_name(enum hold hold)
{
	static const char * const names[] = {
		[HOLD_FD] = "fd",
		[HOLD_MAP] = "map",
		[HOLD_EXE] = "exe",
		[HOLD_CWD] = "cwd",
		[HOLD_ROOT] = "root",
	};

	return hold < sizeof(names) / sizeof(*names) ? names[hold] : NULL;
}

const char *holder_text(const struct holder *holder, char text[HOLD_TEXT])
{
	if (holder->how != HOLD_FD)
		return hold_name(holder->how);
	snprintf(text, HOLD_TEXT, "%d", holder->fd);
	return text;
}
