/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_PIDREF_H
#define BASE_PIDREF_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct command;

/* The longest that the kernel makes is 15 bytes, for kernel threads 63. */
#define PIDREF_COMM	64

/*
 * struct pidref - a process that the command line names
 *
 * @pid: as it was named
 * @pidfd: that process, whoever gets its number when it has ended
 */
struct pidref {
	pid_t pid;
	int pidfd;
};

/* struct pidrefs - @count of them, owned here */
struct pidrefs {
	struct pidref *pidref;
	size_t count;
};

/*
 * Take hold of the process that @word names.  Returns the exit status; if it
 * is not STATUS_DONE it has said why: no number, no such process, a thread, a
 * kernel thread.
 */
int pidref_open(struct pidref *pidref, const struct command *command,
		const char *word);
void pidref_close(struct pidref *pidref);

/*
 * The only operand behind the options, where it may name a process; NULL if there is none.
 * Returns the exit status; it has said so if there are more.
 */
int pidref_operand(const struct command *command, int argc, char **argv,
		   const char **word);

/*
 * Is it there still?  Then what was found by its number until now was its own.
 * pidref_check() returns the exit status, and has said so if it is not there.
 */
bool pidref_lives(const struct pidref *pidref);
int pidref_check(const struct pidref *pidref);

/* Is each of @words the number of a process?  Whether there is one is not asked. */
int pidrefs_check(const struct command *command, int count, char **words);

/* All of @words or, with the same messages, none. */
int pidrefs_open(struct pidrefs *pidrefs, const struct command *command,
		 int count, char **words);
void pidrefs_close(struct pidrefs *pidrefs);

/*
 * Its root directory, by O_PATH: names are looked up there as it would.  Returns a
 * descriptor or a negative errno.
 */
int pidref_open_root(const struct pidref *pidref);

/* What the process is called, "" if that cannot be told. */
const char *pidref_comm(pid_t pid, char comm[PIDREF_COMM]);

#endif /* BASE_PIDREF_H */
