// SPDX-License-Identifier: GPL-2.0
/*
 * What an IPC namespace holds, but for the objects themselves.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/command.h"
#include "base/procfs.h"
#include "ns/file.h"
#include "ns/ipc.h"
#include "ns/report.h"

/* Those that are each namespace's own, below /proc/sys, by their names in our files. */
static const struct limit {
	const char *name;
	const char *path;
} limits[] = {
	{ "shmmax", "/proc/sys/kernel/shmmax" },
	{ "shmall", "/proc/sys/kernel/shmall" },
	{ "shmmni", "/proc/sys/kernel/shmmni" },
	{ "shm_rmid_forced", "/proc/sys/kernel/shm_rmid_forced" },
	{ "msgmax", "/proc/sys/kernel/msgmax" },
	{ "msgmnb", "/proc/sys/kernel/msgmnb" },
	{ "msgmni", "/proc/sys/kernel/msgmni" },
	{ "sem", "/proc/sys/kernel/sem" },
	{ "mqueue_queues_max", "/proc/sys/fs/mqueue/queues_max" },
	{ "mqueue_msg_max", "/proc/sys/fs/mqueue/msg_max" },
	{ "mqueue_msgsize_max", "/proc/sys/fs/mqueue/msgsize_max" },
	{ "mqueue_msg_default", "/proc/sys/fs/mqueue/msg_default" },
	{ "mqueue_msgsize_default", "/proc/sys/fs/mqueue/msgsize_default" },
};

#define LIMITS	(sizeof(limits) / sizeof(limits[0]))

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

/* A kernel may lack some of them. */
static void put_limits(struct json_object *object)
{
	char *text;
	size_t i;

	for (i = 0; i < LIMITS; i++) {
		text = procfs_read(limits[i].path);
		if (!text)
			continue;
		text[strcspn(text, "\n")] = '\0';
		ns_put_string(object, limits[i].name, text);
		free(text);
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

static void set_limit(struct json_object *report, const struct limit *limit,
		      const char *value)
{
	int err;

	if (is_set(limit->path, value))
		return;
	err = procfs_write(limit->path, value);
	if (err)
		ns_report_add(report, "ipc", "%s cannot be set to %s: %s",
			      limit->name, value, strerror(-err));
}

int ns_ipc_restore(void *data, struct json_object **result)
{
	struct json_object *values = ns_get(data, "limits"), *value;
	size_t i;

	*result = json_object_new_array();
	for (i = 0; i < LIMITS; i++) {
		value = ns_get(values, limits[i].name);
		if (value)
			set_limit(*result, &limits[i],
				  json_object_get_string(value));
	}
	return STATUS_DONE;
}
