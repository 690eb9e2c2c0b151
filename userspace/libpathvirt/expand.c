// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What "%" and "$" stand for in a map file.
 *
 * What is not known is an error and never nothing: a path that lacks a component leads
 * somewhere else.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "libpathvirt/expand.h"
#include "libpathvirt/libpathvirt.h"

#define NAME_FIRST	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define NAME_REST	NAME_FIRST "0123456789"

static char *fail(struct pv_fault *fault, int err, const char *format,
		  const char *what)
{
	pv_fault_set(fault, -err, format, what);
	errno = err;
	return NULL;
}

static char *user_name(struct pv_fault *fault)
{
	const struct passwd *entry = getpwuid(geteuid());

	return entry ? strdup(entry->pw_name) :
	       fail(fault, EINVAL, "%s: the user has no name", "%u");
}

static char *user_number(void)
{
	char *text;

	return asprintf(&text, "%u", geteuid()) < 0 ? NULL : text;
}

static char *host_name(void)
{
	struct utsname host;

	return uname(&host) ? NULL : strdup(host.nodename);
}

/* As the batch systems tell it. */
static char *job_number(struct pv_fault *fault)
{
	static const char * const names[] = {
		"SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID",
	};
	const char *value;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = getenv(names[i]);
		if (value && *value)
			return strdup(value);
	}
	return fail(fault, EINVAL, "%s: this is not a job; SLURM_JOB_ID, PBS_JOBID and LSB_JOBID are not set",
		    "%j");
}

/* What the "%" with @letter behind it stands for. */
static char *letter_value(struct pv_fault *fault, char letter)
{
	char text[] = { '%', letter, '\0' };

	switch (letter) {
	case 'u':
		return user_name(fault);
	case 'U':
		return user_number();
	case 'h':
		return host_name();
	case 'j':
		return job_number(fault);
	case '%':
		return strdup("%");
	}
	return fail(fault, EINVAL, "\"%s\" stands for nothing: a \"%%\" in a path is \"%%%%\"",
		    text);
}

/* The variable whose name @text begins with; @used receives how much that takes. */
static char *variable_value(struct pv_fault *fault, const char *text, size_t length,
			    size_t *used)
{
	bool braces = length && *text == '{';
	const char *begin = text + braces, *value;
	size_t room = length - braces, size = 0;
	char *name, *copy;

	if (room && strchr(NAME_FIRST, *begin))
		while (size < room && strchr(NAME_REST, begin[size]))
			size++;
	if (!size || (braces && (size == room || begin[size] != '}')))
		return fail(fault, EINVAL, "%s is not a variable: a \"$\" in a path is \"$$\"",
			    "what stands behind a \"$\"");
	*used = size + 2 * braces;
	name = strndup(begin, size);
	if (!name)
		return NULL;
	value = getenv(name);
	copy = value && *value ? strdup(value) :
	       fail(fault, EINVAL, "the variable %s is not set, or empty", name);
	free(name);
	return copy;
}

/* What stands at @text, a "%" or a "$", as part of a path; @used as above. */
static char *expansion(struct pv_fault *fault, const char *text, size_t length,
		       size_t *used)
{
	char *value, *escaped = NULL;

	if (*text == '%') {
		*used = 2;
		value = letter_value(fault, length > 1 ? text[1] : '\0');
	} else if (length > 1 && text[1] == '$') {
		*used = 2;
		value = strdup("$");
	} else {
		value = variable_value(fault, text + 1, length - 1, used);
		*used += 1;
	}
	if (value)
		escaped = pv_path_escape(value);
	free(value);
	return escaped;
}

char *pv_expand(struct pv_fault *fault, const char *text, size_t length)
{
	char *result = NULL, *value;
	size_t at, size, used;
	FILE *stream;

	errno = ENOMEM;
	stream = open_memstream(&result, &size);
	if (!stream)
		return NULL;
	for (at = 0; at < length; at += used) {
		used = 1;
		if (text[at] != '%' && text[at] != '$') {
			putc(text[at], stream);
			continue;
		}
		errno = ENOMEM;
		value = expansion(fault, text + at, length - at, &used);
		if (!value) {
			int err = errno;

			fclose(stream);
			free(result);
			errno = err;
			return NULL;
		}
		fputs(value, stream);
		free(value);
	}
	if (fclose(stream)) {
		free(result);
		errno = ENOMEM;
		return NULL;
	}
	return result;
}
