// SPDX-License-Identifier: GPL-2.0
/*
 * Becoming another program.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/exec.h"
#include "base/fdslots.h"
#include "base/message.h"

#define STATUS_NOT_EXECUTABLE	126
#define STATUS_NOT_FOUND	127

int exec_failed(const char *file, int err)
{
	message_failed("cannot run %s: %s", file, strerror(err));
	return err == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

/* 0 or an errno. */
static int executable(const char *path)
{
	struct stat stat_;

	if (stat(path, &stat_) ||
	    faccessat(AT_FDCWD, path, X_OK, AT_EACCESS))
		return errno;
	return S_ISREG(stat_.st_mode) ? 0 : EACCES;
}

/* For free(); NULL with errno. */
static char *absolute(const char *path)
{
	CLEANUP_FREE char *here = NULL;
	char *result;

	if (*path == '/')
		return strdup(path);
	here = get_current_dir_name();
	if (!here || asprintf(&result, "%s/%s", here, path) < 0)
		result = NULL;
	return result;
}

/* @name in the first directory of @path. */
static char *in_first(const char *path, const char *name)
{
	int length = strcspn(path, ":");
	char *file, *result;

	if (asprintf(&file, "%.*s/%s", length ? length : 1,
		     length ? path : ".", name) < 0)
		return NULL;
	result = absolute(file);
	free(file);
	return result;
}

/* What execvp() would take: an entry that may not be run is not the last word. */
static char *search(const char *path, const char *name, int *err)
{
	*err = ENOENT;
	for (;;) {
		char *file = in_first(path, name);
		int wrong = file ? executable(file) : errno;

		if (!wrong)
			return file;
		free(file);
		if (wrong == EACCES)
			*err = wrong;
		path += strcspn(path, ":");
		if (!*path++)
			return NULL;
	}
}

char *exec_find(const char *name, int *status)
{
	const char *path = getenv("PATH");
	char *file = NULL;
	int err = ENOENT;

	if (strchr(name, '/')) {
		file = absolute(name);
		err = file ? executable(file) : errno;
		if (err) {
			free(file);
			file = NULL;
		}
	} else if (*name) {
		file = search(path ? path : "/bin:/usr/bin", name, &err);
	}
	if (!file)
		*status = exec_failed(name, err);
	return file;
}

int exec_program(const char *file, char **argv)
{
	int err;

	execvp(file, argv);
	err = errno;
	/* Standard error may be the program's by now. */
	fdslots_recover();
	return exec_failed(file, err);
}
