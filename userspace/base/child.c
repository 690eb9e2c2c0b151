// SPDX-License-Identifier: GPL-2.0
/*
 * Doing something in a child.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"

static int make_ends(int type, int ends[2])
{
	int on = 1, err;

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends))
		return -errno;
	if (!setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)))
		return 0;
	err = -errno;
	close(ends[0]);
	close(ends[1]);
	return err;
}

int child_start(struct child *child, int type, int (*act)(int fd, void *arg),
		void *arg)
{
	int ends[2] = { -1, -1 }, err;

	*child = (struct child){ .fd = -1 };
	err = type ? make_ends(type, ends) : 0;
	if (err)
		return err;
	child->pid = fork();
	if (!child->pid) {
		/* To see it close. */
		if (type)
			close(ends[0]);
		_exit(act(ends[1], arg));
	}
	if (child->pid < 0)
		err = -errno;
	child->fd = ends[0];
	if (type)
		close(ends[1]);
	if (err)
		child_end(child);
	return err;
}

int child_wait(struct child *child)
{
	int wait;

	while (waitpid(child->pid, &wait, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return wait;
}

int child_end(struct child *child)
{
	int wait = 0;

	if (child->fd >= 0)
		close(child->fd);
	if (child->pid > 0)
		wait = child_wait(child);
	*child = (struct child){ .fd = -1 };
	return wait;
}

bool child_die_with_parent(int signal, int life)
{
	struct pollfd end = { .fd = life };

	if (prctl(PR_SET_PDEATHSIG, signal))
		return false;
	return life < 0 || poll(&end, 1, 0) <= 0 || !(end.revents & POLLHUP);
}
