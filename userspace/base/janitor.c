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

#include "base/command.h"
#include "base/janitor.h"
#include "base/message.h"

/* That what was made is to stay. */
#define KEEP	0

struct question {
	int request;
	pid_t pid;
};

/* ---- In the janitor ---- */

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
static bool serve(int fd, const struct janitor_ops *ops, void *data)
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

/*
 * If it is we who cannot go on, who asks is told so by the end of the file, and is waited
 * for: what is to be removed may be in use until he has ended that.
 */
static void take_leave(int fd)
{
	struct question question;

	shutdown(fd, SHUT_WR);
	while (recv(fd, &question, sizeof(question), 0) > 0)
		;
}

/* struct duty - what janitor_start() was told */
struct duty {
	const struct janitor_ops *ops;
	void *data;
};

static int be_janitor(int fd, void *arg)
{
	const struct janitor_ops *ops = ((struct duty *)arg)->ops;
	void *data = ((struct duty *)arg)->data;
	bool keep = false;
	int status;

	become_deaf();
	status = ops->make(data);
	if (status == STATUS_DONE && answer(fd, status))
		keep = serve(fd, ops, data);
	if (!keep && status == STATUS_DONE)
		take_leave(fd);
	if (!keep && ops->unmake)
		ops->unmake(data);
	if (status != STATUS_DONE)
		answer(fd, status);
	return status;
}

/* ---- On our side ---- */

static int lost(void)
{
	return message_failed("the process that sees to it that nothing is left behind has gone");
}

static int hear(struct janitor *janitor)
{
	int status;
	ssize_t n;

	do {
		n = recv(janitor->child.fd, &status, sizeof(status), 0);
	} while (n < 0 && errno == EINTR);
	return n == sizeof(status) ? status : lost();
}

int janitor_start(struct janitor *janitor, const struct janitor_ops *ops,
		  void *data)
{
	struct duty duty = { ops, data };
	int err = child_start(&janitor->child, SOCK_SEQPACKET, be_janitor, &duty);
	int status;

	if (err)
		return message_failed("cannot start a process: %s",
				      strerror(-err));
	status = hear(janitor);
	if (status != STATUS_DONE)
		janitor_unmake(janitor);
	return status;
}

int janitor_ask(struct janitor *janitor, int request, pid_t pid)
{
	const struct question question = { request, pid };

	if (send(janitor->child.fd, &question, sizeof(question), MSG_NOSIGNAL) !=
	    sizeof(question))
		return lost();
	return hear(janitor);
}

int janitor_keep(struct janitor *janitor)
{
	int status = janitor_ask(janitor, KEEP, 0);

	janitor_unmake(janitor);
	return status;
}

void janitor_unmake(struct janitor *janitor)
{
	if (janitor->child.fd >= 0)
		child_end(&janitor->child);
}
