// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm relink --list: what could be rescued.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/connect.h"
#include "base/json.h"
#include "base/message.h"
#include "base/output.h"
#include "base/pidref.h"
#include "manifest/manifest.h"
#include "relink/find_unlinked.h"
#include "relink/kernel_held.h"
#include "relink/list.h"

/* ---- JSON ---- */

void relink_list_holder_json(const struct holder *holder)
{
	char comm[PIDREF_COMM], text[HOLD_TEXT];

	json_begin_object(NULL);
	json_number("pid", holder->pid);
	json_number("tid", holder->tid);
	json_string("comm", pidref_comm(holder->pid, comm));
	if (holder->how == HOLD_FD)
		json_number("fd", holder->fd);
	else
		json_string("how", holder_text(holder, text));
	if (holder->path)
		json_string("path", holder->path);
	json_end_object();
}

static void file_json(const struct unlinked *file)
{
	char device[32];
	size_t i;

	snprintf(device, sizeof(device), "%" PRIu32 ":%" PRIu32,
		 file->file.dev_major, file->file.dev_minor);
	json_begin_object(NULL);
	json_number("size", file->size);
	json_number("allocated", file->allocated);
	json_string("type", manifest_type_name(file->file.mode));
	json_string("path", file->path);
	json_string("device", device);
	json_number("inode", file->file.inode);
	json_number("links", file->file.links);
	json_number("mount", file->file.mount);
	json_bool("relinkable", !file->reason);
	if (file->reason)
		json_string("reason", file->reason);
	json_begin_array("holders");
	for (i = 0; i < file->holder_count; i++)
		relink_list_holder_json(&file->holders[i]);
	json_end_array();
	json_end_object();
}

static void kernel_json(const struct kernel_held *held)
{
	bool queue = held->how == KERNEL_HOLD_QUEUE;
	char comm[PIDREF_COMM];

	json_begin_object(NULL);
	json_number("size", held->size);
	json_string("type", queue ? "socket" : "file");
	json_string("path", held->path);
	json_bool("relinkable", false);
	json_string("reason", held->reason);
	json_begin_array("holders");
	json_begin_object(NULL);
	json_string("how", kernel_hold_name(held->how));
	if (queue) {
		json_number("pid", held->pid);
		json_string("comm", pidref_comm(held->pid, comm));
		json_number("fd", held->fd);
	} else if (held->how == KERNEL_HOLD_LOOP) {
		json_string("device", held->by);
	}
	json_end_object();
	json_end_array();
	json_end_object();
}

/* ---- A table ---- */

/* The first holder speaks for all; how many more there are is behind it. */
static int file_text(const struct unlinked *file)
{
	const struct holder *holder = file->holders;
	char comm[PIDREF_COMM], text[HOLD_TEXT], held[HOLD_TEXT + 24];
	CLEANUP_FREE char *name = pv_path_escape(pidref_comm(holder->pid, comm));
	CLEANUP_FREE char *path = pv_path_escape(file->path);

	snprintf(held, sizeof(held), "%s", holder_text(holder, text));
	if (file->holder_count > 1)
		snprintf(held + strlen(held), sizeof(held) - strlen(held),
			 " +%zu", file->holder_count - 1);
	if (name && path)
		printf("%14" PRIu64 "  %-6s  %7d  %-15s  %-8s  %s%s%s%s\n",
		       file->size, manifest_type_name(file->file.mode), holder->pid, name,
		       held, path, file->reason ? "  (" : "",
		       file->reason ? file->reason : "",
		       file->reason ? ")" : "");
	return name && path ? STATUS_DONE : message_out_of_memory();
}

static int kernel_text(const struct kernel_held *held)
{
	bool queue = held->how == KERNEL_HOLD_QUEUE;
	char comm[PIDREF_COMM], pid[16] = "-", fd[16];
	char *name = pv_path_escape(queue ? pidref_comm(held->pid, comm) :
					    "(kernel)");
	CLEANUP_FREE char *path = pv_path_escape(held->path);

	if (queue)
		snprintf(pid, sizeof(pid), "%d", held->pid);
	snprintf(fd, sizeof(fd), "%d", held->fd);
	if (name && path)
		printf("%14" PRIu64 "  %-6s  %7s  %-15s  %-8s  %s  (%s)\n",
		       held->size, queue ? "socket" : "file", pid, name,
		       queue ? fd : held->by, path, held->reason);
	free(name);
	return name && path ? STATUS_DONE : message_out_of_memory();
}

static int list_text(const struct unlinked_list *list,
		     const struct kernel_held_list *kernel)
{
	int status = STATUS_DONE;
	size_t i;

	if (list->count || kernel->count)
		printf("%14s  %-6s  %7s  %-15s  %-8s  %s\n", "SIZE", "TYPE",
		       "PID", "COMMAND", "HELD", "PATH");
	for (i = 0; i < list->count && status == STATUS_DONE; i++)
		status = file_text(&list->file[i]);
	for (i = 0; i < kernel->count && status == STATUS_DONE; i++)
		status = kernel_text(&kernel->held[i]);
	return status;
}

static void list_json(const struct unlinked_list *list,
		      const struct kernel_held_list *kernel)
{
	size_t i;

	json_begin_array(NULL);
	for (i = 0; i < list->count; i++)
		file_json(&list->file[i]);
	for (i = 0; i < kernel->count; i++)
		kernel_json(&kernel->held[i]);
	json_end_array();
}

static int print_list(const struct unlinked_list *list,
		      const struct kernel_held_list *kernel, bool json)
{
	int status = STATUS_DONE;

	if (json)
		list_json(list, kernel);
	else
		status = list_text(list, kernel);
	if (list->hidden)
		message_warning("%zu processes cannot be looked into: run pvadm as root",
				list->hidden);
	if (list->closed)
		message_warning("%zu files were left out, as their filesystem tells its own user of them alone; the first: %s",
				list->closed, list->closed_path);
	return status ?: output_finish();
}

int relink_list(struct pv *pv, pid_t pid, bool json)
{
	CLEANUP(kernel_held_free) struct kernel_held_list kernel = { 0 };
	CLEANUP(unlinked_list_free) struct unlinked_list list;
	int err = find_unlinked(pv, &pid, pid ? 1 : 0, 0, &list);
	int status;

	if (!err)
		err = kernel_held_find(&kernel, pid);

	if (err && *pv_error(pv))
		status = message_failed("cannot list unlinked files: %s%s",
					pv_error(pv), connect_advice(err));
	else if (err)
		status = message_failed("cannot list unlinked files: %s",
					strerror(-err));
	else
		status = print_list(&list, &kernel, json);
	return status;
}
