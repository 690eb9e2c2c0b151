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

#include "base/command.h"
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

/* Each file begins with a line that tells the columns. */
static int count_lines(const char *path)
{
	char *text = procfs_read(path), *at;
	int count = -1;

	if (!text)
		return 0;
	for (at = text; (at = strchr(at, '\n')); at++)
		count++;
	free(text);
	return count > 0 ? count : 0;
}

/* They are files of a filesystem that each namespace has, mounted or not. */
static int count_queues(void)
{
	int context = fsopen("mqueue", FSOPEN_CLOEXEC), fd = -1, count = 0;
	const struct dirent *entry;
	DIR *dir;

	if (context >= 0 &&
	    !fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = fsmount(context, FSMOUNT_CLOEXEC, 0);
	if (context >= 0)
		close(context);
	/* It was opened as a place only. */
	context = fd < 0 ? -1 : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	dir = context < 0 ? NULL : fdopendir(context);
	while (dir && (entry = readdir(dir)))
		count += *entry->d_name != '.';
	if (dir)
		closedir(dir);
	else if (context >= 0)
		close(context);
	return count;
}

static void put_limit(struct json_object *object, const struct place *place,
		      const char *name)
{
	char path[PATH_MAX], *text;

	snprintf(path, sizeof(path), "%s/%s", place->directory, name);
	text = procfs_read(path);
	if (!text)
		return;
	text[strcspn(text, "\n")] = '\0';
	snprintf(path, sizeof(path), "%s%s", place->prefix, name);
	ns_put_string(object, path, text);
	free(text);
}

/* As many as the kernel has. */
static void put_limits(struct json_object *object)
{
	const struct dirent *entry;
	size_t i;
	DIR *dir;

	for (i = 0; i < PLACES; i++) {
		dir = opendir(places[i].directory);
		while (dir && (entry = readdir(dir)))
			if (is_limit(&places[i], entry->d_name))
				put_limit(object, &places[i], entry->d_name);
		if (dir)
			closedir(dir);
	}
}

int ns_ipc_save(void *data, struct json_object **result)
{
	struct json_object *values = json_object_new_object();

	(void)data;
	put_limits(values);
	*result = json_object_new_object();
	json_object_object_add(*result, "limits", values);
	ns_put_number(*result, "objects", count_lines("/proc/sysvipc/msg") +
		      count_lines("/proc/sysvipc/sem") +
		      count_lines("/proc/sysvipc/shm"));
	ns_put_number(*result, "queues", count_queues());
	return STATUS_DONE;
}

/* Most are what a new namespace has anyway. */
static bool is_set(const char *path, const char *value)
{
	char *text = procfs_read(path);
	bool same = text && !strncmp(text, value, strlen(value)) &&
		    !strcmp(text + strlen(value), "\n");

	free(text);
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
	*result = json_object_new_array();
	json_object_object_foreach(ns_get(data, "limits"), name, value)
		set_limit(*result, name, json_object_get_string(value));
	return STATUS_DONE;
}
