/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_BATCH_H
#define BASE_BATCH_H

#include <stddef.h>

/*
 * struct batch_line - a command line, in a file of them
 *
 * @number: of its first line in the file, from 1
 * @argc: how many words it has, @argv[0] among them
 * @argv: the words, with NULL behind them; @argv[0] is the name of the subcommand
 */
struct batch_line {
	size_t number;
	int argc;
	char **argv;
};

/*
 * struct batch - a file of command lines; all of it is owned here
 *
 * @name: what the file is called in messages
 */
struct batch {
	const char *name;
	struct batch_line *line;
	size_t count;
};

/*
 * Read the file @path, "-" being standard input, for the subcommand @command.  A line
 * is words as a shell takes them: between blanks, '...' and "..." keep blanks in a
 * word, a # at the beginning of a word begins a comment, a backslash at the end of the
 * line goes on with the next one; any other backslash is itself.  Lines without a word
 * are left out.
 *
 * Returns the exit status; if it is not STATUS_DONE it has said why, and @batch is
 * empty.
 */
int batch_read(struct batch *batch, const char *path, const char *command);
void batch_free(struct batch *batch);

/* Messages are about line @index from here on, and say so. */
void batch_at(const struct batch *batch, size_t index);

#endif /* BASE_BATCH_H */
