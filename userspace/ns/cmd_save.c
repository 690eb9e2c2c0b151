// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm ns save: write down what a process's namespaces hold.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/document.h"
#include "base/error.h"
#include "base/message.h"
#include "base/options.h"
#include "base/pidref.h"
#include "base/procfs.h"
#include "ns/cgroup_save.h"
#include "ns/cmd_save.h"
#include "ns/commands.h"
#include "ns/enter.h"
#include "ns/file.h"
#include "ns/idmap.h"
#include "ns/ipc.h"
#include "ns/mount_save.h"
#include "ns/net_save.h"
#include "ns/process.h"
#include "ns/time.h"
#include "ns/uts.h"

#define BOOT_ID	"/proc/sys/kernel/random/boot_id"

static const struct option options[] = {
	OPTIONS_COMMON
};

/* struct save - what is under way: of whom, and what was found */
struct save {
	struct ns_process of;
	struct json_object *root;
};

/* ---- The process ---- */

/* For ns_inside(): who it is in its own user namespace. */
static int read_ids(void *data, struct json_object **result)
{
	static const char *const lines[][2] = {
		{ "\nUid:", "uid" }, { "\nGid:", "gid" },
	};
	CLEANUP_FREE char *text = NULL;
	char path[64], *at;
	unsigned int id;
	size_t i;

	snprintf(path, sizeof(path), "/proc/%d/status", *(pid_t *)data);
	text = procfs_read(path);
	if (!text)
		return message_failed("cannot read %s: %s", path,
				      strerror(errno));
	*result = json_object_new_object();
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		at = strstr(text, lines[i][0]);
		if (at && sscanf(at + strlen(lines[i][0]), " %*u %u", &id) == 1)
			ns_put_number(*result, lines[i][1], id);
	}
	return STATUS_DONE;
}

static void put_root_directory(const struct save *save,
			       struct json_object *process)
{
	char path[64], link[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/root", save->of.pidref.pid);
	length = readlink(path, link, sizeof(link) - 1);
	link[length < 0 ? 0 : length] = '\0';
	document_add_bytes(process, "root", *link == '/' ? link : "/");
}

static int save_process(struct save *save)
{
	struct ns_set user = NS_SET_NONE;
	struct json_object *process;
	char comm[PIDREF_COMM];
	CLEANUP_FREE char *boot = NULL;
	int status;

	user.fd[NS_USER] = save->of.other.fd[NS_USER];
	status = ns_inside(&user, read_ids, &save->of.pidref.pid, &process);
	if (status != STATUS_DONE)
		return status;
	ns_put_number(process, "pid", save->of.pidref.pid);
	document_add_bytes(process, "command",
			   pidref_comm(save->of.pidref.pid, comm));
	put_root_directory(save, process);
	json_object_object_add(save->root, "process", process);
	boot = procfs_read(BOOT_ID);
	if (!boot)
		return message_failed("cannot read %s: %s", BOOT_ID,
				      strerror(errno));
	boot[strcspn(boot, "\n")] = '\0';
	ns_put_string(save->root, "boot", boot);
	return STATUS_DONE;
}

/* ---- The namespaces ---- */

static int explain_relative(int err)
{
	return message_failed("cannot see how the namespaces stand to one another: %s",
			      strerror(err));
}

/* Who may not know of it does without. */
static int put_relative(struct json_object *object, const char *name, int fd)
{
	struct ns_id id;

	if (fd < 0)
		return error_is_shortage(errno) ? explain_relative(errno) :
						  STATUS_DONE;
	id = ns_id_of(fd);
	close(fd);
	if (!ns_id_is_none(&id))
		ns_put_number(object, name, id.inode);
	return STATUS_DONE;
}

static int put_level(const struct save *save, struct json_object *object, int fd)
{
	int level = ns_process_level(&save->of, fd);

	if (level < 0)
		return explain_relative(-level);
	ns_put_number(object, "level", level);
	return STATUS_DONE;
}

static int save_kind(const struct save *save, enum ns_kind kind,
		     struct json_object *entry)
{
	int fd = save->of.all.fd[kind];

	ns_put_string(entry, "kind", ns_kinds[kind].name);
	ns_put_number(entry, "device", save->of.all.id[kind].device);
	ns_put_number(entry, "inode", save->of.all.id[kind].inode);
	ns_put_bool(entry, "separate", save->of.other.fd[kind] >= 0);
	return put_relative(entry, "owner", ns_owner(fd)) ?:
	       put_relative(entry, "parent", ns_parent(fd)) ?:
	       put_level(save, entry, fd);
}

static int save_kinds(struct save *save)
{
	struct json_object *kinds = json_object_new_array(), *entry;
	int status = STATUS_DONE;
	enum ns_kind kind;

	json_object_object_add(save->root, "namespaces", kinds);
	for (kind = 0; kind < NS_KINDS && status == STATUS_DONE; kind++) {
		if (save->of.all.fd[kind] < 0)
			continue;
		entry = json_object_new_object();
		json_object_array_add(kinds, entry);
		status = save_kind(save, kind, entry);
	}
	return status;
}

static int save_users(struct save *save)
{
	struct json_object *users;
	int status = ns_idmap_save(&save->of.users, &users);

	json_object_object_add(save->root, "user", users);
	return status;
}

static int save_pids(struct save *save)
{
	struct json_object *pids = json_object_new_array(), *entry;
	int status = STATUS_DONE;
	size_t i;

	json_object_object_add(save->root, "pid", pids);
	for (i = 0; i < save->of.pids.count && status == STATUS_DONE; i++) {
		entry = json_object_new_object();
		json_object_array_add(pids, entry);
		ns_put_number(entry, "inode", ns_id_of(save->of.pids.fd[i]).inode);
		status = put_level(save, entry, save->of.pids.fd[i]);
	}
	return status;
}

/* ---- What they hold ---- */

static int save_inside(struct save *save, enum ns_kind kind, ns_inside_fn fn)
{
	struct ns_set set = ns_process_one(&save->of, kind);
	struct json_object *value;
	int status = ns_inside(&set, fn, NULL, &value);

	json_object_object_add(save->root, ns_kinds[kind].name, value);
	return status;
}

static int save_uts(struct save *save)
{
	return save_inside(save, NS_UTS, ns_uts_save);
}

static int save_ipc(struct save *save)
{
	if (save->of.other.fd[NS_IPC] < 0)
		return STATUS_DONE;
	return save_inside(save, NS_IPC, ns_ipc_save);
}

static int save_time(struct save *save)
{
	if (save->of.other.fd[NS_TIME] < 0)
		return STATUS_DONE;
	return save_inside(save, NS_TIME, ns_time_save);
}

static int save_net(struct save *save)
{
	struct ns_set set = ns_process_one(&save->of, NS_NET);
	struct json_object *net;
	int status;

	if (set.fd[NS_NET] < 0)
		return STATUS_DONE;
	status = ns_net_save(&set, &net);
	json_object_object_add(save->root, "net", net);
	return status;
}

static int save_mounts(struct save *save)
{
	struct json_object *mounts = NULL;
	int status = ns_mount_save(save->of.pidref.pid, &mounts);

	json_object_object_add(save->root, "mounts", mounts);
	return status;
}

static int save_cgroup(struct save *save)
{
	struct ns_set set = ns_process_one(&save->of, NS_CGROUP);
	struct json_object *cgroup;
	int status = ns_cgroup_save(save->of.pidref.pid, &set, &cgroup);

	if (cgroup)
		json_object_object_add(save->root, "cgroup", cgroup);
	return status;
}

/* ---- All of it ---- */

static int collect(struct save *save)
{
	static int (*const parts[])(struct save *save) = {
		save_process, save_kinds, save_users, save_pids, save_uts,
		save_time, save_ipc, save_mounts, save_net, save_cgroup,
	};
	int status = STATUS_DONE;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		status = parts[i](save);
		if (status != STATUS_DONE)
			return status;
	}
	return pidref_check(&save->of.pidref);
}

int ns_save_file(const struct command *command, const char *pid,
		 const char *path)
{
	struct save save = { .of = NS_PROCESS_NONE };
	int status = pidref_open(&save.of.pidref, command, pid);

	save.root = json_object_new_object();
	if (status == STATUS_DONE)
		status = ns_process_find(&save.of);
	if (status == STATUS_DONE)
		status = collect(&save);
	if (status == STATUS_DONE)
		status = ns_file_write(path, save.root);
	json_object_put(save.root);
	ns_process_close(&save.of);
	return status;
}

static int ns_save_main(const struct command *command, int argc, char **argv)
{
	options_any(command, argc, argv, options);
	if (argc - optind != 2)
		return message_usage(command, "a process and a file are needed");
	return ns_save_file(command, argv[optind], argv[optind + 1]);
}

const struct command cmd_ns_save = {
	.name = "ns save",
	.usage = "PID FILE",
	.purpose = "write a process's namespaces down",
	.help =
"Write down in the new file FILE what the namespaces of process PID hold: who owns\n"
"them, maps of users and groups, host name, clock offsets, mounts, limits of IPC,\n"
"network links, addresses, routes, policy rules and sysctls, and its cgroup with its\n"
"limits.  FILE is JSON, for \"pvadm ns restore\".\n",
	.main = ns_save_main,
};
