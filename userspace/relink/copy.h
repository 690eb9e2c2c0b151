/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_COPY_H
#define RELINK_COPY_H

#include "base/error.h"

/*
 * Copy the regular file behind @fd, which may be by O_PATH, to the new name @name in
 * @dirfd: contents with holes, owner, mode, attributes and times, as far as the
 * filesystem there can have them.  @what is what the progress bar calls it.  Returns 0
 * or a negative errno with the reason, and then nothing is left there.
 */
int copy_file(int fd, const char *what, int dirfd, const char *name,
	      struct error *error);

#endif /* RELINK_COPY_H */
