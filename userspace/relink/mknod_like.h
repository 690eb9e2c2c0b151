/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_MKNOD_LIKE_H
#define RELINK_MKNOD_LIKE_H

#include "base/error.h"

/*
 * Make the FIFO, socket, device node or symbolic link behind @fd, by O_PATH, again as
 * @name in @dirfd, with its owner, group, mode, ACL, other extended attributes and times.
 * Returns 0 or a negative errno with the reason, and then nothing is left there.
 *
 * Whoever holds the old one is not connected with the new one: what is in a FIFO stays
 * where it is, and nobody listens at a socket.
 */
int mknod_like(int fd, int dirfd, const char *name, struct error *error);

#endif /* RELINK_MKNOD_LIKE_H */
