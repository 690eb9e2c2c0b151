// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm ns mount: have a directory of ours in the mount namespace of a process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/message.h"
#include "base/options.h"
#include "ns/commands.h"
#include "ns/enter.h"
#include "ns/set.h"

static const struct option options[] = {
	{ "read-only", no_argument, NULL, 'r' },
	OPTIONS_COMMON
};

/*
 * struct mounting - what is to be mounted where
 *
 * @set: the mount namespace of the process, if it is not ours
 * @root: its root directory
 * @tree: what is mounted, and at first nowhere
 */
struct mounting {
	struct pidref pidref;
	struct ns_set set;
	int root;
	int tree;
	const char *source, *place;
	bool read_only;
};

static const char *advice(int err)
{
	return err == EPERM || err == EACCES ? ": run pvadm as root" : "";
}

static const char *advice_on_place(int err)
{
	switch (err) {
	case ENOENT:
		return ": it has to be there";
	case ENOTDIR:
	case EINVAL:
		return ": a directory is mounted on a directory, a file on a file";
	default:
		return advice(err);
	}
}

/*
 * What is mounted there must not come back here; what is mounted below it here later goes
 * there, as into any other copy of the mount.
 */
static int take_tree(struct mounting *mounting)
{
	struct mount_attr attr = {
		.propagation = MS_SLAVE,
		.attr_set = mounting->read_only ? MOUNT_ATTR_RDONLY : 0,
	};

	mounting->tree = open_tree(AT_FDCWD, mounting->source,
				   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
				   AT_RECURSIVE);
	if (mounting->tree < 0 ||
	    mount_setattr(mounting->tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
			  sizeof(attr)))
		return message_failed("cannot take %s to be mounted: %s%s",
				      mounting->source, strerror(errno),
				      advice(errno));
	return STATUS_DONE;
}

/* Links in the way lead where they lead the process. */
static int put_tree(void *data, struct json_object **result)
{
	const struct mounting *mounting = data;

	(void)result;
	if (!fchdir(mounting->root) && !chroot(".") &&
	    !move_mount(mounting->tree, "", AT_FDCWD, mounting->place,
			MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS))
		return STATUS_DONE;
	return message_failed("cannot mount %s on %s for process %d: %s%s",
			      mounting->source, mounting->place,
			      mounting->pidref.pid, strerror(errno),
			      advice_on_place(errno));
}

static int find_place(struct mounting *mounting)
{
	struct ns_set ours = NS_SET_NONE;
	int status = ns_set_open_self(&ours);
	enum ns_kind kind;

	if (status == STATUS_DONE)
		status = ns_set_open(&mounting->set, &mounting->pidref);
	ns_set_subtract(&mounting->set, &ours);
	ns_set_close(&ours);
	for (kind = 0; kind < NS_KINDS; kind++) {
		if (kind == NS_MNT || mounting->set.fd[kind] < 0)
			continue;
		close(mounting->set.fd[kind]);
		mounting->set.fd[kind] = -1;
	}
	if (status != STATUS_DONE)
		return status;
	mounting->root = pidref_open_root(&mounting->pidref);
	if (mounting->root < 0)
		return message_failed("cannot open the root directory of process %d: %s",
				      mounting->pidref.pid,
				      strerror(-mounting->root));
	return STATUS_DONE;
}

static void give_back(struct mounting *mounting)
{
	if (mounting->tree >= 0)
		close(mounting->tree);
	if (mounting->root >= 0)
		close(mounting->root);
	ns_set_close(&mounting->set);
	pidref_close(&mounting->pidref);
}

static int ns_mount_main(const struct command *command, int argc, char **argv)
{
	struct mounting mounting = {
		.pidref = { .pidfd = -1 },
		.set = NS_SET_NONE,
		.root = -1,
		.tree = -1,
	};
	int code, status;

	while ((code = options_letters(command, argc, argv, "r", options)) !=
	       OPTION_END)
		mounting.read_only |= code == 'r';
	if (argc - optind != 3)
		return message_usage(command, "a process, a source and a place are needed");
	mounting.source = argv[optind + 1];
	mounting.place = argv[optind + 2];
	if (*mounting.place != '/')
		return message_usage(command,
				     "the place %s is relative: it is spelled from the process's root",
				     mounting.place);
	status = pidref_open(&mounting.pidref, command, argv[optind]) ?:
		 find_place(&mounting) ?:
		 take_tree(&mounting) ?:
		 ns_inside(&mounting.set, put_tree, &mounting, NULL);
	give_back(&mounting);
	return status;
}

const struct command cmd_ns_mount = {
	.name = "ns mount",
	.usage = "[--read-only] PID SOURCE PLACE",
	.purpose = "mount a directory for a process",
	.help =
"Mount SOURCE, a directory or file as pvadm finds it, with all that is mounted\n"
"below it, on PLACE in the mount namespace of process PID, spelled from its root\n"
"directory. It stays until it is unmounted there: pvadm ns enter PID umount PLACE.\n"
"What is mounted below it there does not come back.\n"
"\n"
"  -r, --read-only           nothing can be changed there through it\n",
	.main = ns_mount_main,
};
