// SPDX-License-Identifier: GPL-2.0
/*
 * What an IPC namespace holds, but for the objects themselves.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/error.h"
#include "base/message.h"
#include "base/procfs.h"
#include "ns/file.h"
#include "ns/ipc.h"
#include "ns/report.h"

/*
 * struct place - where limits are below /proc/sys
 *
 * @prefix: in front of their names in our files
 * @begins: how those of IPC begin, among others; NULL if there are no others
 */
static const struct place {
	const char *directory;
	const char *prefix;
	const char *const *begins;
} places[] = {
	{ "/proc/sys/fs/mqueue", "mqueue_", NULL },
	{ "/proc/sys/kernel", "",
	  (const char *const []){ "shm", "msg", "sem", "auto_msgmni", NULL } },
};

#define PLACES	(sizeof(places) / sizeof(places[0]))

static bool is_limit(const struct place *place, const char *name)
{
	const char *const *begin = place->begins;

	if (*name == '.')
		return false;
	while (begin && *begin && strncmp(name, *begin, strlen(*begin)))
		begin++;
	return !begin || *begin;
}

/* What cannot be looked at is not there, but for lack of memory: -errno then. */
static int nothing(void)
{
	return error_is_shortage(errno) ? -errno : 0;
}

/* Each file begins with a line that tells the columns. */
static int count_lines(const char *path)
{
	CLEANUP_FREE char *text = procfs_read(path);
	char *at;
	int count = -1;

	if (!text)
		return nothing();
	for (at = text; (at = strchr(at, '\n')); at++)
		count++;
	return count > 0 ? count : 0;
}

static int count_objects(void)
{
	static const char *const paths[] = {
		"/proc/sysvipc/msg", "/proc/sysvipc/sem", "/proc/sysvipc/shm",
	};
	int sum = 0, count = 0;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]) && count >= 0; i++) {
		count = count_lines(paths[i]);
		sum += count;
	}
	return count < 0 ? count : sum;
}

/* Of the filesystem that each namespace has, mounted or not; -1 with errno. */
static int open_queues(void)
{
	CLEANUP_CLOSE int context = fsopen("mqueue", FSOPEN_CLOEXEC);
	CLEANUP_CLOSE int mounted = -1;
	int fd;

	if (context < 0 ||
	    fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mounted = -1;
	else
		mounted = fsmount(context, FSMOUNT_CLOEXEC, 0);
	/* That is a place only. */
	fd = mounted < 0 ? -1 :
	     openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd;
}

static int count_entries(DIR *dir)
{
	const struct dirent *entry;
	int count = 0;

	errno = 0;
	while ((entry = readdir(dir)))
		count += *entry->d_name != '.';
	return errno ? -errno : count;
}

static int count_queues(void)
{
	int fd = open_queues(), count;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		count = nothing();
		if (fd >= 0)
			close(fd);
		return count;
	}
	count = count_entries(dir);
	closedir(dir);
	return count;
}

static int put_limit(struct json_object *object, const struct place *place,
		     const char *name)
{
	CLEANUP_FREE char *text = NULL;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", place->directory, name);
	text = procfs_read(path);
	if (!text)
		return nothing();
	text[strcspn(text, "\n")] = '\0';
	snprintf(path, sizeof(path), "%s%s", place->prefix, name);
	ns_put_string(object, path, text);
	return 0;
}

/* As many as the kernel has. */
static int put_limits_of(struct json_object *object, const struct place *place)
{
	CLEANUP_DIR DIR *dir = opendir(place->directory);
	const struct dirent *entry;
	int err = 0;

	if (!dir)
		return nothing();
	while (!err) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			break;
		if (is_limit(place, entry->d_name))
			err = put_limit(object, place, entry->d_name);
	}
	if (!err)
		err = -errno;
	return err;
}

static int put_limits(struct json_object *object)
{
	size_t i;
	int err = 0;

	for (i = 0; i < PLACES && !err; i++)
		err = put_limits_of(object, &places[i]);
	return err;
}

int ns_ipc_save(void *data, struct json_object **result)
{
	struct json_object *values = json_object_new_object();
	int objects = count_objects(), queues = count_queues();
	int err = put_limits(values);

	(void)data;
	*result = json_object_new_object();
	json_object_object_add(*result, "limits", values);
	ns_put_number(*result, "objects", objects);
	ns_put_number(*result, "queues", queues);
	if (!err)
		err = objects < 0 ? objects : queues < 0 ? queues : 0;
	if (err)
		return message_failed("cannot read what the IPC namespace holds: %s",
				      strerror(-err));
	return STATUS_DONE;
}

/* Most are what a new namespace has anyway. */
static bool is_set(const char *path, const char *value)
{
	CLEANUP_FREE char *text = procfs_read(path);
	bool same = text && !strncmp(text, value, strlen(value)) &&
		    !strcmp(text + strlen(value), "\n");

	return same;
}

/* False for what is none of IPC: a file may name what is not its namespace's own. */
static bool find_path(const char *name, char path[PATH_MAX])
{
	const struct place *place = places;

	while (strncmp(name, place->prefix, strlen(place->prefix)))
		place++;
	name += strlen(place->prefix);
	snprintf(path, PATH_MAX, "%s/%s", place->directory, name);
	return is_limit(place, name);
}

static void set_limit(struct json_object *report, const char *name,
		      const char *value)
{
	char path[PATH_MAX];
	int err = -EINVAL;

	if (find_path(name, path)) {
		if (is_set(path, value))
			return;
		err = procfs_write(path, value);
	}
	if (err)
		ns_report_add(report, "ipc", "%s cannot be set to %s: %s", name,
			      value, err == -ENOENT ? "this kernel has none" :
			      strerror(-err));
}

int ns_ipc_restore(void *data, struct json_object **result)
{
	const struct ns_settings *limits = data;
	size_t i;

	*result = json_object_new_array();
	for (i = 0; i < limits->count; i++)
		set_limit(*result, limits->pair[i].name, limits->pair[i].text);
	return STATUS_DONE;
}
