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

#include "base/command.h"
#include "base/connect.h"
#include "base/files.h"
#include "base/message.h"
#include "checkpoint/bundle.h"
#include "checkpoint/bundle_parts.h"

/* Take @value into @object, or put it and fail. */
static int add_member(struct json_object *object, const char *name,
		      struct json_object *value)
{
	if (value && !json_object_object_add(object, name, value))
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

static int push(struct json_object *array, struct json_object *value)
{
	if (value && !json_object_array_add(array, value))
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

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

static struct json_object *rule_json(const struct pv_rules *rules, size_t i)
{
	struct json_object *rule = json_object_new_object();

	if (rule &&
	    !document_add_bytes(rule, "original", pv_rules_original(rules, i)) &&
	    !document_add_bytes(rule, "new", pv_rules_target(rules, i)))
		return rule;
	json_object_put(rule);
	return NULL;
}

static struct json_object *layer_json(const struct pv_rules *rules,
				      unsigned int flags)
{
	struct json_object *layer = json_object_new_object();
	struct json_object *array = json_object_new_array();
	size_t i;
	int err = layer && array ? 0 : -ENOMEM;

	for (i = 0; i < pv_rules_count(rules) && !err; i++)
		err = push(array, rule_json(rules, i));
	if (!err)
		err = add_member(layer, "registered",
				 json_object_new_boolean(pv_rules_registered(rules)));
	if (!err)
		err = add_member(layer, "late",
				 json_object_new_boolean(flags & PV_LATE));
	if (!err)
		err = add_member(layer, "by_name",
				 json_object_new_boolean(flags & PV_BY_NAME));
	if (!err)
		err = add_member(layer, "reverse",
				 json_object_new_boolean(!(flags & PV_NO_REVERSE)));
	if (!err)
		err = add_member(layer, "rules", json_object_get(array));
	json_object_put(array);
	if (!err)
		return layer;
	json_object_put(layer);
	return NULL;
}

static struct json_object *process_json(pid_t pid,
					const struct pv_layers *layers)
{
	struct json_object *process = json_object_new_object();
	struct json_object *array = json_object_new_array();
	size_t i;
	int err = process && array ? 0 : -ENOMEM;

	for (i = 0; i < pv_layers_count(layers) && !err; i++)
		err = push(array, layer_json(pv_layers_rules(layers, i),
					     pv_layers_flags(layers, i)));
	if (!err)
		err = add_member(process, "pid", json_object_new_int(pid));
	if (!err)
		err = add_member(process, "own",
				 json_object_new_boolean(pv_layers_own(layers)));
	if (!err)
		err = add_member(process, "layers", json_object_get(array));
	json_object_put(array);
	if (!err)
		return process;
	json_object_put(process);
	return NULL;
}

/* One that has ended since has no rules. */
static int add_process(struct json_object *processes, struct pv *pv, pid_t pid)
{
	int pidfd = pidfd_open(pid, 0), err, status = STATUS_DONE;
	struct pv_layers *layers = NULL;

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
		 push(processes, process_json(pid, layers)))
		status = message_out_of_memory();
	pv_layers_free(layers);
	close(pidfd);
	return status;
}

static int write_part(struct bundle_writer *writer, const char *name,
		      const struct document_type *type,
		      struct json_object *members)
{
	char *path = bundle_path(writer->dir, name);
	int status = path ? document_write(path, type, members) : STATUS_FAILED;

	free(path);
	return status;
}

int bundle_write_table(struct bundle_writer *writer, struct pv *pv,
		       const pid_t *pids, size_t count)
{
	struct json_object *root = json_object_new_object();
	struct json_object *processes = json_object_new_array();
	int status = root && processes ? STATUS_DONE : message_out_of_memory();
	size_t i;

	for (i = 0; i < count && status == STATUS_DONE; i++)
		status = add_process(processes, pv, pids[i]);
	if (status == STATUS_DONE &&
	    add_member(root, "processes", json_object_get(processes)))
		status = message_out_of_memory();
	if (status == STATUS_DONE)
		status = write_part(writer, BUNDLE_TABLE, &bundle_table_type,
				    root);
	json_object_put(processes);
	json_object_put(root);
	return status;
}

/* ---- The index ---- */

static int add_part(struct json_object *files, const char *name,
		    const char *text, size_t length)
{
	struct json_object *part = json_object_new_object();
	char sum[SHA256_DIGEST_STRING_LENGTH];
	int err = part ? 0 : -ENOMEM;

	bundle_sum(text, length, sum);
	if (!err)
		err = add_member(part, "name", json_object_new_string(name));
	if (!err)
		err = add_member(part, "size", json_object_new_int64(length));
	if (!err)
		err = add_member(part, "sha256", json_object_new_string(sum));
	if (!err)
		err = push(files, json_object_get(part));
	json_object_put(part);
	return err ? message_out_of_memory() : STATUS_DONE;
}

static int sum_parts(const struct bundle_writer *writer,
		     struct json_object *files)
{
	int status = STATUS_DONE;
	size_t i;

	for (i = 0; i < BUNDLE_PARTS && status == STATUS_DONE; i++) {
		size_t length;
		char *text;
		int err = document_slurp(writer->fd, bundle_parts[i], &text,
					 &length);

		if (err)
			return message_failed("cannot read %s/%s again: %s",
					      writer->dir, bundle_parts[i],
					      strerror(-err));
		status = add_part(files, bundle_parts[i], text, length);
		free(text);
	}
	return status;
}

int bundle_seal(struct bundle_writer *writer, const struct manifest *manifest)
{
	struct json_object *root = json_object_new_object();
	struct json_object *files = json_object_new_array();
	int status = root && files ? sum_parts(writer, files) :
				     message_out_of_memory();

	if (status == STATUS_DONE &&
	    (add_member(root, "id", json_object_new_string(manifest->id)) ||
	     add_member(root, "time", json_object_new_int64(manifest->time)) ||
	     add_member(root, "pid", json_object_new_int(manifest->pids[0])) ||
	     add_member(root, "files", json_object_get(files))))
		status = message_out_of_memory();
	if (status == STATUS_DONE)
		status = write_part(writer, BUNDLE_INDEX, &bundle_index_type,
				    root);
	json_object_put(files);
	json_object_put(root);
	return status;
}
