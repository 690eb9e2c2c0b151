// SPDX-License-Identifier: GPL-2.0
/*
 * The maps of user namespaces.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/cleanup.h"
#include "base/command.h"
#include "base/message.h"
#include "base/procfs.h"
#include "ns/enter.h"
#include "ns/file.h"
#include "ns/idmap.h"
#include "ns/report.h"

static struct json_object *extents(const char *text)
{
	struct json_object *map = json_object_new_array(), *extent;
	int64_t inside, outside, count;
	int length;

	while (sscanf(text, " %" SCNd64 " %" SCNd64 " %" SCNd64 "%n", &inside,
		      &outside, &count, &length) == 3) {
		extent = json_object_new_object();
		ns_put_number(extent, "inside", inside);
		ns_put_number(extent, "outside", outside);
		ns_put_number(extent, "count", count);
		json_object_array_add(map, extent);
		text += length;
	}
	return map;
}

static int add_map(struct json_object *user, const char *name)
{
	CLEANUP_FREE char *text = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	text = procfs_read(path);
	if (!text)
		return message_failed("cannot read %s: %s", path,
				      strerror(errno));
	json_object_object_add(user, name, extents(text));
	return STATUS_DONE;
}

/* Who is in a user namespace reads its maps in terms of the one above. */
static int read_maps(void *data, struct json_object **result)
{
	char *setgroups = procfs_read("/proc/self/setgroups");
	struct json_object *user = json_object_new_object();
	int status;

	(void)data;
	ns_put_string(user, "setgroups",
		      setgroups && !strncmp(setgroups, "deny", 4) ? "deny" :
		      "allow");
	free(setgroups);
	status = add_map(user, "uid_map") ?: add_map(user, "gid_map");
	*result = user;
	return status;
}

int ns_idmap_save(const struct ns_chain *chain, struct json_object **users)
{
	int status = STATUS_DONE;
	size_t i;

	*users = json_object_new_array();
	for (i = 0; i < chain->count && status == STATUS_DONE; i++) {
		struct ns_set set = NS_SET_NONE;
		struct json_object *user;

		set.fd[NS_USER] = chain->fd[i];
		status = ns_inside(&set, read_maps, NULL, &user);
		if (user)
			ns_put_number(user, "inode",
				      ns_id_of(chain->fd[i]).inode);
		json_object_array_add(*users, user);
	}
	return status;
}

/* ---- Planning ---- */

/*
 * Those ids of the namespace above that may be mapped, as extents of which only
 * "inside" and "count" are looked at.
 */
static struct json_object *only(unsigned int id)
{
	struct json_object *ids = json_object_new_array();
	struct json_object *extent = json_object_new_object();

	ns_put_number(extent, "inside", id);
	ns_put_number(extent, "count", 1);
	json_object_array_add(ids, extent);
	return ids;
}

/* The first ones: without privilege only our own. */
static struct json_object *ids_here(const char *name, int capability,
				    unsigned int own)
{
	CLEANUP_FREE char *text = NULL;
	char path[64];
	struct json_object *ids;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	if (caps_have(capability))
		text = procfs_read(path);
	ids = text ? extents(text) : only(own);
	return ids;
}

static bool is_among(const struct json_object *ids, int64_t first,
		     int64_t count)
{
	size_t i;

	for (i = 0; i < json_object_array_length(ids); i++) {
		struct json_object *extent = json_object_array_get_idx(ids, i);
		int64_t from = ns_get_number(extent, "inside");

		if (first >= from &&
		    count <= ns_get_number(extent, "count") - (first - from))
			return true;
	}
	return false;
}

static bool fits(const struct json_object *map, const struct json_object *ids)
{
	size_t i;

	for (i = 0; i < json_object_array_length(map); i++) {
		struct json_object *extent = json_object_array_get_idx(map, i);

		if (!is_among(ids, ns_get_number(extent, "outside"),
			      ns_get_number(extent, "count")))
			return false;
	}
	return true;
}

/* One id there, the first of those saved, is one here. */
static struct json_object *smallest(const struct json_object *map,
				    const struct json_object *ids,
				    unsigned int own)
{
	struct json_object *plan, *extent;
	int64_t outside = own;

	if (!is_among(ids, own, 1))
		outside = ns_get_number(json_object_array_get_idx(ids, 0),
					"inside");
	extent = json_object_new_object();
	ns_put_number(extent, "inside",
		      ns_get_number(json_object_array_get_idx(map, 0),
				    "inside"));
	ns_put_number(extent, "outside", outside);
	ns_put_number(extent, "count", 1);
	plan = json_object_new_array();
	json_object_array_add(plan, extent);
	return plan;
}

/* Plans one map, and leaves in @ids what can be mapped in the next level. */
static struct json_object *plan_map(struct json_object *map, const char *what,
				    struct json_object **ids, unsigned int own,
				    struct json_object *report)
{
	struct json_object *plan;

	if (fits(map, *ids)) {
		plan = json_object_get(map);
	} else {
		plan = smallest(map, *ids, own);
		ns_report_add(report, "user",
			      "not all %s ids can be mapped as they were, only one: run pvadm as root, where they exist",
			      what);
	}
	json_object_put(*ids);
	*ids = json_object_get(plan);
	return plan;
}

static struct json_object *plan_level(const struct json_object *user,
				      struct json_object *ids[2],
				      struct json_object *report)
{
	struct json_object *plan = json_object_new_object();

	json_object_object_add(plan, "uid_map",
			       plan_map(ns_get(user, "uid_map"), "user",
					&ids[0], geteuid(), report));
	json_object_object_add(plan, "gid_map",
			       plan_map(ns_get(user, "gid_map"), "group",
					&ids[1], getegid(), report));
	return plan;
}

void ns_idmap_plan(const struct json_object *users, struct json_object *maps,
		   struct json_object *report)
{
	struct json_object *ids[] = {
		ids_here("uid_map", CAP_SETUID, geteuid()),
		ids_here("gid_map", CAP_SETGID, getegid()),
	};
	struct json_object *user, *plan;
	const char *setgroups;
	size_t i;

	for (i = 0; i < json_object_array_length(users); i++) {
		user = json_object_array_get_idx(users, i);
		plan = plan_level(user, ids, report);
		setgroups = ns_get_string(user, "setgroups");
		/* The kernel asks it of who maps a group without privilege. */
		if (!i && !caps_have(CAP_SETGID) &&
		    strcmp(setgroups, "deny")) {
			setgroups = "deny";
			ns_report_add(report, "user",
				      "setgroups is denied, as we have no privilege over groups");
		}
		ns_put_string(plan, "setgroups", setgroups);
		json_object_array_add(maps, plan);
	}
	json_object_put(ids[0]);
	json_object_put(ids[1]);
}

/* ---- Translating ---- */

static int64_t map_down(const struct json_object *map, int64_t id)
{
	size_t i;

	for (i = 0; i < json_object_array_length(map); i++) {
		struct json_object *extent = json_object_array_get_idx(map, i);
		int64_t from = ns_get_number(extent, "outside");

		if (id >= from && id - from < ns_get_number(extent, "count"))
			return ns_get_number(extent, "inside") + id - from;
	}
	return -1;
}

int64_t ns_idmap_inside(const struct json_object *users, size_t level,
			const char *what, int64_t id)
{
	size_t i;

	for (i = 0; i < level && id >= 0; i++) {
		struct json_object *user = json_object_array_get_idx(users, i);

		id = map_down(ns_get(user, strcmp(what, "gid") ? "uid_map" :
				     "gid_map"), id);
	}
	return id;
}

/* ---- Writing ---- */

static int write_at(int dirfd, const char *name, const char *text)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	int err = n < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	if (err)
		return message_failed("cannot write the %s of the new user namespace: %s",
				      name, strerror(err));
	return STATUS_DONE;
}

static int write_map(int dirfd, const char *name,
		     const struct json_object *map)
{
	size_t count = json_object_array_length(map), size = 0, i;
	char *text = NULL;
	FILE *file = open_memstream(&text, &size);
	int status;

	for (i = 0; file && i < count; i++) {
		struct json_object *extent = json_object_array_get_idx(map, i);

		fprintf(file, "%" PRId64 " %" PRId64 " %" PRId64 "\n",
			ns_get_number(extent, "inside"),
			ns_get_number(extent, "outside"),
			ns_get_number(extent, "count"));
	}
	if (!file || fclose(file))
		return message_out_of_memory();
	/* A namespace may have none. */
	status = count ? write_at(dirfd, name, text) : STATUS_DONE;
	free(text);
	return status;
}

int ns_idmap_write(int dirfd, const struct json_object *user)
{
	int status = STATUS_DONE;

	/* It is allowed where nobody denied it above. */
	if (!strcmp(ns_get_string(user, "setgroups"), "deny"))
		status = write_at(dirfd, "setgroups", "deny");
	if (status == STATUS_DONE)
		status = write_map(dirfd, "gid_map", ns_get(user, "gid_map"));
	if (status == STATUS_DONE)
		status = write_map(dirfd, "uid_map", ns_get(user, "uid_map"));
	return status;
}
