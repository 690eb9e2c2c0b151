// SPDX-License-Identifier: GPL-2.0
/*
 * What a call costs: calls CALL DIR NAME [ROUNDS [CALLS]]
 * What a program costs: calls run COMMAND...
 *
 * DIR is the working directory.  With CALLS_ROOT in the environment the root directory is
 * changed to that first, and DIR is a name in it.  A program is run several times.
 *
 * Prints nanoseconds per call, the least of several rounds of so many calls.  In a guest whose
 * clock counts instructions (vm/run --icount) a nanosecond is an instruction,
 * those of the C library included.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int calls_per_round = 2000;

/* What the calls are made with; the working directory is @dir. */
static struct {
	int dirfd;
	const char *dir;
	const char *name;
	char link[32];		/* of a descriptor of the file */
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

static int open_directory(void)
{
	int fd = open(with.dir, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? -1 : close(fd);
}

/* As readdir() does it, without the names being looked at. */
static int list_directory(void)
{
	static char buf[1 << 15];
	int fd = open(with.dir, O_RDONLY | O_DIRECTORY);
	ssize_t len;

	if (fd < 0)
		return -1;
	do {
		len = getdents64(fd, buf, sizeof(buf));
	} while (len > 0);
	return len < 0 ? -1 : close(fd);
}

static int change_directory(void)
{
	return chdir(with.dir);
}

static int read_link(void)
{
	char buf[PATH_MAX];

	return readlink(with.link, buf, sizeof(buf)) < 0 ? -1 : 0;
}

static int read_maps(void)
{
	static char buf[1 << 16];
	int fd = open("/proc/self/maps", O_RDONLY);

	if (fd < 0)
		return -1;
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	return close(fd);
}

/* A child that ends at once, or, with a name, is that program. */
static int have_child(const char *program)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (program)
			execl(program, program, "exit", NULL);
		_exit(!!program);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status ? -1 : 0;
}

static int fork_exit(void)
{
	return have_child(NULL);
}

static int fork_exec_exit(void)
{
	return have_child("/proc/self/exe");
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
	{ "opendir", open_directory },
	{ "list", list_directory },
	{ "chdir", change_directory },
	{ "readlink", read_link },
	{ "maps", read_maps },
	{ "fork", fork_exit },
	{ "exec", fork_exec_exit },
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
	const char *root = getenv("CALLS_ROOT");

	if (root && chroot(root)) {
		perror(root);
		exit(1);
	}
	snprintf(with.path, sizeof(with.path), "%s/%s", dir, name);
	snprintf(with.link, sizeof(with.link), "/proc/self/fd/%d",
		 open(with.path, O_RDONLY));
	with.dir = dir;
	with.name = name;
	with.dirfd = open(dir, O_PATH | O_DIRECTORY);
	if (with.dirfd < 0 || fchdir(with.dirfd)) {
		perror(dir);
		exit(1);
	}
}

/* What it takes to run a program, the least of several times. */
static int run_program(char **argv)
{
	double start, took, least = 0;
	int status, i;
	pid_t pid;

	for (i = 0; i < 4; i++) {
		start = now();
		pid = fork();
		if (!pid) {
			freopen("/dev/null", "w", stdout);
			execvp(argv[0], argv);
			_exit(127);
		}
		if (waitpid(pid, &status, 0) != pid || status) {
			fprintf(stderr, "%s failed\n", argv[0]);
			return 1;
		}
		took = now() - start;
		if (!i || took < least)
			least = took;
	}
	printf("%.0f\n", least);
	return 0;
}

int main(int argc, char **argv)
{
	int rounds = argc > 4 ? atoi(argv[4]) : 7;
	double least = 0, took;
	size_t i;
	int n;

	if (argc == 2 && !strcmp(argv[1], "exit"))
		return 0;
	if (argc > 2 && !strcmp(argv[1], "run"))
		return run_program(argv + 2);
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
	fprintf(stderr, "usage: calls CALL DIR NAME [ROUNDS [CALLS]] | calls run COMMAND...\n");
	return 2;
}
