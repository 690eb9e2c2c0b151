/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_PIDREF_H
#define BASE_PIDREF_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct command;

/* The longest that the kernel makes is 15 bytes, for kernel threads 63. */
#define TARGET_COMM	64

/*
 * struct target - a process that the command line names
 *
 * @pid: as it was named
 * @pidfd: that process, whoever gets its number when it has ended
 */
struct target {
	pid_t pid;
	int pidfd;
};

/* struct targets - @count of them, owned here */
struct targets {
	struct target *target;
	size_t count;
};

/*
 * Take hold of the process that @word names.  Returns the exit status; if it
 * is not STATUS_DONE it has said why: no number, no such process, a thread, a
 * kernel thread.
 */
int target_open(struct target *target, const struct command *command,
		const char *word);
void target_close(struct target *target);

/*
 * Is it there still?  Then what was found by its number until now was its own.
 * target_check() returns the exit status, and has said so if it is not there.
 */
bool target_lives(const struct target *target);
int target_check(const struct target *target);

/* All of @words or, with the same messages, none. */
int targets_open(struct targets *targets, const struct command *command,
		 int count, char **words);
void targets_close(struct targets *targets);

/* What the process is called, "" if that cannot be told. */
const char *target_comm(pid_t pid, char comm[TARGET_COMM]);

#endif /* BASE_PIDREF_H */
