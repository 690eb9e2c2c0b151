// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors with certain numbers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fdslots.h"

/* Standard input, output and error, which are changed last. */
#define STANDARD	3

static int pending[STANDARD] = { -1, -1, -1 };
static int saved_error = -1;

/* The limit on open files that the command is to have; 0 until it was raised. */
static rlim_t former_limit;

/* As many as may be. */
static int raise_limit(void)
{
	struct rlimit limit;

	if (former_limit)
		return 0;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	former_limit = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;
}

/* What is open already stays so. */
static int restore_limit(void)
{
	struct rlimit limit;

	if (!former_limit)
		return 0;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	limit.rlim_cur = former_limit;
	return setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;
}

int fdslots_reserve(int number)
{
	int fd, err = raise_limit();

	/* What is there already is as good as a reservation. */
	if (err || fcntl(number, F_GETFD) >= 0)
		return err;
	fd = open("/", O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fd == number)
		return 0;
	/* EBADF: the number is above the limit. */
	if (dup3(fd, number, O_CLOEXEC) < 0)
		err = errno == EBADF ? -EMFILE : -errno;
	close(fd);
	return err;
}

int fdslots_put(int fd, int number)
{
	if (number >= STANDARD)
		return dup2(fd, number) < 0 ? -errno : 0;
	pending[number] = fcntl(fd, F_DUPFD_CLOEXEC, STANDARD);
	return pending[number] < 0 ? -errno : 0;
}

void fdslots_drop(int number)
{
	if (number >= STANDARD) {
		close(number);
	} else if (pending[number] >= 0) {
		close(pending[number]);
		pending[number] = -1;
	}
}

int fdslots_finish(void)
{
	int i;

	if (pending[STDERR_FILENO] >= 0)
		saved_error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STANDARD);
	for (i = 0; i < STANDARD; i++)
		if (pending[i] >= 0 && dup2(pending[i], i) < 0)
			return -errno;
	return restore_limit();
}

void fdslots_recover(void)
{
	if (saved_error >= 0)
		dup2(saved_error, STDERR_FILENO);
}
