// SPDX-License-Identifier: GPL-2.0
/*
 * The cgroup of a process, and where its cgroup namespace begins.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/message.h"
#include "ns/cgroup.h"
#include "ns/cgroup_save.h"
#include "ns/enter.h"
#include "ns/file.h"

/* For ns_inside(): what the cgroup is called in a cgroup namespace. */
static int name_inside(void *data, struct json_object **result)
{
	CLEANUP_FREE char *name = cgroup_of(*(const pid_t *)data);

	if (!name)
		return message_failed("process %d has ended",
				      *(const pid_t *)data);
	*result = json_object_new_object();
	ns_put_string(*result, "name", name);
	return STATUS_DONE;
}

/* The root of its namespace is what it is called here, less what it is called there. */
static char *root_of(const char *path, const char *inside)
{
	size_t length = strlen(path), tail = strlen(inside);

	if (!strcmp(inside, "/"))
		return strdup(path);
	if (length < tail || strcmp(path + length - tail, inside))
		return NULL;
	return length == tail ? strdup("/") : strndup(path, length - tail);
}

static int put_root(struct json_object *cgroup, pid_t pid, const char *path,
		    const struct ns_set *set)
{
	struct json_object *inside = NULL;
	int status = STATUS_DONE;
	CLEANUP_FREE char *root = NULL;

	if (set->fd[NS_CGROUP] < 0) {
		ns_put_string(cgroup, "root", "/");
		return STATUS_DONE;
	}
	status = ns_inside(set, name_inside, &pid, &inside);
	if (status != STATUS_DONE)
		return status;
	root = root_of(path, ns_get_string(inside, "name"));
	/* A process may have left what its namespace shows. */
	ns_put_string(cgroup, "root", root ? root : path);
	json_object_put(inside);
	return STATUS_DONE;
}

static int save(pid_t pid, const struct ns_set *set, const char *point,
		const char *path, struct json_object **cgroup)
{
	char *directory;

	if (asprintf(&directory, "%s%s", point, path) < 0)
		return message_out_of_memory();
	*cgroup = json_object_new_object();
	ns_put_string(*cgroup, "path", path);
	json_object_object_add(*cgroup, "controllers",
			       cgroup_controllers(directory));
	json_object_object_add(*cgroup, "limits", cgroup_limits(directory));
	free(directory);
	return put_root(*cgroup, pid, path, set);
}

/* What lies outside of our own cgroup namespace begins with "/..". */
int ns_cgroup_save(pid_t pid, const struct ns_set *set,
		   struct json_object **cgroup)
{
	CLEANUP_FREE char *point = cgroup_mount_point();
	CLEANUP_FREE char *path = cgroup_of(pid);
	int status = STATUS_DONE;

	*cgroup = NULL;
	if (path && !strncmp(path, "/..", 3))
		message_warning("the cgroup of process %d lies outside of ours, %s: it is not saved",
				pid, path);
	else if (point && path)
		status = save(pid, set, point, path, cgroup);
	return status;
}
