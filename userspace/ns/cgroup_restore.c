// SPDX-License-Identifier: GPL-2.0
/*
 * Making a cgroup again, with its limits.
 *
 * What is there already is joined, and never changed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup_json.h"
#include "base/command.h"
#include "base/message.h"
#include "base/procfs.h"
#include "ns/cgroup.h"
#include "ns/cgroup_restore.h"
#include "ns/file.h"
#include "ns/report.h"

/* How long those who saw that pvadm is gone may take to be gone, too. */
#define PATIENCE	100		/* times */
#define NAP		20000000	/* nanoseconds */

static char *join(const char *a, const char *b, const char *c)
{
	char *path;

	if (asprintf(&path, "%s%s%s", a, b, c) < 0)
		return NULL;
	return path;
}

static const char *path_in(const struct ns_cgroup *cgroup)
{
	return cgroup->saved->path;
}

static char *directory_of(const struct ns_cgroup *cgroup)
{
	return join(cgroup->point, path_in(cgroup), "");
}

/* ---- Planning ---- */

static bool has(const struct json_object *array, const char *word)
{
	size_t i;

	for (i = 0; i < json_object_array_length(array); i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(array, i)),
			    word))
			return true;
	return false;
}

static void check_controllers(const struct ns_cgroup *cgroup,
			      struct json_object *report)
{
	const struct ns_words *saved = &cgroup->saved->controllers;
	CLEANUP_JSON struct json_object *here = cgroup_controllers(cgroup->point);
	size_t i;

	for (i = 0; i < saved->count; i++)
		if (!has(here, saved->word[i]))
			ns_report_add(report, "cgroup",
				      "there is no controller %s here: its limits are not set",
				      saved->word[i]);
}

static void check_limits(const struct ns_cgroup *cgroup,
			 const char *directory, struct json_object *report)
{
	const struct ns_settings *saved = &cgroup->saved->limits;
	CLEANUP_JSON struct json_object *here = cgroup_limits(directory);
	size_t i;

	for (i = 0; i < saved->count; i++) {
		struct json_object *now = ns_get(here, saved->pair[i].name);

		if (!now || strcmp(json_object_get_string(now), saved->pair[i].text))
			ns_report_add(report, "cgroup",
				      "%s is there, with another %s: it is joined as it is",
				      path_in(cgroup), saved->pair[i].name);
	}
}

/* The deepest one of @directory and those above it that is there. */
static char *deepest(const char *directory)
{
	char *path = strdup(directory), *slash;

	while (path && access(path, F_OK)) {
		slash = strrchr(path, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
	return path;
}

static void give_up(struct ns_cgroup *cgroup)
{
	cgroup->saved = NULL;
}

static void check_directory(struct ns_cgroup *cgroup, const char *directory,
			    struct json_object *report)
{
	char *there = deepest(directory);
	char *procs = there ? join(there, "/cgroup.procs", "") : NULL;

	cgroup->there = there && !strcmp(there, directory);
	if (!procs || access(procs, W_OK) ||
	    (!cgroup->there && access(there, W_OK))) {
		ns_report_add(report, "cgroup",
			      "%s cannot be made or joined: %s: the command stays in ours",
			      path_in(cgroup), strerror(procs ? errno : ENOMEM));
		give_up(cgroup);
	} else if (cgroup->there) {
		check_limits(cgroup, directory, report);
	} else {
		check_controllers(cgroup, report);
	}
	free(procs);
	free(there);
}

int ns_cgroup_plan(struct ns_cgroup *cgroup, const struct ns_file_cgroup *saved,
		   struct json_object *report)
{
	CLEANUP_FREE char *directory = NULL;

	*cgroup = (struct ns_cgroup){
		.saved = saved,
		.point = cgroup_mount_point(),
		.made = json_object_new_array(),
		.enabled = json_object_new_array(),
	};
	if (!saved)
		return STATUS_DONE;
	if (!cgroup->point) {
		ns_report_add(report, "cgroup",
			      "cgroups of version 2 are not mounted here: the command stays in ours");
		give_up(cgroup);
		return STATUS_DONE;
	}
	directory = directory_of(cgroup);
	if (!directory || !cgroup->made || !cgroup->enabled)
		return message_out_of_memory();
	check_directory(cgroup, directory, report);
	return STATUS_DONE;
}

void ns_cgroup_free(struct ns_cgroup *cgroup)
{
	free(cgroup->point);
	json_object_put(cgroup->made);
	json_object_put(cgroup->enabled);
	*cgroup = (struct ns_cgroup){ 0 };
}

/* ---- Making, in the janitor ---- */

/* It is not equal, which --strict does not suffer. */
static int differs(const struct ns_cgroup *cgroup, const char *what,
		   const char *value, int err)
{
	CLEANUP_JSON struct json_object *report = json_object_new_array();

	ns_report_add(report, "cgroup", "%s cannot be set to \"%.*s\": %s",
		      what, (int)strcspn(value, "\n"), value, strerror(-err));
	return ns_report_say(report, cgroup->strict);
}

/* Let the children of @directory have @name, if it has it itself. */
static int enable(struct ns_cgroup *cgroup, const char *directory,
		  const char *name)
{
	CLEANUP_FREE char *file = join(directory, "/cgroup.subtree_control", "");
	CLEANUP_FREE char *text = file ? procfs_read(file) : NULL;
	CLEANUP_JSON struct json_object *before = json_object_new_array();
	struct json_object *undo;
	char *word, *rest = text, sign[64];
	int err = 0;

	while (rest && (word = strsep(&rest, " \n")))
		json_object_array_add(before, json_object_new_string(word));
	if (text && !has(before, name)) {
		snprintf(sign, sizeof(sign), "+%s", name);
		err = procfs_write(file, sign);
		undo = json_object_new_object();
		*sign = '-';
		ns_put_string(undo, "file", file);
		ns_put_string(undo, "value", sign);
		if (!err)
			json_object_array_add(cgroup->enabled,
					      json_object_get(undo));
		json_object_put(undo);
	}
	return err ? differs(cgroup, "a controller", name, err) : STATUS_DONE;
}

static int enable_all(struct ns_cgroup *cgroup, const char *directory)
{
	const struct ns_words *saved = &cgroup->saved->controllers;
	CLEANUP_JSON struct json_object *here = cgroup_controllers(directory);
	int status = STATUS_DONE;
	size_t i;

	for (i = 0; i < saved->count && status == STATUS_DONE; i++)
		if (has(here, saved->word[i]))
			status = enable(cgroup, directory, saved->word[i]);
	return status;
}

static int make_one(struct ns_cgroup *cgroup, const char *directory)
{
	if (mkdir(directory, 0755)) {
		if (errno == EEXIST)
			return STATUS_DONE;
		return message_failed("cannot make the cgroup %s: %s",
				      directory, strerror(errno));
	}
	json_object_array_add(cgroup->made, json_object_new_string(directory));
	return STATUS_DONE;
}

/* One below the other: make_one() each, or enable_all() what is above each. */
static int each_directory(struct ns_cgroup *cgroup, char *directory,
			  int (*fn)(struct ns_cgroup *cgroup,
				    const char *directory))
{
	char *at = directory + strlen(cgroup->point);
	int status = STATUS_DONE;

	while (status == STATUS_DONE && *at == '/' && at[1]) {
		size_t length = 1 + strcspn(at + 1, "/");
		char after = at[length];

		*at = '\0';
		if (fn == enable_all)
			status = fn(cgroup, directory);
		*at = '/';
		at[length] = '\0';
		if (fn == make_one)
			status = fn(cgroup, directory);
		at[length] = after;
		at += length;
	}
	return status;
}

/* A file may have a line for each device; each is written by itself. */
static int set_lines(struct ns_cgroup *cgroup, const char *name,
		     const char *file, const char *value)
{
	int status = STATUS_DONE, err;

	while (*value && status == STATUS_DONE) {
		size_t length = strcspn(value, "\n");
		char *line = strndup(value, length);

		err = line ? procfs_write(file, line) : -ENOMEM;
		if (err)
			status = differs(cgroup, name, value, err);
		free(line);
		value += length + (value[length] == '\n');
	}
	return status;
}

static int set_limits(struct ns_cgroup *cgroup, const char *directory)
{
	const struct ns_settings *saved = &cgroup->saved->limits;
	int status = STATUS_DONE;
	size_t i;

	for (i = 0; i < saved->count && status == STATUS_DONE; i++) {
		const struct schema_pair *limit = &saved->pair[i];
		CLEANUP_FREE char *file = join(directory, "/", limit->name);
		CLEANUP_FREE char *now = file ? procfs_read(file) : NULL;

		/* Of a controller that is not here, which was told before. */
		if (now && strcmp(now, limit->text))
			status = set_lines(cgroup, limit->name, file, limit->text);
	}
	return status;
}

static int make_cgroup(void *data)
{
	struct ns_cgroup *cgroup = data;
	CLEANUP_FREE char *directory = directory_of(cgroup);
	int status = STATUS_DONE;

	if (!directory)
		return message_out_of_memory();
	if (!cgroup->there)
		status = each_directory(cgroup, directory, make_one);
	return status;
}

/*
 * Controllers and limits.  Not before a cgroup namespace has been made: nobody can
 * be, even for a moment, where children have controllers.
 */
static int dress(struct ns_cgroup *cgroup)
{
	CLEANUP_FREE char *directory = directory_of(cgroup);
	int status = STATUS_DONE;

	if (!directory)
		return message_out_of_memory();
	if (!cgroup->there)
		status = each_directory(cgroup, directory, enable_all);
	if (!cgroup->there && status == STATUS_DONE)
		status = set_limits(cgroup, directory);
	return status;
}

/* ---- Moving processes ---- */

static int try_move(const struct ns_cgroup *cgroup, const char *path,
		    pid_t pid)
{
	CLEANUP_FREE char *file = join(cgroup->point, path, "/cgroup.procs");
	char number[16];

	snprintf(number, sizeof(number), "%d", pid);
	return file ? procfs_write(file, number) : -ENOMEM;
}

static int move(const struct ns_cgroup *cgroup, const char *path, pid_t pid)
{
	int err = try_move(cgroup, path, pid);

	if (err)
		return message_failed("cannot move process %d into the cgroup %s: %s",
				      pid, path, strerror(-err));
	return STATUS_DONE;
}

/* Where others live below it already, with controllers, it takes nobody. */
static int move_to_root(const struct ns_cgroup *cgroup, pid_t pid)
{
	const char *root = cgroup->saved->root;
	int err = try_move(cgroup, root, pid);

	return err ? differs(cgroup, "the root of the cgroup namespace", root,
			     err) : STATUS_DONE;
}

static int move_out(const struct ns_cgroup *cgroup, pid_t pid)
{
	CLEANUP_FREE char *ours = cgroup_of(getpid());

	return move(cgroup, ours ? ours : "/", pid);
}

static int serve(void *data, int request, pid_t pid)
{
	struct ns_cgroup *cgroup = data;
	int status;

	switch (request) {
	case NS_CGROUP_JOIN_ROOT:
		return move_to_root(cgroup, pid);
	case NS_CGROUP_LEAVE:
		return move_out(cgroup, pid);
	case NS_CGROUP_JOIN:
		status = dress(cgroup);
		return status == STATUS_DONE ?
		       move(cgroup, path_in(cgroup), pid) : status;
	case NS_CGROUP_END:
		cgroup->ended = true;
		return STATUS_DONE;
	}
	return message_failed("unknown request %d", request);
}

/* ---- Unmaking ---- */

static bool is_made(const struct ns_cgroup *cgroup, size_t i,
		    const char **directory)
{
	struct json_object *value = json_object_array_get_idx(cgroup->made, i);

	*directory = json_object_get_string(value);
	return *directory;
}

/* Those who are about to end are gone after a while; those who live on keep it. */
static void remove_one(const struct ns_cgroup *cgroup, const char *directory)
{
	const struct timespec nap = { .tv_nsec = NAP };
	int i;

	for (i = 0; i < PATIENCE && rmdir(directory) && errno == EBUSY; i++) {
		if (cgroup->ended)
			break;
		nanosleep(&nap, NULL);
	}
}

static void unmake(void *data)
{
	struct ns_cgroup *cgroup = data;
	size_t i = json_object_array_length(cgroup->made);
	const char *directory;

	while (i-- && is_made(cgroup, i, &directory))
		remove_one(cgroup, directory);
	for (i = json_object_array_length(cgroup->enabled); i--;) {
		struct json_object *undo = json_object_array_get_idx(cgroup->enabled, i);

		procfs_write(ns_get_string(undo, "file"),
			     ns_get_string(undo, "value"));
	}
}

const struct janitor_ops ns_cgroup_janitor = {
	.make = make_cgroup,
	.serve = serve,
	.unmake = unmake,
};
