// SPDX-License-Identifier: GPL-2.0
/*
 * Deleted files that no process holds, but the kernel does: their space is gone, and
 * whoever goes by descriptors does not see where to.
 *
 * There is no descriptor that leads to them, so they cannot be relinked; but it can be
 * said what they are, and where their contents can be had.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/procfs.h"
#include "relink/kernel_held.h"

#define DELETED	" (deleted)"

const char *kernel_hold_name(enum kernel_hold how)
{
	static const char * const names[] = {
		[KERNEL_HOLD_LOOP] = "loop",
		[KERNEL_HOLD_SWAP] = "swap",
		[KERNEL_HOLD_QUEUE] = "queue",
	};

	return names[how];
}

/* ---- The list ---- */

/* Takes @held's strings, which must be there. */
static int add_held(struct kernel_held_list *list, struct kernel_held *held)
{
	struct kernel_held *added = held->path && held->reason ?
				    ARRAY_ADD(&list->held, &list->count) : NULL;

	if (!added) {
		free(held->path);
		free(held->reason);
		return -ENOMEM;
	}
	*added = *held;
	return 0;
}

void kernel_held_free(struct kernel_held_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		free(list->held[i].path);
		free(list->held[i].reason);
	}
	free(list->held);
	*list = (struct kernel_held_list){ 0 };
}

static char *reason(const char *format, const char *what)
{
	char *text;

	return asprintf(&text, format, what) < 0 ? NULL : text;
}

/* @path without what the kernel puts behind that of a deleted file; is it one? */
static bool cut_deleted(char *path)
{
	size_t length = strlen(path), tail = strlen(DELETED);

	if (length <= tail || strcmp(path + length - tail, DELETED))
		return false;
	path[length - tail] = '\0';
	return true;
}

/* ---- Loop devices ---- */

static char *read_attribute(const char *device, const char *name)
{
	char path[PATH_MAX], *text;
	size_t length;

	snprintf(path, sizeof(path), "/sys/block/%s/%s", device, name);
	text = procfs_read(path);
	length = text ? strlen(text) : 0;
	if (length && text[length - 1] == '\n')
		text[length - 1] = '\0';
	return text;
}

static int look_at_device(struct kernel_held_list *list, const char *device)
{
	char *file = read_attribute(device, "loop/backing_file"), *size;
	struct kernel_held held = { .how = KERNEL_HOLD_LOOP };

	if (!file || !cut_deleted(file)) {
		free(file);
		return 0;
	}
	snprintf(held.by, sizeof(held.by), "%.*s", (int)sizeof(held.by) - 1,
		 device);
	size = read_attribute(device, "size");
	held.size = size ? strtoull(size, NULL, 10) * 512 : 0;
	free(size);
	held.path = file;
	held.reason = reason("no process has it: its contents are those of /dev/%s, which can be copied; losetup -d frees it",
			     device);
	return add_held(list, &held);
}

static int look_at_devices(struct kernel_held_list *list)
{
	CLEANUP_DIR DIR *dir = opendir("/sys/block");
	const struct dirent *entry;
	int err = 0;

	while (dir && !err && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			err = look_at_device(list, entry->d_name);
	return err;
}

/* ---- Swap files ---- */

/* The kernel spells blanks, among others, as \ooo. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (*text == '\\' && text[1] && text[2] && text[3]) {
			*to++ = (text[1] - '0') << 6 | (text[2] - '0') << 3 |
				(text[3] - '0');
			text += 3;
		} else {
			*to++ = *text;
		}
	*to = '\0';
}

/* "PATH TYPE KIBIBYTES USED PRIORITY" */
static int look_at_swap(struct kernel_held_list *list, char *line)
{
	struct kernel_held held = { .how = KERNEL_HOLD_SWAP, .by = "swap" };
	size_t length = strcspn(line, " \t");
	uint64_t size;

	if (!line[length] ||
	    sscanf(line + length, "%*s %" SCNu64, &size) != 1)
		return 0;
	line[length] = '\0';
	unescape(line);
	if (!cut_deleted(line))
		return 0;
	held.size = size * 1024;
	held.path = strdup(line);
	held.reason = strdup("the kernel swaps to it: no descriptor leads there, and swapoff needs its name");
	return add_held(list, &held);
}

static int look_at_swaps(struct kernel_held_list *list)
{
	CLEANUP_FREE char *text = procfs_read("/proc/swaps");
	char *rest = text, *line;
	int err = 0;

	/* A kernel may be without it. */
	if (!text)
		return 0;
	strsep(&rest, "\n");
	while (!err && (line = strsep(&rest, "\n")))
		err = look_at_swap(list, line);
	return err;
}

/* ---- Sockets ---- */

/* Whoever has inherited it has the same one. */
static bool is_known(const struct kernel_held_list *list, const char *socket)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->held[i].how == KERNEL_HOLD_QUEUE &&
		    !strcmp(list->held[i].path, socket))
			return true;
	return false;
}

static int look_at_socket(struct kernel_held_list *list, pid_t pid,
			  const char *fd, const char *link)
{
	struct kernel_held held = {
		.how = KERNEL_HOLD_QUEUE,
		.pid = pid,
		.fd = atoi(fd),
	};
	char path[PATH_MAX], *text, *at;
	unsigned int count = 0;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, fd);
	text = procfs_read(path);
	at = text ? strstr(text, "scm_fds:") : NULL;
	if (at)
		sscanf(at, "scm_fds: %u", &count);
	free(text);
	if (!count)
		return 0;
	snprintf(path, sizeof(path), "%u", count);
	held.path = strdup(link);
	held.reason = reason("%s descriptors are under way in it: what they lead to cannot be told before they are received",
			     path);
	return add_held(list, &held);
}

/* What has ended or is not ours to look into was told by others. */
static int look_at_process(pid_t pid, void *arg)
{
	struct kernel_held_list *list = arg;
	char path[64], link[PATH_MAX];
	const struct dirent *entry;
	int err = 0;
	CLEANUP_DIR DIR *dir = NULL;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && !err && (entry = readdir(dir))) {
		ssize_t length = readlinkat(dirfd(dir), entry->d_name, link,
					    sizeof(link) - 1);

		if (length < 0)
			continue;
		link[length] = '\0';
		if (!strncmp(link, "socket:[", strlen("socket:[")) &&
		    !is_known(list, link))
			err = look_at_socket(list, pid, entry->d_name, link);
	}
	return err;
}

/* ---- All of it ---- */

int kernel_held_find(struct kernel_held_list *list, pid_t pid)
{
	*list = (struct kernel_held_list){ 0 };
	if (pid)
		return look_at_process(pid, list);
	return look_at_devices(list) ?:
	       look_at_swaps(list) ?:
	       procfs_processes(look_at_process, list);
}
