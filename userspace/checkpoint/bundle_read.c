// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a bundle, which anybody may have changed: what is parsed are the very bytes
 * that were summed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup_json.h"
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

static int check_sum(const struct part *part, const struct bundle_part *entry)
{
	char sum[SHA256_DIGEST_STRING_LENGTH];

	bundle_sum(part->text, part->length, sum);
	if (entry->size == part->length && !strcmp(entry->sha256, sum))
		return STATUS_DONE;
	return message_failed("%s is not the file that was checkpointed (its size or sha256 is not that in %s): %s",
			      part->path, BUNDLE_INDEX,
			      bundle_index_type.advice);
}

/* The entry of the file @name, NULL if there is none or more than one. */
static const struct bundle_part *entry_of(const struct bundle_index *index,
					  const char *name)
{
	const struct bundle_part *found = NULL;
	size_t i;

	for (i = 0; i < index->part_count; i++) {
		if (strcmp(index->parts[i].name, name))
			continue;
		if (found)
			return NULL;
		found = &index->parts[i];
	}
	return found;
}

/* Read one that the index names. */
static int part_of(const struct bundle *bundle, int dirfd, const char *name,
		   struct part *part)
{
	const struct bundle_part *entry = entry_of(&bundle->index, name);

	*part = (struct part){ 0 };
	if (!entry)
		return message_failed("%s/%s does not name %s once: %s",
				      bundle->dir, BUNDLE_INDEX, name,
				      bundle_index_type.advice);
	return part_read(part, bundle->dir, dirfd, name) ?:
	       check_sum(part, entry);
}

/* Parse one that was read. */
static int part_take(struct part *part, const struct document_type *type,
		     const struct schema *schema, void *object)
{
	CLEANUP_JSON struct json_object *json = NULL;

	return document_parse(part->path, type, part->text, part->length,
			      &json) ?:
	       schema_take(schema, "the file", part->path, json,
			   object);
}

/* ---- The rules ---- */

static const struct bundle_process *find_process(const struct bundle *bundle,
						 pid_t pid)
{
	size_t i;

	for (i = 0; i < bundle->table.process_count; i++)
		if (bundle->table.processes[i].pid == pid)
			return &bundle->table.processes[i];
	return NULL;
}

size_t bundle_layers(const struct bundle *bundle, pid_t pid)
{
	const struct bundle_process *process = find_process(bundle, pid);

	return process ? process->layer_count : 0;
}

bool bundle_layer_registered(const struct bundle *bundle, pid_t pid,
			     size_t index)
{
	return find_process(bundle, pid)->layers[index].registered;
}

unsigned int bundle_layer_flags(const struct bundle *bundle, pid_t pid,
				size_t index)
{
	const struct bundle_layer *layer =
		&find_process(bundle, pid)->layers[index];

	return (layer->late ? PV_LATE : 0) | (layer->by_name ? PV_BY_NAME : 0) |
	       (layer->reverse ? 0 : PV_NO_REVERSE);
}

int bundle_layer(const struct bundle *bundle, pid_t pid, size_t index,
		 struct pv_rules **rules)
{
	const struct bundle_layer *layer =
		&find_process(bundle, pid)->layers[index];
	int err = 0;
	size_t i;

	*rules = pv_rules_new();
	if (!*rules)
		return message_out_of_memory();
	for (i = 0; i < layer->rule_count && !err; i++) {
		err = pv_rules_add(*rules, layer->rules[i].original,
				   layer->rules[i].new);
		pv_rules_set_under(*rules, i, layer->rules[i].under);
	}
	if (!err)
		return STATUS_DONE;
	message_failed("%s/%s has a rule that cannot be used: %s", bundle->dir,
		       BUNDLE_TABLE, pv_rules_error(*rules));
	pv_rules_free(*rules);
	*rules = NULL;
	return STATUS_FAILED;
}

/* ---- All of it ---- */

static int read_index(struct bundle *bundle, int dirfd)
{
	struct part part;
	int status = part_read(&part, bundle->dir, dirfd, BUNDLE_INDEX) ?:
		     part_take(&part, &bundle_index_type,
			       &bundle_index_schema, &bundle->index);

	bundle->pid = bundle->index.pid;
	part_free(&part);
	return status;
}

static int read_namespaces(struct bundle *bundle, int dirfd)
{
	struct part part;
	int status = part_of(bundle, dirfd, BUNDLE_NAMESPACES, &part) ?:
		     ns_file_parse(part.path, part.text, part.length,
				   &bundle->namespaces);

	part_free(&part);
	return status;
}

static int read_table(struct bundle *bundle, int dirfd)
{
	struct part part;
	int status = part_of(bundle, dirfd, BUNDLE_TABLE, &part) ?:
		     part_take(&part, &bundle_table_type,
			       &bundle_table_schema, &bundle->table);

	part_free(&part);
	return status;
}

static int read_manifest(struct bundle *bundle, int dirfd)
{
	struct part part;
	int status = part_of(bundle, dirfd, BUNDLE_MANIFEST, &part) ?:
		     manifest_parse(part.path, part.text, part.length,
				    &bundle->manifest);

	if (status == STATUS_DONE && bundle->manifest.pids[0] != bundle->pid)
		status = message_failed("%s is not that of process %d: %s",
					part.path, bundle->pid,
					bundle_index_type.advice);
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
	status = read_index(bundle, dirfd) ?:
		 read_namespaces(bundle, dirfd) ?:
		 read_table(bundle, dirfd) ?:
		 read_manifest(bundle, dirfd);
	close(dirfd);
	if (status != STATUS_DONE)
		bundle_close(bundle);
	return status;
}

void bundle_close(struct bundle *bundle)
{
	schema_free(&bundle_index_schema, &bundle->index);
	schema_free(&bundle_table_schema, &bundle->table);
	ns_file_free(&bundle->namespaces);
	manifest_free(&bundle->manifest);
	*bundle = (struct bundle){ 0 };
}
