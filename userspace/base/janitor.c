// SPDX-License-Identifier: GPL-2.0
/*
 * Making what must not be left behind.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/command.h"
#include "base/janitor.h"
#include "base/message.h"

/* That what was made is to stay. */
#define KEEP	0

struct question {
	int request;
	pid_t pid;
};

/* ---- In the keeper ---- */

static void become_deaf(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	/* Not even what a terminal does to all of its processes. */
	setsid();
}

static bool answer(int fd, int status)
{
	return send(fd, &status, sizeof(status), MSG_NOSIGNAL) ==
	       sizeof(status);
}

/* Until we are let go.  Returns whether what was made is to stay. */
static bool serve(int fd, const struct keeper_ops *ops, void *data)
{
	struct question question;
	int status;

	while (recv(fd, &question, sizeof(question), 0) == sizeof(question)) {
		if (question.request == KEEP)
			return answer(fd, STATUS_DONE);
		status = ops->serve(data, question.request, question.pid);
		if (!answer(fd, status))
			break;
	}
	return false;
}

static void run(int fd, const struct keeper_ops *ops, void *data)
{
	bool keep = false;
	int status;

	become_deaf();
	status = ops->make(data);
	if (status == STATUS_DONE && answer(fd, status))
		keep = serve(fd, ops, data);
	if (!keep && ops->unmake)
		ops->unmake(data);
	if (status != STATUS_DONE)
		answer(fd, status);
	_exit(status);
}

/* ---- On our side ---- */

static int lost(void)
{
	return message_failed("the process that sees to it that nothing is left behind has gone");
}

static int hear(struct keeper *keeper)
{
	int status;
	ssize_t n;

	do {
		n = recv(keeper->fd, &status, sizeof(status), 0);
	} while (n < 0 && errno == EINTR);
	return n == sizeof(status) ? status : lost();
}

int keeper_start(struct keeper *keeper, const struct keeper_ops *ops,
		 void *data)
{
	int ends[2], status;

	keeper->fd = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return message_failed("cannot make a socket: %s",
				      strerror(errno));
	keeper->pid = fork();
	if (!keeper->pid) {
		close(ends[0]);
		run(ends[1], ops, data);
	}
	close(ends[1]);
	keeper->fd = ends[0];
	status = keeper->pid > 0 ? hear(keeper) :
		 message_failed("cannot start a process: %s", strerror(errno));
	if (status != STATUS_DONE)
		keeper_unmake(keeper);
	return status;
}

int keeper_ask(struct keeper *keeper, int request, pid_t pid)
{
	const struct question question = { request, pid };

	if (send(keeper->fd, &question, sizeof(question), MSG_NOSIGNAL) !=
	    sizeof(question))
		return lost();
	return hear(keeper);
}

int keeper_keep(struct keeper *keeper)
{
	int status = keeper_ask(keeper, KEEP, 0);

	keeper_unmake(keeper);
	return status;
}

void keeper_unmake(struct keeper *keeper)
{
	if (keeper->fd < 0)
		return;
	close(keeper->fd);
	keeper->fd = -1;
	while (keeper->pid > 0 && waitpid(keeper->pid, NULL, 0) < 0 &&
	       errno == EINTR)
		;
}
