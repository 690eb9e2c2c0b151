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

#include "base/array.h"
#include "base/caps.h"
#include "base/cleanup.h"
#include "base/command.h"
#include "base/message.h"
#include "base/procfs.h"
#include "ns/enter.h"
#include "ns/file.h"
#include "ns/idmap.h"
#include "ns/report.h"

static int add_extent(struct ns_map *map, int64_t inside, int64_t outside,
		      int64_t count)
{
	struct ns_extent *added = ARRAY_ADD(&map->extent, &map->count);

	if (!added)
		return -ENOMEM;
	*added = (struct ns_extent){ inside, outside, count };
	return 0;
}

/* As the kernel tells it. */
static int parse_map(const char *text, struct ns_map *map)
{
	int64_t inside, outside, count;
	int length, err = 0;

	while (!err && sscanf(text, " %" SCNd64 " %" SCNd64 " %" SCNd64 "%n",
			      &inside, &outside, &count, &length) == 3) {
		err = add_extent(map, inside, outside, count);
		text += length;
	}
	return err;
}

static int read_map(const char *name, struct ns_map *map)
{
	CLEANUP_FREE char *text = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	text = procfs_read(path);
	if (!text)
		return message_failed("cannot read %s: %s", path,
				      strerror(errno));
	return parse_map(text, map) ? message_out_of_memory() : STATUS_DONE;
}

/* Who is in a user namespace reads its maps in terms of the one above. */
static int read_maps(void *data, struct json_object **result)
{
	CLEANUP_FREE char *setgroups = procfs_read("/proc/self/setgroups");
	struct ns_user user = { 0 };
	int status = read_map("uid_map", &user.uid_map) ?:
		     read_map("gid_map", &user.gid_map);

	(void)data;
	user.setgroups = strdup(setgroups && !strncmp(setgroups, "deny", 4) ?
				"deny" : "allow");
	*result = user.setgroups ? schema_json(&ns_user_schema, &user) : NULL;
	if (status == STATUS_DONE && !*result)
		status = message_out_of_memory();
	schema_free(&ns_user_schema, &user);
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
 * Those ids of the namespace above that may be mapped, of which only "inside" and "count" are
 * looked at: the first ones; without privilege only our own.
 */
static int ids_here(const char *name, int capability, unsigned int own,
		    struct ns_map *ids)
{
	CLEANUP_FREE char *text = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	if (caps_have(capability))
		text = procfs_read(path);
	return text ? parse_map(text, ids) : add_extent(ids, own, 0, 1);
}

static bool is_among(const struct ns_map *ids, int64_t first, int64_t count)
{
	size_t i;

	for (i = 0; i < ids->count; i++) {
		const struct ns_extent *extent = &ids->extent[i];

		if (first >= extent->inside &&
		    count <= extent->count - (first - extent->inside))
			return true;
	}
	return false;
}

static bool fits(const struct ns_map *map, const struct ns_map *ids)
{
	size_t i;

	for (i = 0; i < map->count; i++)
		if (!is_among(ids, map->extent[i].outside, map->extent[i].count))
			return false;
	return true;
}

static int copy_map(const struct ns_map *map, struct ns_map *copy)
{
	size_t i;
	int err = 0;

	for (i = 0; i < map->count && !err; i++)
		err = add_extent(copy, map->extent[i].inside,
				 map->extent[i].outside, map->extent[i].count);
	return err;
}

static int64_t first_inside(const struct ns_map *map)
{
	return map->count ? map->extent[0].inside : 0;
}

/* Plans one map, and has @ids be what can be mapped in the next level. */
static int plan_map(const struct ns_map *map, const char *what,
		    const struct ns_map **ids, unsigned int own,
		    struct ns_map *plan, struct json_object *report)
{
	const struct ns_map *above = *ids;

	*ids = plan;
	if (fits(map, above))
		return copy_map(map, plan);
	ns_report_add(report, "user",
		      "not all %s ids can be mapped as they were, only one: run pvadm as root, where they exist",
		      what);
	/* One id there, the first of those saved, is one here. */
	return add_extent(plan, first_inside(map),
			  is_among(above, own, 1) ? own : first_inside(above), 1);
}

static int plan_all(const struct ns_file *file, const struct ns_map *uids,
		    const struct ns_map *gids, struct ns_user *maps,
		    struct json_object *report)
{
	size_t i;
	int err = 0;

	for (i = 0; i < file->user_count && !err; i++) {
		const struct ns_user *user = &file->users[i];
		const char *setgroups = user->setgroups;

		/* The kernel asks it of who maps a group without privilege. */
		if (!i && !caps_have(CAP_SETGID) && strcmp(setgroups, "deny")) {
			setgroups = "deny";
			ns_report_add(report, "user",
				      "setgroups is denied, as we have no privilege over groups");
		}
		maps[i].setgroups = strdup(setgroups);
		if (!maps[i].setgroups)
			return -ENOMEM;
		err = plan_map(&user->uid_map, "user", &uids, geteuid(),
			       &maps[i].uid_map, report) ?:
		      plan_map(&user->gid_map, "group", &gids, getegid(),
			       &maps[i].gid_map, report);
	}
	return err;
}

int ns_idmap_plan(const struct ns_file *file, struct ns_user *maps,
		  struct json_object *report)
{
	struct ns_map uids = { 0 }, gids = { 0 };
	int err = ids_here("uid_map", CAP_SETUID, geteuid(), &uids) ?:
		  ids_here("gid_map", CAP_SETGID, getegid(), &gids) ?:
		  plan_all(file, &uids, &gids, maps, report);

	free(uids.extent);
	free(gids.extent);
	return err;
}

/* ---- Translating ---- */

static int64_t map_down(const struct ns_map *map, int64_t id)
{
	size_t i;

	for (i = 0; i < map->count; i++) {
		const struct ns_extent *extent = &map->extent[i];

		if (id >= extent->outside && id - extent->outside < extent->count)
			return extent->inside + id - extent->outside;
	}
	return -1;
}

int64_t ns_idmap_inside(const struct ns_file *file, size_t level,
			const char *what, int64_t id)
{
	size_t i;

	for (i = 0; i < level && id >= 0; i++)
		id = map_down(strcmp(what, "gid") ? &file->users[i].uid_map :
						    &file->users[i].gid_map, id);
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

static int write_map(int dirfd, const char *name, const struct ns_map *map)
{
	CLEANUP_FREE char *text = NULL;
	size_t size = 0, i;
	FILE *file = open_memstream(&text, &size);

	for (i = 0; file && i < map->count; i++)
		fprintf(file, "%" PRId64 " %" PRId64 " %" PRId64 "\n",
			map->extent[i].inside, map->extent[i].outside,
			map->extent[i].count);
	if (!file || fclose(file))
		return message_out_of_memory();
	/* A namespace may have none. */
	return map->count ? write_at(dirfd, name, text) : STATUS_DONE;
}

int ns_idmap_write(int dirfd, const struct ns_user *user)
{
	int status = STATUS_DONE;

	/* It is allowed where nobody denied it above. */
	if (!strcmp(user->setgroups, "deny"))
		status = write_at(dirfd, "setgroups", "deny");
	return status ?:
	       write_map(dirfd, "gid_map", &user->gid_map) ?:
	       write_map(dirfd, "uid_map", &user->uid_map);
}
