// SPDX-License-Identifier: GPL-2.0
/*
 * What to call a place in a message.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "relink/where.h"

const char *where_is(int dirfd, const char *name, char text[PATH_MAX])
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd);
	length = readlink(link, text, PATH_MAX - 1);
	if (length < 0)
		length = 0;
	/* That of the root directory is "/" itself. */
	if (length == 1 && *text == '/')
		length = 0;
	snprintf(text + length, PATH_MAX - length, "/%s", name);
	return text;
}
