// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Map files: one ORIGINAL=NEW a line, "#" begins a comment, "%" and "$" stand for
 * something.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libpathvirt/escape.h"
#include "libpathvirt/expand.h"
#include "libpathvirt/rules.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One that is not written with a backslash, as part of a path. */
static bool is_bare_blank(const char *line, size_t at)
{
	return is_blank(line[at]) && !pv_escape_covers(line, at);
}

/* Where the comment begins, or the line ends. */
static size_t find_comment(const char *line, size_t length)
{
	size_t at;

	for (at = 0; at < length; at++) {
		at += pv_escape_find(line + at, length - at, '#');
		if (at < length && (!at || is_bare_blank(line, at - 1)))
			return at;
	}
	return length;
}

static int parse_rule(struct pv_rules *rules, const char *text, size_t length)
{
	char *expanded = pv_expand(rules, text, length);
	int err;

	if (!expanded && errno == ENOMEM)
		return pv_fault_set(&rules->fault, -ENOMEM, "out of memory");
	if (!expanded)
		return -errno;
	err = pv_rules_parse_line(rules, expanded, strlen(expanded));
	free(expanded);
	return err;
}

static int parse_line(struct pv_rules *rules, const char *line, size_t length)
{
	if (memchr(line, '\0', length))
		return pv_fault_set(&rules->fault, -EINVAL,
				    "there is a NUL byte in the line");
	while (length && is_blank(*line)) {
		line++;
		length--;
	}
	length = find_comment(line, length);
	while (length && is_bare_blank(line, length - 1))
		length--;
	return length ? parse_rule(rules, line, length) : 0;
}

int pv_rules_expand(struct pv_rules *rules, const char *text)
{
	return parse_rule(rules, text, strlen(text));
}

int pv_rules_read(struct pv_rules *rules, FILE *stream, const char *name)
{
	size_t before = rules->count, room = 0;
	unsigned long number = 0;
	char *line = NULL;
	ssize_t length;
	int err = 0;

	errno = 0;
	while (!err && (length = getline(&line, &room, stream)) >= 0) {
		number++;
		err = parse_line(rules, line, length);
		if (err)
			pv_fault_prefix(&rules->fault, err, "%s:%lu: ", name,
					number);
		errno = 0;
	}
	if (!err && !feof(stream)) {
		err = errno ? -errno : -EIO;
		pv_fault_set(&rules->fault, err, "cannot read %s: %s", name,
			     strerror(-err));
	}
	free(line);
	if (err)
		pv_rules_truncate(rules, before);
	return err;
}

int pv_rules_load(struct pv_rules *rules, const char *path)
{
	FILE *stream = fopen(path, "re");
	int err;

	if (!stream) {
		err = -errno;
		return pv_fault_set(&rules->fault, err, "cannot open %s: %s",
				    path, strerror(-err));
	}
	err = pv_rules_read(rules, stream, path);
	fclose(stream);
	return err;
}
