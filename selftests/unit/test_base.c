// SPDX-License-Identifier: GPL-2.0
/*
 * What all of the tool stands on: children, arrays that grow, what is given back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/child.h"
#include "base/cleanup.h"
#include "base/procfs.h"

static unsigned int tests, failures;

static void report(bool passed, const char *what)
{
	tests++;
	failures += !passed;
	printf("%sok %u %s\n", passed ? "" : "not ", tests, what);
}

/* ---- Children ---- */

static int return_arg(int fd, void *arg)
{
	return fd == -1 ? *(int *)arg : 99;
}

static int wait_for_end(int fd, void *arg)
{
	char byte;

	(void)arg;
	return read(fd, &byte, 1) ? 1 : 7;
}

static int say_pid(int fd, void *arg)
{
	pid_t pid = getpid();

	(void)arg;
	return send(fd, &pid, sizeof(pid), 0) != sizeof(pid);
}

static int be_killed(int fd, void *arg)
{
	(void)fd;
	(void)arg;
	raise(SIGKILL);
	return 0;
}

/* Its own child ends with it; what that has of @fd is closed then. */
static int leave_mortal(int fd, void *arg)
{
	(void)arg;
	if (!fork()) {
		if (child_die_with_parent(SIGKILL, -1))
			send(fd, "", 1, 0);
		pause();
	}
	pause();
	return 0;
}

static void test_status(void)
{
	struct child child;
	int wanted = 42, wait;

	report(!child_start(&child, 0, return_arg, &wanted) && child.fd == -1,
	       "a child without a socket starts");
	wait = child_end(&child);
	report(WIFEXITED(wait) && WEXITSTATUS(wait) == wanted,
	       "its exit status is what its function returns");
	report(!child_end(&child), "where there is none any more there is none to wait for");
	child_start(&child, 0, be_killed, NULL);
	wait = child_wait(&child);
	report(WIFSIGNALED(wait) && WTERMSIG(wait) == SIGKILL,
	       "that a signal has ended it is told");
	report(child_wait(&child) == -ECHILD, "it is waited for once");
}

static void test_socket(void)
{
	struct child child;
	int wait;

	child_start(&child, SOCK_STREAM, wait_for_end, NULL);
	wait = child_end(&child);
	report(WIFEXITED(wait) && WEXITSTATUS(wait) == 7,
	       "a child sees our end close");
}

static void test_sender(void)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec data = { .iov_len = sizeof(pid_t) };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct ucred told = { 0 };
	struct child child;
	pid_t pid = 0;

	data.iov_base = &pid;
	child_start(&child, SOCK_SEQPACKET, say_pid, NULL);
	if (recvmsg(child.fd, &message, 0) == sizeof(pid) && CMSG_FIRSTHDR(&message))
		memcpy(&told, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(told));
	report(pid == child.pid && told.pid == pid, "the socket tells who has written");
	child_end(&child);
}

static void test_mortal(void)
{
	struct child child;
	char byte = 1;

	child_start(&child, SOCK_STREAM, leave_mortal, NULL);
	report(read(child.fd, &byte, 1) == 1, "a child may be bound to its parent's life");
	kill(child.pid, SIGKILL);
	report(!read(child.fd, &byte, 1), "then it ends with it");
	child_end(&child);
}

/* ---- The rest ---- */

static void test_array(void)
{
	CLEANUP_FREE int *list = NULL;
	bool zero = true, kept = true;
	size_t count = 0, i;

	for (i = 0; i < 1000; i++) {
		int *added = ARRAY_ADD(&list, &count);

		zero &= added == &list[i] && !*added;
		*added = i;
	}
	for (i = 0; i < count; i++)
		kept &= list[i] == (int)i;
	report(zero, "what is added to an array is 0, and its last");
	report(kept && count == 1000, "what was there stays");
}

static int open_and_leave(bool keep)
{
	CLEANUP_CLOSE int fd = open("/", O_RDONLY);

	return keep ? cleanup_keep_fd(&fd) : fd;
}

static void test_cleanup(void)
{
	int fd = open_and_leave(false);

	report(fcntl(fd, F_GETFD) < 0 && errno == EBADF,
	       "a descriptor is closed at the end of its scope");
	fd = open_and_leave(true);
	report(fcntl(fd, F_GETFD) >= 0, "one that is kept is not");
	close(fd);
}

/* @arg: int, how many are to be looked at */
static int count_down(pid_t pid, void *arg)
{
	return pid > 0 && !--*(int *)arg ? 77 : 0;
}

static int find_self(pid_t pid, void *arg)
{
	*(bool *)arg |= pid == getpid();
	return 0;
}

static void test_processes(void)
{
	bool found = false;
	int left = 1;

	report(!procfs_processes(find_self, &found) && found,
	       "each process is looked at");
	report(procfs_processes(count_down, &left) == 77 && !left,
	       "until there is something to return");
}

int main(void)
{
	alarm(60);
	test_status();
	test_socket();
	test_sender();
	test_mortal();
	test_array();
	test_cleanup();
	test_processes();
	printf("1..%u\n", tests);
	return failures > 0;
}
