// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors of other processes, by their numbers.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/command.h"
#include "relink/held_fd.h"
#include "base/message.h"

#define DELETED	" (deleted)"

int held_fd_read(const struct command *command, const char *word, int *fd)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(word, &end, 10);
	if (*word < '0' || *word > '9' || *end || errno || number > INT_MAX)
		return message_usage(command, "\"%s\" is not a descriptor", word);
	*fd = number;
	return STATUS_DONE;
}

bool held_fd_is(const struct unlinked *found, pid_t pid, int fd)
{
	size_t i;

	for (i = 0; i < found->holder_count; i++)
		if (found->holders[i].how == HOLD_FD &&
		    found->holders[i].pid == pid && found->holders[i].fd == fd)
			return true;
	return false;
}

int held_fd_explain(pid_t pid, int fd, const char *why)
{
	char path[64], link[PATH_MAX + sizeof(DELETED)];
	ssize_t length;
	char *suffix;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		return message_failed("process %d has no descriptor %d: see pvadm relink --list %d",
				      pid, fd, pid);
	link[length] = '\0';
	/* It was given its name again, which the kernel does not show. */
	suffix = length > (ssize_t)strlen(DELETED) ?
		 link + length - strlen(DELETED) : link + length;
	if (!strcmp(suffix, DELETED))
		*suffix = '\0';
	return message_failed("descriptor %d of process %d %s: it is %s", fd,
			      pid, why, link);
}
