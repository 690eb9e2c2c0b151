// SPDX-License-Identifier: GPL-2.0
/*
 * By what a process holds a file, in words.
 */
#include <stdio.h>

#include "manifest/holder.h"

const char *holder_text(const struct holder *holder, char text[HOLD_TEXT])
{
	static const char * const names[] = {
		[HOLD_MAP] = "map",
		[HOLD_EXE] = "exe",
		[HOLD_CWD] = "cwd",
		[HOLD_ROOT] = "root",
	};

	if (holder->how != HOLD_FD)
		return names[holder->how];
	snprintf(text, HOLD_TEXT, "%d", holder->fd);
	return text;
}
