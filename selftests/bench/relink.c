// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs to give unlinked open files a name again, and to copy them:
 * relink DIR SIZE COUNT STAT
 *
 * Makes COUNT files of SIZE bytes in DIR, keeps them open, unlinks them, and gives
 * each a name; then lets cp copy all of them, and syncs after both.  Prints
 *
 *	relink|SIZE|COUNT|NANOSECONDS|SYNCED|BYTES
 *	cp|SIZE|COUNT|NANOSECONDS|SYNCED|BYTES
 *
 * per file: until the names are there, until they are on the disk as well, and
 * the bytes that were written to the device of which STAT is the file in /sys.
 * In a guest whose clock counts instructions (vm/run --icount) a nanosecond is an
 * instruction.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <libpathvirt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECTOR	512
#define BLOCK	(1 << 20)
#define ROUNDS	5

/* The files, and the directory that names and copies go to. */
static struct {
	struct pv *pv;
	int *fd;
	unsigned int count;
	long long size;
	int dirfd;
	const char *stat;
} with;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

/* Its seventh number is sectors written. */
static double bytes_written(void)
{
	unsigned long long sectors;
	FILE *file = fopen(with.stat, "r");

	if (!file || fscanf(file, "%*u %*u %*u %*u %*u %*u %llu", &sectors) != 1)
		errx(1, "%s: no statistics of a block device", with.stat);
	fclose(file);
	return (double)sectors * SECTOR;
}

static void settle(void)
{
	if (syncfs(with.dirfd))
		err(1, "syncfs");
}

/* Made with a name that is taken away: an O_TMPFILE file has an easier life. */
static int make_file(void)
{
	static char block[BLOCK];
	long long left = with.size;
	int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0600);

	while (fd >= 0 && left > 0) {
		ssize_t n = write(fd, block, left < BLOCK ? (size_t)left : BLOCK);

		if (n <= 0)
			break;
		left -= n;
	}
	if (fd < 0 || left > 0 || unlink("file"))
		err(1, "file");
	return fd;
}

static void relink_file(unsigned int n)
{
	struct pv_relinked relinked;
	char name[32];

	snprintf(name, sizeof(name), "relinked-%u", n);
	if (pv_relink(with.pv, with.fd[n], with.dirfd, name, &relinked) ||
	    !relinked.linked)
		errx(1, "relink: %s", pv_error(with.pv));
}

static void unlink_again(unsigned int n)
{
	char name[32];

	snprintf(name, sizeof(name), "relinked-%u", n);
	if (unlinkat(with.dirfd, name, 0))
		err(1, "%s", name);
}

/* One cp for all of them. */
static void copy_files(void)
{
	char **argv = calloc(with.count + 4, sizeof(*argv));
	unsigned int n;
	int status;
	pid_t pid;

	if (!argv)
		err(1, "cp");
	argv[0] = "cp";
	argv[1] = "-t";
	argv[2] = "copies";
	for (n = 0; n < with.count; n++)
		if (asprintf(&argv[3 + n], "/proc/%d/fd/%d", getpid(), with.fd[n]) < 0)
			err(1, "cp");
	pid = vfork();
	if (!pid) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		errx(1, "cp failed");
}

static void relink_files(void)
{
	unsigned int n;

	for (n = 0; n < with.count; n++)
		relink_file(n);
}

/* struct cost - of one file: nanoseconds, those until it is synced, bytes written */
struct cost {
	double done;
	double synced;
	double bytes;
};

static struct cost measure(void (*act)(void))
{
	double bytes = bytes_written(), start = now();
	struct cost cost;

	act();
	cost.done = (now() - start) / with.count;
	settle();
	cost.synced = (now() - start) / with.count;
	cost.bytes = (bytes_written() - bytes) / with.count;
	return cost;
}

static void print_cost(const char *what, const struct cost *cost)
{
	printf("%s|%lld|%u|%.0f|%.0f|%.0f\n", what, with.size, with.count,
	       cost->done, cost->synced, cost->bytes);
}

/* The cheapest of several rounds: what the kernel does meanwhile is not ours. */
static void measure_relink(void)
{
	struct cost cost, least = { 0 };
	unsigned int n;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		for (n = 0; round && n < with.count; n++)
			unlink_again(n);
		settle();
		cost = measure(relink_files);
		if (!round || cost.done < least.done)
			least = cost;
	}
	print_cost("relink", &least);
}

static void measure_cp(void)
{
	struct cost cost;

	if (mkdir("copies", 0700))
		err(1, "copies");
	cost = measure(copy_files);
	print_cost("cp", &cost);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 1 << 20, 1 << 20 };
	unsigned int n;

	if (argc != 5) {
		fprintf(stderr, "usage: relink DIR SIZE COUNT STAT\n");
		return 2;
	}
	with.size = atoll(argv[2]);
	with.count = atoi(argv[3]);
	with.stat = argv[4];
	with.fd = calloc(with.count, sizeof(*with.fd));
	with.dirfd = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (with.dirfd < 0 || fchdir(with.dirfd))
		err(1, "%s", argv[1]);
	if (setrlimit(RLIMIT_NOFILE, &files))
		err(1, "setrlimit");
	if (pv_open(&with.pv))
		errx(1, "cannot reach the module");
	for (n = 0; n < with.count; n++)
		with.fd[n] = make_file();
	settle();
	measure_relink();
	measure_cp();
	return 0;
}
