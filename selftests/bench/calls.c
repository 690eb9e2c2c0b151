// SPDX-License-Identifier: GPL-2.0
/*
 * What a call costs: calls CALL PATH [ROUNDS]
 *
 * Prints nanoseconds per call, the least of several rounds.  In a guest whose
 * clock counts instructions (vm/run --icount) a nanosecond is an instruction,
 * those of the C library included.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CALLS_PER_ROUND	2000

static int open_close(const char *path)
{
	int fd = open(path, O_RDONLY);

	return fd < 0 ? -1 : close(fd);
}

static int just_stat(const char *path)
{
	struct stat st;

	return stat(path, &st);
}

static const struct {
	const char *name;
	int (*call)(const char *path);
} calls[] = {
	{ "open", open_close },
	{ "stat", just_stat },
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static double round_of(int (*call)(const char *path), const char *path)
{
	double start = now();
	int i;

	for (i = 0; i < CALLS_PER_ROUND; i++) {
		if (call(path)) {
			perror(path);
			exit(1);
		}
	}
	return (now() - start) / CALLS_PER_ROUND;
}

int main(int argc, char **argv)
{
	int rounds = argc > 3 ? atoi(argv[3]) : 7;
	double least = 0, took;
	size_t i;
	int n;

	for (i = 0; argc > 2 && i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(argv[1], calls[i].name))
			continue;
		for (n = 0; n < rounds; n++) {
			took = round_of(calls[i].call, argv[2]);
			if (!n || took < least)
				least = took;
		}
		printf("%.1f\n", least);
		return 0;
	}
	fprintf(stderr, "usage: calls open|stat PATH [ROUNDS]\n");
	return 2;
}
