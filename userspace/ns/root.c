// SPDX-License-Identifier: GPL-2.0
/*
 * Looking from the root directory of our mount namespace.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/message.h"
#include "ns/root.h"

/* Who enters a mount namespace looks from its root, also if he was in it. */
int ns_root_go(void)
{
	CLEANUP_CLOSE int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (setns(fd, CLONE_NEWNS))
		err = -errno;
	return err;
}

static void forget(struct ns_root *from)
{
	if (from->root >= 0)
		close(from->root);
	if (from->directory >= 0)
		close(from->directory);
	*from = (struct ns_root){ .root = -1, .directory = -1 };
}

void ns_root_visit(struct ns_root *from)
{
	from->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	from->directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (from->root < 0 || from->directory < 0 || ns_root_go())
		forget(from);
}

int ns_root_return(struct ns_root *from)
{
	int status = STATUS_DONE;

	if (from->root >= 0 && (fchdir(from->root) || chroot(".") ||
				fchdir(from->directory)))
		status = message_failed("cannot go back to our own root directory: %s",
					strerror(errno));
	forget(from);
	return status;
}
