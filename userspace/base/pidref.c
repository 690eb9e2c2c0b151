// SPDX-License-Identifier: GPL-2.0
/*
 * The processes that the command line names, held by pidfd.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/message.h"
#include "base/pidref.h"

/* The flag of a kernel thread in /proc/PID/stat; the kernel's PF_KTHREAD. */
#define KERNEL_THREAD	0x200000

static FILE *open_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return fopen(path, "re");
}

const char *pidref_comm(pid_t pid, char comm[PIDREF_COMM])
{
	FILE *file = open_proc(pid, "comm");
	size_t length = 0;

	if (file) {
		length = fread(comm, 1, PIDREF_COMM - 1, file);
		fclose(file);
	}
	if (length && comm[length - 1] == '\n')
		length--;
	comm[length] = '\0';
	return comm;
}

/* The process that thread @tid belongs to, 0 if that cannot be told. */
static pid_t thread_process(pid_t tid)
{
	CLEANUP_FILE FILE *file = open_proc(tid, "status");
	char line[256];
	pid_t pid = 0;

	if (!file)
		return 0;
	while (!pid && fgets(line, sizeof(line), file))
		sscanf(line, "Tgid: %d", &pid);
	return pid;
}

/* The name of a command may hold anything, so the numbers begin at its ")". */
static bool is_kernel_thread(pid_t pid)
{
	FILE *file = open_proc(pid, "stat");
	unsigned int flags = 0;
	char line[1024];
	size_t length;
	char *rest;

	if (!file)
		return false;
	length = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	line[length] = '\0';
	rest = strrchr(line, ')');
	return rest &&
	       sscanf(rest, ") %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
	       flags & KERNEL_THREAD;
}

static int explain(pid_t pid, int err)
{
	pid_t process;

	if (err == EINVAL || err == ENOENT) {
		process = thread_process(pid);
		if (process && process != pid)
			return message_failed("%d is a thread of process %d: name the process",
					      pid, process);
		err = ESRCH;
	}
	if (err == ESRCH)
		return message_failed("there is no process %d: look its number up with ps",
				      pid);
	return message_failed("cannot take hold of process %d: %s", pid,
			      strerror(err));
}

static bool parse_pid(const char *word, long *pid)
{
	size_t digits = strspn(word, "0123456789");

	if (!digits || word[digits])
		return false;
	errno = 0;
	*pid = strtol(word, NULL, 10);
	return *pid > 0;
}

static int read_pid(const struct command *command, const char *word, long *pid)
{
	if (parse_pid(word, pid))
		return STATUS_DONE;
	return message_usage(command, "\"%s\" is not a process number", word);
}

int pidref_open(struct pidref *pidref, const struct command *command,
		const char *word)
{
	char comm[PIDREF_COMM];
	int status;
	long pid;

	pidref->pidfd = -1;
	status = read_pid(command, word, &pid);
	if (status != STATUS_DONE)
		return status;
	if (pid > INT32_MAX)
		return message_failed("there is no process %s: look its number up with ps",
				      word);
	pidref->pid = pid;
	pidref->pidfd = pidfd_open(pid, 0);
	if (pidref->pidfd < 0)
		return explain(pid, errno);
	if (is_kernel_thread(pid)) {
		pidref_close(pidref);
		return message_failed("process %ld (%s) is a kernel thread: it has no paths of its own",
				      pid, pidref_comm(pid, comm));
	}
	return STATUS_DONE;
}

void pidref_close(struct pidref *pidref)
{
	if (pidref->pidfd >= 0)
		close(pidref->pidfd);
	pidref->pidfd = -1;
}

int pidref_operand(const struct command *command, int argc, char **argv,
		   const char **word)
{
	if (argc - optind > 1)
		return message_usage(command, "more than one process given");
	*word = optind < argc ? argv[optind] : NULL;
	return STATUS_DONE;
}

bool pidref_lives(const struct pidref *pidref)
{
	return !pidfd_send_signal(pidref->pidfd, 0, NULL, 0) || errno != ESRCH;
}

int pidref_check(const struct pidref *pidref)
{
	if (pidref_lives(pidref))
		return STATUS_DONE;
	return message_failed("process %d has ended", pidref->pid);
}

int pidref_open_root(const struct pidref *pidref)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/root", pidref->pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* The number may be another's by now. */
	if (pidref_lives(pidref))
		return fd;
	close(fd);
	return -ESRCH;
}

int pidrefs_check(const struct command *command, int count, char **words)
{
	int i, status = STATUS_DONE;
	long pid;

	for (i = 0; status == STATUS_DONE && i < count; i++)
		status = read_pid(command, words[i], &pid);
	return status;
}

int pidrefs_open(struct pidrefs *pidrefs, const struct command *command,
		 int count, char **words)
{
	int i, status;

	pidrefs->count = 0;
	pidrefs->pidref = calloc(count ? count : 1, sizeof(*pidrefs->pidref));
	if (!pidrefs->pidref)
		return message_out_of_memory();
	for (i = 0; i < count; i++) {
		status = pidref_open(&pidrefs->pidref[i], command, words[i]);
		if (status != STATUS_DONE) {
			pidrefs_close(pidrefs);
			return status;
		}
		pidrefs->count++;
	}
	return STATUS_DONE;
}

void pidrefs_close(struct pidrefs *pidrefs)
{
	while (pidrefs->count)
		pidref_close(&pidrefs->pidref[--pidrefs->count]);
	free(pidrefs->pidref);
	pidrefs->pidref = NULL;
}
