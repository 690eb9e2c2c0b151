// SPDX-License-Identifier: GPL-2.0
/*
 * Opening the files of a manifest again: the names that they were found by come back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/message.h"
#include "reopen/reopen.h"

static int undo(struct pv *pv, const struct reopened *reopened)
{
	struct pv_relinked relinked;

	if (!reopened->removed)
		return renameat2(reopened->deleted.dirfd,
				 reopened->deleted.rest, reopened->dirfd,
				 reopened->name, RENAME_NOREPLACE) ? -errno : 0;
	if (S_ISDIR(reopened->file->mode))
		return -EISDIR;
	return pv_relink(pv, reopened->fd, reopened->dirfd, reopened->name,
			 &relinked);
}

void reopen_undo(struct reopening *reopening)
{
	size_t i;

	for (i = 0; i < reopening->count; i++) {
		struct reopened *reopened = &reopening->files[i];
		int err;

		if (!reopened->removed && !reopened->moved)
			continue;
		err = undo(reopening->pv, reopened);
		if (err)
			message_warning("%s is gone: %s",
					reopened->name,
					strerror(-err));
		reopened->removed = reopened->moved = false;
	}
}
