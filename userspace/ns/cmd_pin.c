// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm ns pin: keep namespaces alive, each by a mount of its own.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/files.h"
#include "base/janitor.h"
#include "base/json.h"
#include "base/message.h"
#include "base/options.h"
#include "base/output.h"
#include "ns/commands.h"
#include "ns/options.h"
#include "ns/set.h"

static const struct option options[] = {
	NS_OPTIONS,
	JSON_OPTIONS,
	OPTIONS_COMMON
};

/*
 * struct pin - what is to be pinned where
 *
 * @made: the directory was not there
 * @mounted: our filesystem is mounted on it
 */
struct pin {
	struct ns_options kinds;
	struct ns_set set;
	const char *directory;
	bool made;
	bool mounted;
};

static char *path_of(const struct pin *pin, enum ns_kind kind)
{
	char *path;

	if (asprintf(&path, "%s/%s", pin->directory, ns_kinds[kind].name) < 0)
		return NULL;
	return path;
}

/* ---- Making, in the janitor ---- */

static int refuse(const struct pin *pin, int err)
{
	const char *advice = "";

	if (err == EPERM || err == EACCES)
		advice = ": run pvadm as root, or in a user namespace that owns the mounts here";
	return message_failed("cannot pin namespaces in %s: %s%s",
			      pin->directory, strerror(err), advice);
}

static bool is_empty(const char *directory)
{
	CLEANUP_CLOSE int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int empty = fd < 0 ? -errno : files_is_empty(fd, ".");

	return empty > 0;
}

static int make_directory(struct pin *pin)
{
	pin->made = !mkdir(pin->directory, 0700);
	if (!pin->made && errno != EEXIST)
		return refuse(pin, errno);
	/* What lies in it would be hidden. */
	if (!pin->made && !is_empty(pin->directory))
		return message_failed("cannot pin namespaces in %s: name a directory that is new or empty",
				      pin->directory);
	return STATUS_DONE;
}

/*
 * A small filesystem carries the mounts, so that one umount takes all away.  It
 * must be private: a mount of a mount namespace may not spread into that.
 */
static int mount_carrier(struct pin *pin)
{
	if (mount("pathvirt", pin->directory, "tmpfs",
		  MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700,size=1m"))
		return refuse(pin, errno);
	pin->mounted = true;
	if (mount(NULL, pin->directory, NULL, MS_PRIVATE, NULL))
		return refuse(pin, errno);
	return STATUS_DONE;
}

static int pin_one(const struct pin *pin, enum ns_kind kind)
{
	CLEANUP_FREE char *path = path_of(pin, kind);
	char from[64];
	CLEANUP_CLOSE int fd = -1;
	int status = STATUS_DONE;

	if (!path)
		return message_out_of_memory();
	snprintf(from, sizeof(from), "/proc/self/fd/%d", pin->set.fd[kind]);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || mount(from, path, NULL, MS_BIND, NULL))
		status = message_failed("cannot pin the %s namespace in %s: %s%s",
					ns_kinds[kind].text, pin->directory,
					strerror(errno),
					errno == EINVAL && kind == NS_MNT ?
					": it is older than the one that pvadm runs in" : "");
	return status;
}

static int make_pins(void *data)
{
	struct pin *pin = data;
	enum ns_kind kind;
	int status = make_directory(pin) ?: mount_carrier(pin);

	for (kind = 0; kind < NS_KINDS && status == STATUS_DONE; kind++)
		if (pin->set.fd[kind] >= 0)
			status = pin_one(pin, kind);
	return status;
}

static void unmake(void *data)
{
	struct pin *pin = data;

	if (pin->mounted)
		umount2(pin->directory, MNT_DETACH);
	if (pin->made)
		rmdir(pin->directory);
}

static const struct janitor_ops pin_ops = {
	.make = make_pins,
	.unmake = unmake,
};

/* ---- Telling ---- */

static int print(const struct pin *pin, bool json)
{
	enum ns_kind kind;
	char *path;

	if (json)
		json_begin_array(NULL);
	for (kind = 0; kind < NS_KINDS; kind++) {
		if (pin->set.fd[kind] < 0 || !json)
			continue;
		path = path_of(pin, kind);
		if (!path)
			return message_out_of_memory();
		json_begin_object(NULL);
		json_string("kind", ns_kinds[kind].name);
		json_number("inode", pin->set.id[kind].inode);
		json_string("path", path);
		json_end_object();
		free(path);
	}
	if (json)
		json_end_array();
	return output_finish();
}

/* The kernel lets no mount namespace be pinned in itself. */
static int leave_ours(struct pin *pin)
{
	CLEANUP(ns_set_close) struct ns_set ours = NS_SET_NONE;
	int status = ns_set_open_self(&ours);

	if (status == STATUS_DONE && pin->set.fd[NS_MNT] >= 0 &&
	    ns_id_equal(&pin->set.id[NS_MNT], &ours.id[NS_MNT])) {
		if (pin->kinds.flags & ns_kinds[NS_MNT].flag)
			status = message_failed("cannot pin the mount namespace: it is the one that pvadm runs in, and cannot be mounted in itself");
		close(pin->set.fd[NS_MNT]);
		pin->set.fd[NS_MNT] = -1;
	}
	return status;
}

static int pin_all(struct pin *pin, bool json)
{
	struct janitor janitor;
	int status;

	ns_options_apply(&pin->kinds, &pin->set);
	status = leave_ours(pin) ?: janitor_start(&janitor, &pin_ops, pin);
	if (status == STATUS_DONE) {
		status = print(pin, json);
		if (status == STATUS_DONE)
			status = janitor_keep(&janitor);
		else
			janitor_unmake(&janitor);
	}
	return status;
}

static int ns_pin_main(const struct command *command, int argc, char **argv)
{
	struct pin pin = { .set = NS_SET_NONE };
	CLEANUP(pidref_close) struct pidref pidref = { .pidfd = -1 };
	bool json = false;
	int code, status;

	while ((code = options_letters(command, argc, argv, NS_OPTIONS_LETTERS,
				       options)) != OPTION_END) {
		ns_options_take(&pin.kinds, code);
		json |= code == OPTION_JSON;
	}
	if (argc - optind != 2)
		return message_usage(command, "a process and a directory are needed");
	pin.directory = argv[optind + 1];
	status = pidref_open(&pidref, command, argv[optind]) ?:
		 ns_set_open(&pin.set, &pidref) ?:
		 pin_all(&pin, json);
	ns_set_close(&pin.set);
	return status;
}

const struct command cmd_ns_pin = {
	.name = "ns pin",
	.usage = "[OPTION]... PID DIR",
	.purpose = "keep a process's namespaces alive",
	.help =
"Keep the namespaces of process PID alive when it has ended: each is mounted on a\n"
"file of directory DIR, which is made if it is not there, and must be empty.\n"
"\"pvadm ns restore --pinned DIR\" enters them, \"umount -R DIR\" lets them go.\n"
"\n"
NS_OPTIONS_HELP
"  -j, --json                print JSON: what is pinned where\n"
"      --pretty              print it indented\n",
	.main = ns_pin_main,
};
