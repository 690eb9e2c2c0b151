// SPDX-License-Identifier: GPL-2.0
/*
 * Standing in for a child.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/forward.h"

/* What comes to us and is meant for the child. */
static const int forwarded[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH,
};

static sigset_t watched(void)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		sigaddset(&set, forwarded[i]);
	return set;
}

pid_t forward_fork(void)
{
	sigset_t set = watched(), before;
	pid_t pid;

	/* Ignored, no child could be waited for. */
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &set, &before);
	pid = fork();
	if (pid <= 0)
		sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

void forward_begin(void)
{
	sigset_t set = watched();

	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void forward_end(int wait)
{
	const struct rlimit none = { 0, 0 };
	sigset_t set;

	if (WIFEXITED(wait))
		_exit(WEXITSTATUS(wait));
	/* It left a core, if one was wanted; ours is of no use. */
	setrlimit(RLIMIT_CORE, &none);
	signal(WTERMSIG(wait), SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, WTERMSIG(wait));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(WTERMSIG(wait));
	/* The first process of a PID namespace does not end by its own signal. */
	_exit(128 + WTERMSIG(wait));
}

/* True when @pid has ended, and @wait says how. */
static bool reap(pid_t pid, int *wait)
{
	int status;
	pid_t found;

	while ((found = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (found != pid)
			continue;
		if (!WIFSTOPPED(status)) {
			*wait = status;
			return true;
		}
		raise(SIGSTOP);
		kill(pid, SIGCONT);
	}
	return false;
}

int forward_wait(pid_t pid)
{
	sigset_t set = watched();
	siginfo_t info;
	int wait = 0;

	while (!reap(pid, &wait)) {
		if (sigwaitinfo(&set, &info) < 0)
			continue;
		/* What the terminal sends has reached the child, too. */
		if (info.si_signo != SIGCHLD && info.si_code <= 0)
			kill(pid, info.si_signo);
	}
	return wait;
}

void forward(pid_t pid)
{
	forward_end(forward_wait(pid));
}
