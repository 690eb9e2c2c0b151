// SPDX-License-Identifier: GPL-2.0
/*
 * Writing a bundle: a directory that is there with all its files, or is not.
 *
 * The index comes last: without it, a directory is not a bundle, whatever ended us.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup_json.h"
#include "base/command.h"
#include "base/connect.h"
#include "base/files.h"
#include "base/message.h"
#include "checkpoint/bundle.h"
#include "checkpoint/bundle_parts.h"

char *bundle_path(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) >= 0)
		return path;
	message_out_of_memory();
	return NULL;
}

/* ---- The directory ---- */

/* Somebody else could exchange what we write into it. */
static int check_taken(const char *dir, int fd)
{
	struct stat st;
	int empty = files_is_empty(fd, ".");

	if (empty < 0 || fstat(fd, &st))
		return message_failed("cannot read the directory %s: %s", dir,
				      strerror(empty < 0 ? -empty : errno));
	if (!empty)
		return message_failed("the directory %s is not empty: name a new one",
				      dir);
	if (st.st_uid != geteuid() || st.st_mode & 022)
		return message_failed("others may write to the directory %s: name a new one, or make it yours (chmod 700)",
				      dir);
	return STATUS_DONE;
}

int bundle_create(struct bundle_writer *writer, const char *dir)
{
	int fd, status;

	*writer = (struct bundle_writer){ .dir = dir, .fd = -1 };
	writer->made = !mkdir(dir, 0700);
	if (!writer->made && errno != EEXIST)
		return message_failed("cannot make the directory %s: %s%s", dir,
				      strerror(errno), errno == ENOENT ?
				      ": make the one that it is to be in first" :
				      "");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return message_failed("cannot open the directory %s: %s", dir,
				      strerror(errno));
	status = writer->made ? STATUS_DONE : check_taken(dir, fd);
	/* What is in one that we do not take is not ours to remove. */
	if (status == STATUS_DONE)
		writer->fd = fd;
	else
		close(fd);
	return status;
}

void bundle_end(struct bundle_writer *writer, bool keep)
{
	size_t i;

	if (writer->fd >= 0 && !keep) {
		unlinkat(writer->fd, BUNDLE_INDEX, 0);
		for (i = 0; i < BUNDLE_PARTS; i++)
			unlinkat(writer->fd, bundle_parts[i], 0);
	}
	if (writer->made && !keep)
		rmdir(writer->dir);
	if (writer->fd >= 0)
		close(writer->fd);
	writer->fd = -1;
}

/* ---- The rules ---- */

static int fill_layer(struct bundle_layer *layer, const struct pv_rules *rules,
		      unsigned int flags)
{
	size_t count = pv_rules_count(rules), i;

	*layer = (struct bundle_layer){
		.registered = pv_rules_registered(rules),
		.late = flags & PV_LATE,
		.by_name = flags & PV_BY_NAME,
		.reverse = !(flags & PV_NO_REVERSE),
		.rules = calloc(count ? count : 1, sizeof(*layer->rules)),
	};
	for (i = 0; layer->rules && i < count; i++) {
		struct bundle_rule *rule = &layer->rules[layer->rule_count++];

		rule->original = strdup(pv_rules_original(rules, i));
		rule->new = strdup(pv_rules_target(rules, i));
		rule->under = pv_rules_under(rules, i);
		if (!rule->original || !rule->new)
			return -ENOMEM;
	}
	return layer->rules ? 0 : -ENOMEM;
}

static int fill_process(struct bundle_table *table, pid_t pid,
			const struct pv_layers *layers)
{
	struct bundle_process *process = ARRAY_ADD(&table->processes,
						   &table->process_count);
	size_t count = pv_layers_count(layers), i;
	int err = 0;

	if (!process)
		return -ENOMEM;
	*process = (struct bundle_process){
		.pid = pid,
		.own = pv_layers_own(layers),
		.layers = calloc(count, sizeof(*process->layers)),
	};
	for (i = 0; process->layers && i < count && !err; i++)
		err = fill_layer(&process->layers[process->layer_count++],
				 pv_layers_rules(layers, i),
				 pv_layers_flags(layers, i));
	return process->layers ? err : -ENOMEM;
}

/* One that has ended since has no rules. */
static int add_process(struct bundle_table *table, struct pv *pv, pid_t pid)
{
	int pidfd = pidfd_open(pid, 0), err, status = STATUS_DONE;
	CLEANUP_LAYERS struct pv_layers *layers = NULL;

	if (pidfd < 0 && errno == ESRCH)
		return STATUS_DONE;
	if (pidfd < 0)
		return message_failed("cannot take hold of process %d: %s", pid,
				      strerror(errno));
	err = pv_get(pv, pidfd, &layers);
	if (err && err != -ESRCH)
		status = message_failed("cannot read the rules of process %d: %s%s",
					pid, pv_error(pv), connect_advice(err));
	else if (!err && pv_layers_count(layers) &&
		 fill_process(table, pid, layers))
		status = message_out_of_memory();
	close(pidfd);
	return status;
}

static int write_part(struct bundle_writer *writer, const char *name,
		      const struct document_type *type,
		      const struct schema *schema, const void *object)
{
	CLEANUP_JSON struct json_object *members = schema_json(schema, object);
	CLEANUP_FREE char *path = members ? bundle_path(writer->dir, name) : NULL;
	int status = STATUS_FAILED;

	if (!members)
		status = message_out_of_memory();
	else if (path)
		status = document_write(path, type, members);
	return status;
}

int bundle_write_table(struct bundle_writer *writer, struct pv *pv,
		       const pid_t *pids, size_t count)
{
	struct bundle_table table = { 0 };
	int status = STATUS_DONE;
	size_t i;

	for (i = 0; i < count && status == STATUS_DONE; i++)
		status = add_process(&table, pv, pids[i]);
	if (status == STATUS_DONE)
		status = write_part(writer, BUNDLE_TABLE, &bundle_table_type,
				    &bundle_table_schema, &table);
	schema_free(&bundle_table_schema, &table);
	return status;
}

/* ---- The index ---- */

static int sum_part(const struct bundle_writer *writer, const char *name,
		    struct bundle_part *part)
{
	char sum[SHA256_DIGEST_STRING_LENGTH];
	size_t length;
	char *text;
	int err = document_slurp(writer->fd, name, &text, &length);

	if (err)
		return message_failed("cannot read %s/%s again: %s",
				      writer->dir, name, strerror(-err));
	bundle_sum(text, length, sum);
	free(text);
	part->name = strdup(name);
	part->size = length;
	part->sha256 = strdup(sum);
	return part->name && part->sha256 ? STATUS_DONE :
					    message_out_of_memory();
}

int bundle_seal(struct bundle_writer *writer, const struct manifest *manifest)
{
	struct bundle_index index = {
		.id = strdup(manifest->id),
		.time = manifest->time,
		.pid = manifest->pids[0],
		.parts = calloc(BUNDLE_PARTS, sizeof(*index.parts)),
	};
	int status = index.id && index.parts ? STATUS_DONE :
					       message_out_of_memory();

	while (status == STATUS_DONE && index.part_count < BUNDLE_PARTS) {
		size_t i = index.part_count++;

		status = sum_part(writer, bundle_parts[i], &index.parts[i]);
	}
	if (status == STATUS_DONE)
		status = write_part(writer, BUNDLE_INDEX, &bundle_index_type,
				    &bundle_index_schema, &index);
	schema_free(&bundle_index_schema, &index);
	return status;
}
