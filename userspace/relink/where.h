/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WHERE_H
#define WHERE_H

#include <limits.h>

/*
 * The whole path of the name @name in the directory @dirfd, for people to read, in
 * @text; as much of it as can be told.  Returns @text.
 */
const char *where_is(int dirfd, const char *name, char text[PATH_MAX]);

#endif /* WHERE_H */
