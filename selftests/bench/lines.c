// SPDX-License-Identifier: GPL-2.0
/*
 * Which cache lines calls of different threads both write: lines CALL DIR NAME
 *
 * 64 threads are in DIR.  Two of them, on a CPU each, make the call in turns, and tell the
 * plugin of the emulator (lines_plugin.c) when one begins and ends, by instructions that
 * do nothing.  The other threads are there, and share what threads share.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS		64
#define CALLERS		2	/* as many as there are CPUs */
#define WARM		200
#define MARKED		8

/* A nop with eight bytes, of which the last four are what it says. */
#define MARK(word)	asm volatile(".byte 0x0f, 0x1f, 0x84, 0x00; .long " word ::: "memory")
#define MARK_GROUP()	MARK("0x50560000")
#define MARK_FIRST()	MARK("0x50560001")
#define MARK_SECOND()	MARK("0x50560002")
#define MARK_END()	MARK("0x50560003")

static char path[PATH_MAX];
static const char *name;
static int dirfd;

static int open_absolute(void)
{
	int fd = open(path, O_RDONLY);

	return fd < 0 ? -1 : close(fd);
}

static int stat_absolute(void)
{
	struct stat st;

	return stat(path, &st);
}

static int stat_relative(void)
{
	struct stat st;

	return stat(name, &st);
}

static int stat_below(void)
{
	struct stat st;

	return fstatat(dirfd, name, &st, 0);
}

static const struct {
	const char *name;
	int (*call)(void);
} calls[] = {
	{ "open", open_absolute },
	{ "stat", stat_absolute },
	{ "relative", stat_relative },
	{ "fstatat", stat_below },
};

static int (*call)(void);
static pthread_barrier_t turn, done;

static void must(int err, const char *what)
{
	if (!err)
		return;
	perror(what);
	exit(1);
}

static void *caller(void *arg)
{
	int cpu = (size_t)arg;
	cpu_set_t set;
	int i;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	must(sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
	for (i = 0; i < WARM; i++)
		must(call(), path);
	for (i = 0; i < CALLERS * MARKED; i++) {
		pthread_barrier_wait(&turn);
		if (i % CALLERS != cpu)
			continue;
		if (cpu)
			MARK_SECOND();
		else
			MARK_FIRST();
		call();
		MARK_END();
	}
	pthread_barrier_wait(&done);
	return NULL;
}

static void *bystander(void *unused)
{
	pthread_barrier_wait(&done);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	size_t i;

	for (i = 0; argc == 4 && i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(argv[1], calls[i].name))
			call = calls[i].call;
	if (!call) {
		fprintf(stderr, "usage: lines CALL DIR NAME\n");
		return 2;
	}
	name = argv[3];
	snprintf(path, sizeof(path), "%s/%s", argv[2], name);
	dirfd = open(argv[2], O_PATH | O_DIRECTORY);
	must(dirfd < 0 || fchdir(dirfd), argv[2]);
	pthread_barrier_init(&turn, NULL, CALLERS);
	pthread_barrier_init(&done, NULL, THREADS);
	MARK_GROUP();
	for (i = 0; i < THREADS; i++)
		must(pthread_create(&threads[i], NULL, i < CALLERS ? caller : bystander,
				    (void *)i), "pthread_create");
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
