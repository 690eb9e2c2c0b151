/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include <stddef.h>

/* What is said of that where it is a part of something else. */
#define OUT_OF_MEMORY	"out of memory"

struct command;

/*
 * Each prints one line, "pvadm: ...", on standard error, control bytes spelled
 * \ooo, and returns the exit status that goes with it.
 */

/* What follows is about line @number of @file; NULL: about no file. */
void message_at(const char *file, size_t number);

/* It failed. */
int message_failed(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* Memory is short. */
int message_out_of_memory(void);

/*
 * The command line is wrong; points to the help of @command, or of pvadm.  What a file
 * has is no matter of the command line: with message_at() it failed.
 */
int message_usage(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* It goes on all the same. */
void message_warning(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#endif /* BASE_MESSAGE_H */
