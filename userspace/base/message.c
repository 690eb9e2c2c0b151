// SPDX-License-Identifier: GPL-2.0
/*
 * What the user is told on standard error: one line.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/command.h"
#include "base/message.h"

/* Where it is that is told of; see message_at(). */
static const char *at_file;
static size_t at_number;

void message_at(const char *file, size_t number)
{
	at_file = file;
	at_number = number;
}

static void put_line(const char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;

		if (c < ' ' || c == 0x7f)
			fprintf(stderr, "\\%03o", c);
		else
			putc(c, stderr);
	}
}

/* @kind and @hint are constants of ours, or "". */
static void print(const char *kind, const char *format, va_list args,
		  const char *hint)
{
	static char buffer[BUFSIZ];
	char *text;

	/* One write, so that lines of several processes do not mix. */
	setvbuf(stderr, buffer, _IOFBF, sizeof(buffer));
	fprintf(stderr, "pvadm: %s", kind);
	if (at_file) {
		put_line(at_file);
		fprintf(stderr, ":%zu: ", at_number);
	}
	if (vasprintf(&text, format, args) < 0) {
		put_line(OUT_OF_MEMORY);
	} else {
		put_line(text);
		free(text);
	}
	fprintf(stderr, "%s\n", hint);
	fflush(stderr);
}

int message_failed(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("", format, args, "");
	va_end(args);
	return STATUS_FAILED;
}

int message_out_of_memory(void)
{
	return message_failed(OUT_OF_MEMORY);
}

int message_usage(const struct command *command, const char *format, ...)
{
	char hint[80];
	va_list args;

	snprintf(hint, sizeof(hint), " (see pvadm %s%s--help)",
		 command ? command->name : "", command ? " " : "");
	va_start(args, format);
	print("", format, args, hint);
	va_end(args);
	return at_file ? STATUS_FAILED : STATUS_USAGE;
}

void message_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("warning: ", format, args, "");
	va_end(args);
}
