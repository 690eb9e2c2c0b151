// SPDX-License-Identifier: GPL-2.0
/*
 * Files of command lines.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/batch.h"
#include "base/command.h"
#include "base/files.h"
#include "base/message.h"

/* Some 100,000 lines, each with rules that are long. */
#define MOST_BYTES	(64 * 1024 * 1024)

/* struct reader - where in the text we are, and in which of its lines, from 1 */
struct reader {
	char *at;
	size_t number;
};

static bool append_word(struct batch_line *line, const char *word, size_t length)
{
	char **argv = realloc(line->argv, (line->argc + 2) * sizeof(*argv));

	if (!argv)
		return false;
	line->argv = argv;
	argv[line->argc] = strndup(word, length);
	if (!argv[line->argc])
		return false;
	argv[++line->argc] = NULL;
	return true;
}

static bool append_line(struct batch *batch, size_t number, const char *command)
{
	struct batch_line *line = ARRAY_ADD(&batch->line, &batch->count);

	if (!line)
		return false;
	line->number = number;
	return append_word(line, command, strlen(command));
}

static void drop_last_line(struct batch *batch)
{
	struct batch_line *line = &batch->line[--batch->count];

	while (line->argc)
		free(line->argv[--line->argc]);
	free(line->argv);
}

/* How long the end of the line is that a backslash takes away, with it; 0: none is. */
static size_t continuation(const char *at)
{
	if (!strncmp(at, "\\\n", 2))
		return 2;
	return strncmp(at, "\\\r\n", 3) ? 0 : 3;
}

static bool ends_word(const char *at)
{
	return !*at || strchr(" \t\r\n", *at) || continuation(at);
}

/* To the next word of the line; false if there is none. */
static bool next_word(struct reader *reader)
{
	size_t skip;

	for (;;) {
		reader->at += strspn(reader->at, " \t\r");
		skip = continuation(reader->at);
		if (!skip)
			break;
		reader->at += skip;
		reader->number++;
	}
	if (*reader->at == '#')
		reader->at += strcspn(reader->at, "\n");
	return *reader->at && *reader->at != '\n';
}

/* The word that we are at, its quotes taken away in place; -1: one is left open. */
static ssize_t take_word(struct reader *reader)
{
	char *from = reader->at, *to = from, *begin = from, quote = 0;

	for (; quote ? *from && *from != '\n' : !ends_word(from); from++) {
		if (quote ? *from == quote : *from == '\'' || *from == '"')
			quote = quote ? 0 : *from;
		else
			*to++ = *from;
	}
	reader->at = from;
	return quote ? -1 : to - begin;
}

/* 0 or a negative errno; -EINVAL for a quote that is left open. */
static int read_words(struct reader *reader, struct batch_line *line)
{
	while (next_word(reader)) {
		const char *word = reader->at;
		ssize_t length = take_word(reader);

		if (length < 0)
			return -EINVAL;
		if (!append_word(line, word, length))
			return -ENOMEM;
	}
	return 0;
}

/* Returns as read_words(). */
static int read_lines(struct batch *batch, char *text, const char *command)
{
	struct reader reader = { .at = text, .number = 1 };
	struct batch_line *line;
	int err;

	for (;;) {
		if (!append_line(batch, reader.number, command))
			return -ENOMEM;
		line = &batch->line[batch->count - 1];
		err = read_words(&reader, line);
		if (err)
			return err;
		if (line->argc == 1)
			drop_last_line(batch);
		if (!*reader.at)
			return 0;
		reader.at++;
		reader.number++;
	}
}

static int refuse(const struct batch *batch, int err)
{
	if (err == -ENOMEM)
		return message_out_of_memory();
	batch_at(batch, batch->count - 1);
	return message_failed("a quote is left open");
}

int batch_read(struct batch *batch, const char *path, const char *command)
{
	bool standard = !strcmp(path, "-");
	size_t length;
	char *text;
	int err;

	*batch = (struct batch){ .name = standard ? "standard input" : path };
	err = standard ? files_read(STDIN_FILENO, MOST_BYTES, &text, &length) :
			 files_read_path(path, MOST_BYTES, &text, &length);
	if (err)
		return message_failed("cannot read %s: %s", batch->name,
				      strerror(-err));
	if (memchr(text, 0, length))
		err = message_failed("%s is no text: it has a NUL", batch->name);
	else
		err = read_lines(batch, text, command);
	free(text);
	if (err < 0)
		err = refuse(batch, err);
	if (err)
		batch_free(batch);
	return err;
}

void batch_free(struct batch *batch)
{
	while (batch->count)
		drop_last_line(batch);
	free(batch->line);
	*batch = (struct batch){ 0 };
	message_at(NULL, 0);
}

void batch_at(const struct batch *batch, size_t index)
{
	message_at(batch->name, batch->line[index].number);
}
