// SPDX-License-Identifier: GPL-2.0
/*
 * Cgroups of version 2.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <libmount.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/procfs.h"
#include "ns/cgroup.h"

char *cgroup_mount_point(void)
{
	struct libmnt_table *table =
		mnt_new_table_from_file("/proc/self/mountinfo");
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_BACKWARD);
	struct libmnt_fs *fs;
	char *point = NULL;

	while (table && iter && !point && !mnt_table_next_fs(table, iter, &fs))
		if (!strcmp(mnt_fs_get_fstype(fs), "cgroup2") &&
		    !strcmp(mnt_fs_get_root(fs), "/"))
			point = strdup(mnt_fs_get_target(fs));
	mnt_free_iter(iter);
	mnt_unref_table(table);
	return point;
}

char *cgroup_of(pid_t pid)
{
	CLEANUP_FREE char *text = NULL;
	char path[64], *at, *name = NULL;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	text = procfs_read(path);
	if (!text)
		return NULL;
	at = strncmp(text, "0::", 3) ? strstr(text, "\n0::") : text - 1;
	if (at)
		name = strndup(at + 4, strcspn(at + 4, "\n"));
	return name;
}

/* What does something, tells of a state, or would be set for each process. */
static bool is_limit(const char *name)
{
	static const char *const others[] = {
		"cgroup.procs", "cgroup.threads", "cgroup.kill",
		"cgroup.freeze", "cgroup.subtree_control", "cgroup.type",
		"cgroup.pressure", "memory.reclaim", "memory.peak",
		"memory.swap.peak", "cpu.weight.nice",
	};
	const char *end = strrchr(name, '.');
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(name, others[i]))
			return false;
	return end && strcmp(end, ".pressure");
}

static void put_limit(struct json_object *limits, const char *directory,
		      const char *name)
{
	struct stat st;
	char *path, *text;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return;
	if (!stat(path, &st) && S_ISREG(st.st_mode) &&
	    (st.st_mode & 0600) == 0600) {
		text = procfs_read(path);
		if (text)
			json_object_object_add(limits, name,
					       json_object_new_string(text));
		free(text);
	}
	free(path);
}

struct json_object *cgroup_limits(const char *directory)
{
	struct json_object *limits = json_object_new_object();
	const struct dirent *entry;
	CLEANUP_DIR DIR *dir = opendir(directory);

	while (dir && (entry = readdir(dir)))
		if (is_limit(entry->d_name))
			put_limit(limits, directory, entry->d_name);
	return limits;
}

struct json_object *cgroup_controllers(const char *directory)
{
	struct json_object *controllers = json_object_new_array();
	CLEANUP_FREE char *text = NULL;
	char *path, *word, *rest;

	if (asprintf(&path, "%s/cgroup.controllers", directory) < 0)
		return controllers;
	text = procfs_read(path);
	rest = text;
	while (rest && (word = strsep(&rest, " \n")))
		if (*word)
			json_object_array_add(controllers,
					      json_object_new_string(word));
	free(path);
	return controllers;
}
