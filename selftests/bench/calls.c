// SPDX-License-Identifier: GPL-2.0
/*
 * What a call costs: calls CALL DIR NAME [ROUNDS [CALLS]]
 *
 * Prints nanoseconds per call, the least of several rounds of so many calls.  In a guest whose
 * clock counts instructions (vm/run --icount) a nanosecond is an instruction,
 * those of the C library included.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int calls_per_round = 2000;

/* What the calls are made with; the working directory is @dir. */
static struct {
	int dirfd;
	const char *name;
	char path[PATH_MAX];
} with;

static int open_close(void)
{
	int fd = open(with.path, O_RDONLY);

	return fd < 0 ? -1 : close(fd);
}

static int stat_absolute(void)
{
	struct stat st;

	return stat(with.path, &st);
}

static int stat_relative(void)
{
	struct stat st;

	return stat(with.name, &st);
}

static int openat_close(void)
{
	int fd = openat(with.dirfd, with.name, O_RDONLY);

	return fd < 0 ? -1 : close(fd);
}

static int just_getcwd(void)
{
	char buf[PATH_MAX];

	return getcwd(buf, sizeof(buf)) ? 0 : -1;
}

static const struct {
	const char *name;
	int (*call)(void);
} calls[] = {
	{ "open", open_close },
	{ "stat", stat_absolute },
	{ "relative", stat_relative },
	{ "openat", openat_close },
	{ "getcwd", just_getcwd },
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static double round_of(int (*call)(void))
{
	double start = now();
	int i;

	for (i = 0; i < calls_per_round; i++) {
		if (call()) {
			perror(with.path);
			exit(1);
		}
	}
	return (now() - start) / calls_per_round;
}

static void prepare(const char *dir, const char *name)
{
	snprintf(with.path, sizeof(with.path), "%s/%s", dir, name);
	with.name = name;
	with.dirfd = open(dir, O_PATH | O_DIRECTORY);
	if (with.dirfd < 0 || fchdir(with.dirfd)) {
		perror(dir);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	int rounds = argc > 4 ? atoi(argv[4]) : 7;
	double least = 0, took;
	size_t i;
	int n;

	if (argc > 5)
		calls_per_round = atoi(argv[5]);
	for (i = 0; argc > 3 && i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(argv[1], calls[i].name))
			continue;
		prepare(argv[2], argv[3]);
		for (n = 0; n < rounds; n++) {
			took = round_of(calls[i].call);
			if (!n || took < least)
				least = took;
		}
		printf("%.1f\n", least);
		return 0;
	}
	fprintf(stderr, "usage: calls open|stat|relative|openat|getcwd DIR NAME [ROUNDS [CALLS]]\n");
	return 2;
}
