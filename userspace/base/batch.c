// SPDX-License-Identifier: GPL-2.0
/*
 * Files of command lines.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/batch.h"
#include "base/command.h"
#include "base/message.h"

#define BLANKS	" \t\r\n"

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

/*
 * The word at *@text, its quotes taken away in place: its length, and *@text behind it;
 * -1 if a quote is left open.
 */
static ssize_t take_word(char **text)
{
	char *to = *text, *from = to, *begin = to, quote = 0;

	for (; *from && (quote || !strchr(BLANKS, *from)); from++) {
		if (quote ? *from == quote : *from == '\'' || *from == '"')
			quote = quote ? 0 : *from;
		else
			*to++ = *from;
	}
	*text = from;
	return quote ? -1 : to - begin;
}

/* 0 or a negative errno; -EINVAL for a quote that is left open. */
static int split(struct batch_line *line, char *text)
{
	for (;;) {
		char *word;
		ssize_t length;

		text += strspn(text, BLANKS);
		if (!*text || *text == '#')
			return 0;
		word = text;
		length = take_word(&text);
		if (length < 0)
			return -EINVAL;
		if (!append_word(line, word, length))
			return -ENOMEM;
	}
}

/* Does it go on with the next line?  Then the backslash becomes a blank. */
static bool goes_on(char *text, ssize_t length)
{
	while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	if (!length || text[length - 1] != '\\')
		return false;
	text[length - 1] = ' ';
	return true;
}

/* *@text becomes the next command line, @number counts lines; false at the end. */
static bool next_line(FILE *file, char **text, size_t *size, size_t *number)
{
	char *more = NULL, *both;
	size_t more_size = 0;
	ssize_t length;
	bool going_on;

	length = getline(text, size, file);
	if (length < 0)
		return false;
	++*number;
	going_on = goes_on(*text, length);
	while (going_on && (length = getline(&more, &more_size, file)) >= 0) {
		++*number;
		going_on = goes_on(more, length);
		*size = strlen(*text) + length + 1;
		both = realloc(*text, *size);
		if (!both) {
			free(more);
			return false;
		}
		*text = both;
		strcat(*text, more);
	}
	free(more);
	return true;
}

static int append_line(struct batch *batch, const char *command, size_t number,
		       char *text)
{
	struct batch_line *line;
	int err;

	line = realloc(batch->line, (batch->count + 1) * sizeof(*line));
	if (!line)
		return -ENOMEM;
	batch->line = line;
	line += batch->count++;
	*line = (struct batch_line){ .number = number };
	if (!append_word(line, command, strlen(command)))
		return -ENOMEM;
	err = split(line, text);
	if (!err && line->argc == 1) {
		free(line->argv[0]);
		free(line->argv);
		batch->count--;
	}
	return err;
}

static int read_lines(struct batch *batch, FILE *file, const char *command)
{
	size_t size = 0, number = 0, first;
	char *text = NULL;
	int err = 0;

	for (;;) {
		first = number + 1;
		errno = 0;
		if (!next_line(file, &text, &size, &number)) {
			err = -errno;
			break;
		}
		err = append_line(batch, command, first, text);
		if (err)
			break;
	}
	free(text);
	if (err == -EINVAL && batch->count) {
		batch_at(batch, batch->count - 1);
		return message_failed("a quote is left open");
	}
	return err ? message_failed("cannot read %s: %s", batch->name,
				    strerror(-err)) : STATUS_DONE;
}

int batch_read(struct batch *batch, const char *path, const char *command)
{
	bool standard = !strcmp(path, "-");
	FILE *file = standard ? stdin : fopen(path, "re");
	int status;

	*batch = (struct batch){ .name = standard ? "standard input" : path };
	if (!file)
		return message_failed("cannot open %s: %s", path, strerror(errno));
	status = read_lines(batch, file, command);
	if (!standard)
		fclose(file);
	if (status != STATUS_DONE)
		batch_free(batch);
	return status;
}

void batch_free(struct batch *batch)
{
	while (batch->count) {
		struct batch_line *line = &batch->line[--batch->count];

		while (line->argc)
			free(line->argv[--line->argc]);
		free(line->argv);
	}
	free(batch->line);
	*batch = (struct batch){ 0 };
	message_at(NULL, 0);
}

void batch_at(const struct batch *batch, size_t index)
{
	message_at(batch->name, batch->line[index].number);
}
