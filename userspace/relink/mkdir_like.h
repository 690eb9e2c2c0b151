/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_MKDIR_LIKE_H
#define RELINK_MKDIR_LIKE_H

#include "base/error.h"

/*
 * Make the directory behind @fd again, as @name in @dirfd, with its owner, group,
 * mode, ACLs and other extended attributes.  Times and flags come last, when all is
 * in it that shall be: attributes_seal().  Returns a descriptor of the new one or a
 * negative errno with the reason, and then nothing is left there.
 */
int mkdir_like(int fd, int dirfd, const char *name,
	       struct error *error);

#endif /* RELINK_MKDIR_LIKE_H */
