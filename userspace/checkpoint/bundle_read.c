// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a bundle, which anybody may have changed: what is parsed are the very bytes
 * that were summed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/command.h"
#include "base/message.h"
#include "checkpoint/bundle.h"
#include "checkpoint/bundle_parts.h"
#include "ns/file.h"

/* struct part - a file that was read: how messages call it, and its bytes */
struct part {
	char *path;
	char *text;
	size_t length;
};

static void part_free(struct part *part)
{
	free(part->path);
	free(part->text);
	*part = (struct part){ 0 };
}

/* NULL if there is none of that type. */
static struct json_object *member(const struct json_object *object,
				  const char *name, enum json_type type)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, name, &value);
	return json_object_is_type(value, type) ? value : NULL;
}

static const char *string(const struct json_object *object, const char *name)
{
	struct json_object *value = member(object, name, json_type_string);

	return value ? json_object_get_string(value) : "";
}

static int not_whole(const char *path, const char *what)
{
	return message_failed("%s makes no sense at \"%s\": %s", path, what,
			      bundle_index_type.advice);
}

/* ---- The files ---- */

static const char *why_unread(const char *name, int err)
{
	if (err == -EINVAL)
		return "it is not a regular file";
	if (err == -ELOOP)
		return "it is a symbolic link";
	if (err == -ENOENT && !strcmp(name, BUNDLE_INDEX))
		return "it is not there, so this is not a bundle, or pvadm checkpoint did not finish";
	return strerror(-err);
}

static int part_read(struct part *part, const char *dir, int dirfd,
		     const char *name)
{
	int err;

	*part = (struct part){ .path = bundle_path(dir, name) };
	if (!part->path)
		return STATUS_FAILED;
	err = document_slurp(dirfd, name, &part->text, &part->length);
	if (err)
		return message_failed("cannot read %s: %s", part->path,
				      why_unread(name, err));
	return STATUS_DONE;
}

static int check_sum(const struct part *part, const struct json_object *entry)
{
	struct json_object *size = member(entry, "size", json_type_int);
	char sum[SHA256_DIGEST_STRING_LENGTH];

	bundle_sum(part->text, part->length, sum);
	if (size && json_object_get_int64(size) == (int64_t)part->length &&
	    !strcmp(string(entry, "sha256"), sum))
		return STATUS_DONE;
	return message_failed("%s is not the file that was checkpointed (its size or sha256 is not that in %s): %s",
			      part->path, BUNDLE_INDEX,
			      bundle_index_type.advice);
}

/* The entry of the file @name, NULL if there is none or more than one. */
static const struct json_object *entry_of(const struct bundle *bundle,
					  const char *name)
{
	struct json_object *files = member(bundle->index, "files",
					   json_type_array);
	const struct json_object *found = NULL;
	size_t i;

	for (i = 0; files && i < json_object_array_length(files); i++) {
		struct json_object *entry = json_object_array_get_idx(files, i);

		if (strcmp(string(entry, "name"), name))
			continue;
		if (found)
			return NULL;
		found = entry;
	}
	return found;
}

/* Read one that the index names. */
static int part_of(const struct bundle *bundle, int dirfd, const char *name,
		   struct part *part)
{
	const struct json_object *entry = entry_of(bundle, name);
	int status;

	*part = (struct part){ 0 };
	if (!entry) {
		part->path = bundle_path(bundle->dir, BUNDLE_INDEX);
		return part->path ? not_whole(part->path, name) : STATUS_FAILED;
	}
	status = part_read(part, bundle->dir, dirfd, name);
	return status == STATUS_DONE ? check_sum(part, entry) : status;
}

/* ---- The rules ---- */

static bool is_rule(const struct json_object *rule)
{
	char *original = document_get_bytes(rule, "original");
	char *new = document_get_bytes(rule, "new");
	bool is = original && new && *original == '/' && *new == '/';

	free(original);
	free(new);
	return is;
}

static bool is_layer(const struct json_object *layer)
{
	struct json_object *rules = member(layer, "rules", json_type_array);
	size_t i;

	if (!rules || !member(layer, "registered", json_type_boolean))
		return false;
	for (i = 0; i < json_object_array_length(rules); i++)
		if (!is_rule(json_object_array_get_idx(rules, i)))
			return false;
	return true;
}

static bool is_process(const struct json_object *process)
{
	struct json_object *layers = member(process, "layers", json_type_array);
	struct json_object *pid = member(process, "pid", json_type_int);
	size_t i;

	if (!layers || !pid || json_object_get_int64(pid) < 1 ||
	    json_object_get_int64(pid) > INT_MAX ||
	    !member(process, "own", json_type_boolean))
		return false;
	for (i = 0; i < json_object_array_length(layers); i++)
		if (!is_layer(json_object_array_get_idx(layers, i)))
			return false;
	return true;
}

static int check_table(const struct bundle *bundle, const char *path)
{
	struct json_object *processes = member(bundle->table, "processes",
					       json_type_array);
	char where[32];
	size_t i;

	if (!processes)
		return not_whole(path, "processes");
	for (i = 0; i < json_object_array_length(processes); i++) {
		if (is_process(json_object_array_get_idx(processes, i)))
			continue;
		snprintf(where, sizeof(where), "processes[%zu]", i);
		return not_whole(path, where);
	}
	return STATUS_DONE;
}

/* The layers of @pid, NULL if it was not attached. */
static struct json_object *layers_of(const struct bundle *bundle, pid_t pid)
{
	struct json_object *processes = member(bundle->table, "processes",
					       json_type_array);
	size_t i;

	for (i = 0; i < json_object_array_length(processes); i++) {
		struct json_object *process =
			json_object_array_get_idx(processes, i);

		if (json_object_get_int(member(process, "pid",
					       json_type_int)) == pid)
			return member(process, "layers", json_type_array);
	}
	return NULL;
}

size_t bundle_layers(const struct bundle *bundle, pid_t pid)
{
	struct json_object *layers = layers_of(bundle, pid);

	return layers ? json_object_array_length(layers) : 0;
}

static struct json_object *layer_of(const struct bundle *bundle, pid_t pid,
				    size_t index)
{
	return json_object_array_get_idx(layers_of(bundle, pid), index);
}

static bool layer_says(const struct json_object *layer, const char *name)
{
	return json_object_get_boolean(member(layer, name, json_type_boolean));
}

bool bundle_layer_registered(const struct bundle *bundle, pid_t pid,
			     size_t index)
{
	return layer_says(layer_of(bundle, pid, index), "registered");
}

unsigned int bundle_layer_flags(const struct bundle *bundle, pid_t pid,
				size_t index)
{
	const struct json_object *layer = layer_of(bundle, pid, index);
	unsigned int flags = 0;

	if (layer_says(layer, "late"))
		flags |= PV_LATE;
	if (layer_says(layer, "by_name"))
		flags |= PV_BY_NAME;
	/* Bundles of the first version do not say. */
	if (member(layer, "reverse", json_type_boolean) &&
	    !layer_says(layer, "reverse"))
		flags |= PV_NO_REVERSE;
	return flags;
}

static int add_rule(struct pv_rules *rules, const struct json_object *rule)
{
	char *original = document_get_bytes(rule, "original");
	char *new = document_get_bytes(rule, "new");
	int err = original && new ? pv_rules_add(rules, original, new) : -ENOMEM;

	free(original);
	free(new);
	return err;
}

int bundle_layer(const struct bundle *bundle, pid_t pid, size_t index,
		 struct pv_rules **rules)
{
	struct json_object *layer = layer_of(bundle, pid, index);
	struct json_object *array = member(layer, "rules", json_type_array);
	int err = 0;
	size_t i;

	*rules = pv_rules_new();
	if (!*rules)
		return message_out_of_memory();
	for (i = 0; i < json_object_array_length(array) && !err; i++)
		err = add_rule(*rules, json_object_array_get_idx(array, i));
	if (!err)
		return STATUS_DONE;
	message_failed("%s/%s has a rule that is none: %s", bundle->dir,
		       BUNDLE_TABLE,
		       err == -ENOMEM ? strerror(-err) : pv_rules_error(*rules));
	pv_rules_free(*rules);
	*rules = NULL;
	return STATUS_FAILED;
}

/* ---- All of it ---- */

static int read_index(struct bundle *bundle, int dirfd)
{
	struct json_object *pid;
	struct part part;
	int status = part_read(&part, bundle->dir, dirfd, BUNDLE_INDEX);

	if (status == STATUS_DONE)
		status = document_parse(part.path, &bundle_index_type, part.text,
					part.length, &bundle->index);
	if (status == STATUS_DONE) {
		pid = member(bundle->index, "pid", json_type_int);
		if (!pid || json_object_get_int64(pid) < 1 ||
		    json_object_get_int64(pid) > INT_MAX)
			status = not_whole(part.path, "pid");
		else
			bundle->pid = json_object_get_int(pid);
	}
	part_free(&part);
	return status;
}

static int read_namespaces(struct bundle *bundle, int dirfd)
{
	struct part part;
	int status = part_of(bundle, dirfd, BUNDLE_NAMESPACES, &part);

	if (status == STATUS_DONE)
		status = ns_file_parse(part.path, part.text, part.length,
				       &bundle->namespaces);
	part_free(&part);
	return status;
}

static int read_table(struct bundle *bundle, int dirfd)
{
	struct part part;
	int status = part_of(bundle, dirfd, BUNDLE_TABLE, &part);

	if (status == STATUS_DONE)
		status = document_parse(part.path, &bundle_table_type, part.text,
					part.length, &bundle->table);
	if (status == STATUS_DONE)
		status = check_table(bundle, part.path);
	part_free(&part);
	return status;
}

static int read_manifest(struct bundle *bundle, int dirfd)
{
	struct part part;
	int status = part_of(bundle, dirfd, BUNDLE_MANIFEST, &part);

	if (status == STATUS_DONE)
		status = manifest_parse(part.path, part.text, part.length,
					&bundle->manifest);
	if (status == STATUS_DONE && bundle->manifest.pids[0] != bundle->pid)
		status = not_whole(part.path, "pids");
	part_free(&part);
	return status;
}

int bundle_open(const char *dir, struct bundle *bundle)
{
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), status;

	*bundle = (struct bundle){ .dir = dir };
	if (dirfd < 0)
		return message_failed("cannot open the bundle %s: %s%s", dir,
				      strerror(errno), errno == ENOTDIR ?
				      ": a bundle is a directory, from pvadm checkpoint" :
				      "");
	status = read_index(bundle, dirfd);
	if (status == STATUS_DONE)
		status = read_namespaces(bundle, dirfd);
	if (status == STATUS_DONE)
		status = read_table(bundle, dirfd);
	if (status == STATUS_DONE)
		status = read_manifest(bundle, dirfd);
	close(dirfd);
	if (status != STATUS_DONE)
		bundle_close(bundle);
	return status;
}

void bundle_close(struct bundle *bundle)
{
	json_object_put(bundle->index);
	json_object_put(bundle->namespaces);
	json_object_put(bundle->table);
	manifest_free(&bundle->manifest);
	*bundle = (struct bundle){ 0 };
}
