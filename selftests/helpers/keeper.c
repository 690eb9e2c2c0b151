// SPDX-License-Identifier: GPL-2.0
/*
 * keeper DIR: a small process for checkpoints, that holds files without a name.
 *
 * In DIR it makes, and unlinks, "large", 64 MiB, held by a descriptor; "mapped",
 * 2 MiB, by a mapping only; and, by a child, "child", 2 MiB, by a descriptor.  When all
 * that is there it makes DIR/ready with its process number in it.
 *
 * On SIGUSR1 it looks whether they have their contents still and the descriptor its
 * offset, writes on, and makes DIR/answer: a line for each.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK	4096
#define LARGE	(64 << 20)
#define SMALL	(2 << 20)
#define OFFSET	12345

static const char *dir;

static char *in_dir(const char *name, char path[4096])
{
	snprintf(path, 4096, "%s/%s", dir, name);
	return path;
}

/* No two blocks are the same, of no two files. */
static void fill(uint32_t block[BLOCK / 4], const char *name, uint32_t number)
{
	uint32_t value = number * 2654435761u + name[0];
	int i;

	for (i = 0; i < BLOCK / 4; i++)
		block[i] = value = value * 1664525 + 1013904223;
}

static int make_file(const char *name, size_t size)
{
	uint32_t block[BLOCK / 4], i;
	char path[4096];
	int fd = open(in_dir(name, path), O_RDWR | O_CREAT | O_EXCL, 0640);

	if (fd < 0)
		err(1, "%s", path);
	for (i = 0; i < size / BLOCK; i++) {
		fill(block, name, i);
		if (write(fd, block, BLOCK) != BLOCK)
			err(1, "%s", path);
	}
	if (unlink(path))
		err(1, "%s", path);
	return fd;
}

static bool file_is_whole(int fd, const char *name, size_t size)
{
	uint32_t block[BLOCK / 4], found[BLOCK / 4], i;

	for (i = 0; i < size / BLOCK; i++) {
		fill(block, name, i);
		if (pread(fd, found, BLOCK, (off_t)i * BLOCK) != BLOCK ||
		    memcmp(block, found, BLOCK))
			return false;
	}
	return true;
}

static bool memory_is_whole(const char *memory, const char *name, size_t size)
{
	uint32_t block[BLOCK / 4], i;

	for (i = 0; i < size / BLOCK; i++) {
		fill(block, name, i);
		if (memcmp(block, memory + (size_t)i * BLOCK, BLOCK))
			return false;
	}
	return true;
}

/* The whole answer, or none yet. */
static void answer(const char *name, const char *text)
{
	char path[4096], new[4096], hidden[64];
	FILE *file;

	snprintf(hidden, sizeof(hidden), ".%s", name);
	file = fopen(in_dir(hidden, new), "w");
	if (!file || fputs(text, file) < 0 || fclose(file) ||
	    rename(new, in_dir(name, path)))
		err(1, "%s", path);
}

/* Behind the contents; does it come out at the end? */
static bool writes_on(int fd, size_t size)
{
	char found[5];

	return pwrite(fd, "more\n", 5, size) == 5 &&
	       pread(fd, found, 5, size) == 5 && !memcmp(found, "more\n", 5);
}

static const char *state(bool whole)
{
	return whole ? "whole" : "broken";
}

static void child(sigset_t *set)
{
	int fd = make_file("child", SMALL), signal;
	char text[64];

	answer("ready.child", "");
	for (;;) {
		if (sigwait(set, &signal))
			exit(1);
		snprintf(text, sizeof(text), "child %s\n",
			 state(file_is_whole(fd, "child", SMALL)));
		answer("answer.child", text);
	}
}

static void parent(sigset_t *set)
{
	int fd = make_file("large", LARGE), map = make_file("mapped", SMALL), signal;
	char *memory = mmap(NULL, SMALL, PROT_READ | PROT_WRITE, MAP_SHARED, map,
			    0);
	char text[128];

	if (memory == MAP_FAILED || lseek(fd, OFFSET, SEEK_SET) != OFFSET)
		err(1, "keeper");
	close(map);
	snprintf(text, sizeof(text), "%d\n", getpid());
	answer("ready", text);
	for (;;) {
		if (sigwait(set, &signal))
			exit(1);
		snprintf(text, sizeof(text),
			 "large %s\nat %lld\ngrowing %s\nmapped %s\n",
			 state(file_is_whole(fd, "large", LARGE)),
			 (long long)lseek(fd, 0, SEEK_CUR),
			 state(writes_on(fd, LARGE)),
			 state(memory_is_whole(memory, "mapped", SMALL)));
		answer("answer", text);
	}
}

int main(int argc, char **argv)
{
	sigset_t set;

	if (argc != 2)
		return 2;
	dir = argv[1];
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		child(&set);
	}
	parent(&set);
}
