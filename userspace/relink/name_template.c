// SPDX-License-Identifier: GPL-2.0
/*
 * Names for what has none.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <linux/pathvirt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/command.h"
#include "base/message.h"
#include "relink/name_template.h"

#define ESCAPES	"itnphfd%"

static bool is_dots(const char *part, size_t length)
{
	return length && length <= 2 && !strncmp(part, "..", length);
}

int name_template_check(const struct command *command, const char *template)
{
	const char *at, *part;

	for (at = strchr(template, '%'); at; at = strchr(at + 2, '%'))
		if (!at[1] || !strchr(ESCAPES, at[1]))
			return message_usage(command,
					     "\"%%%.1s\" in the template \"%s\" means nothing: there are %%i %%t %%n %%p %%h %%f %%d %%%%",
					     at + 1, template);
	for (part = template; *part; part += *part == '/') {
		size_t length = strcspn(part, "/");

		if (is_dots(part, length))
			return message_usage(command,
					     "the template \"%s\" has the component \"%.*s\"",
					     template, (int)length, part);
		part += length;
	}
	if (!*template || part[-1] == '/')
		return message_usage(command,
				     "the template \"%s\" names no file",
				     template);
	return STATUS_DONE;
}

/* Of a root there is no name to go by. */
static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return *name && !is_dots(name, strlen(name)) ? name : "root";
}

static void put_escape(FILE *to, char escape,
		       const struct name_template_values *values)
{
	switch (escape) {
	case 'i':
		fputs(values->id, to);
		break;
	case 't':
		fprintf(to, "%" PRIu64, values->ktime);
		break;
	case 'n':
		fprintf(to, "%zu", values->number);
		break;
	case 'p':
		fprintf(to, "%d", values->pid);
		break;
	case 'h':
		fputs(values->held, to);
		break;
	case 'f':
		fputs(last_component(values->original_path), to);
		break;
	case 'd':
		fputs(values->directory, to);
		break;
	case '%':
		fputc('%', to);
	}
}

/* What lay in the root directory has an empty one. */
static void squeeze(char *path)
{
	const char *from;
	char *to = path;

	for (from = path; *from; from++)
		if (*from != '/' || (from[1] != '/' && to != path))
			*to++ = *from;
	*to = '\0';
}

char *name_template_expand(const char *template,
			   const struct name_template_values *values)
{
	char *path = NULL;
	size_t size;
	FILE *to = open_memstream(&path, &size);

	if (!to)
		return NULL;
	if (!strchr(template, '/'))
		fprintf(to, "%s/%s/", PATHVIRT_RELINK_DIR, values->id);
	while (*template == '/')
		template++;
	for (; *template; template++)
		if (*template == '%')
			put_escape(to, *++template, values);
		else
			fputc(*template, to);
	if (!fclose(to)) {
		squeeze(path);
		return path;
	}
	free(path);
	return NULL;
}

char *name_template_directory(const char *id)
{
	char *path;

	return asprintf(&path, "%s/%s", PATHVIRT_RELINK_DIR, id) < 0 ? NULL :
								       path;
}
