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
#include "libpathvirt/rules.h"

#define NAME_FIRST	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define NAME_REST	NAME_FIRST "0123456789"

static char *fail(struct pv_fault *fault, int err, const char *format,
		  const char *what)
{
	pv_fault_set(fault, -err, format, what);
	errno = err;
	return NULL;
}

static char *user_name(void)
{
	const struct passwd *entry = getpwuid(geteuid());

	return entry ? strdup(entry->pw_name) : NULL;
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

/* The first of those variables that is set. */
static char *first_of(const char * const *names, size_t count)
{
	const char *value;
	size_t i;

	for (i = 0; i < count; i++) {
		value = getenv(names[i]);
		if (value && *value)
			return strdup(value);
	}
	return NULL;
}

/* As the batch systems tell it. */
static char *job_number(void)
{
	static const char * const names[] = {
		"SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID",
	};

	return first_of(names, sizeof(names) / sizeof(names[0]));
}

static char *job_name(void)
{
	static const char * const names[] = {
		"SLURM_JOB_NAME", "PBS_JOBNAME", "LSB_JOBNAME",
	};

	return first_of(names, sizeof(names) / sizeof(names[0]));
}

/* What a process that has not said otherwise knows: a pv_variable_fn. */
static char *own_value(const char *name, void *arg)
{
	const char *value;

	(void)arg;
	errno = ENOENT;
	if (*name == '$') {
		value = getenv(name + 1);
		return value ? strdup(value) : NULL;
	}
	switch (name[1]) {
	case 'h':
		return host_name();
	case 'u':
		return user_name();
	case 'U':
		return user_number();
	case 'j':
		return job_number();
	case 'x':
		return job_name();
	}
	return NULL;
}

/*
 * What is wrong where @name has no value, or one that is @unfit: its "%s" is @name without
 * its "$".
 */
static const char *unknown(const char *name, bool unfit)
{
	if (unfit)
		return "what %s stands for cannot be part of a path";
	if (*name == '$')
		return "the variable %s is not set, or empty";
	switch (name[1]) {
	case 'h':
		return "%s: the host has no name";
	case 'u':
	case 'U':
		return "%s: the user has no name";
	case 'j':
	case 'x':
		return "%s: this is not a job; SLURM_JOB_ID, PBS_JOBID and LSB_JOBID are not set";
	}
	return "\"%s\" stands for nothing: a \"%%\" in a path is \"%%%%\"";
}

/* What @name, "%u" or "$HOME", stands for: for free(). */
static char *value_of(struct pv_rules *rules, const char *name)
{
	pv_variable_fn find = rules->find ? rules->find : own_value;
	char *value = find(name, rules->find_arg);
	int err = value ? 0 : errno;

	if (value && *value)
		return value;
	if (err == ENOMEM)
		return NULL;
	free(value);
	return fail(&rules->fault, EINVAL, unknown(name, err == EINVAL),
		    *name == '$' ? name + 1 : name);
}

/* What the "%" with @letter behind it stands for. */
static char *letter_value(struct pv_rules *rules, char letter)
{
	char name[] = { '%', letter, '\0' };

	return letter == '%' ? strdup("%") : value_of(rules, name);
}

/* The variable whose name @text begins with; @used receives how much that takes. */
static char *variable_value(struct pv_rules *rules, const char *text, size_t length,
			    size_t *used)
{
	bool braces = length && *text == '{';
	const char *begin = text + braces;
	size_t room = length - braces, size = 0;
	char *name, *value;

	if (room && strchr(NAME_FIRST, *begin))
		while (size < room && strchr(NAME_REST, begin[size]))
			size++;
	if (!size || (braces && (size == room || begin[size] != '}')))
		return fail(&rules->fault, EINVAL,
			    "%s is not a variable: a \"$\" in a path is \"$$\"",
			    "what stands behind a \"$\"");
	*used = size + 2 * braces;
	if (asprintf(&name, "$%.*s", (int)size, begin) < 0)
		return NULL;
	value = value_of(rules, name);
	free(name);
	return value;
}

/* What stands at @text, a "%" or a "$", as part of a path; @used as above. */
static char *expansion(struct pv_rules *rules, const char *text, size_t length,
		       size_t *used)
{
	char *value, *escaped = NULL;

	if (*text == '%') {
		*used = 2;
		value = letter_value(rules, length > 1 ? text[1] : '\0');
	} else if (length > 1 && text[1] == '$') {
		*used = 2;
		value = strdup("$");
	} else {
		value = variable_value(rules, text + 1, length - 1, used);
		*used += 1;
	}
	if (value)
		escaped = pv_path_escape(value);
	free(value);
	return escaped;
}

char *pv_expand(struct pv_rules *rules, const char *text, size_t length)
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
		value = expansion(rules, text + at, length - at, &used);
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
