// SPDX-License-Identifier: GPL-2.0
/*
 * Going back into namespaces that were pinned.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/forward.h"
#include "base/message.h"
#include "ns/enter.h"
#include "ns/file.h"
#include "ns/pinned.h"

static int open_one(struct ns_set *set, const char *directory,
		    enum ns_kind kind)
{
	char *path;
	int err;

	if (asprintf(&path, "%s/%s", directory, ns_kinds[kind].name) < 0)
		return message_out_of_memory();
	set->fd[kind] = open(path, O_RDONLY | O_CLOEXEC);
	err = errno;
	free(path);
	if (set->fd[kind] >= 0)
		set->id[kind] = ns_id_of(set->fd[kind]);
	else if (err != ENOENT)
		return message_failed("cannot open the %s namespace pinned in %s: %s",
				      ns_kinds[kind].text, directory,
				      strerror(err));
	return STATUS_DONE;
}

/* After a restart of the kernel, or where it was let go, there is another or none. */
static int check_one(const struct ns_set *set, const char *directory,
		     const struct ns_file_entry *saved, enum ns_kind kind)
{
	const struct ns_id id = {
		.device = saved ? saved->device : 0,
		.inode = saved ? saved->inode : 0,
	};

	if (set->fd[kind] < 0 && saved && saved->separate)
		return message_failed("%s has no %s namespace: it was not pinned there, or it was let go",
				      directory, ns_kinds[kind].text);
	if (set->fd[kind] >= 0 && ns_id_is_none(&set->id[kind]))
		return message_failed("%s/%s is not a namespace any more: it was let go",
				      directory, ns_kinds[kind].name);
	if (set->fd[kind] >= 0 && saved && !ns_id_equal(&id, &set->id[kind]))
		return message_failed("the %s namespace pinned in %s is not the one of which the file tells",
				      ns_kinds[kind].text, directory);
	return STATUS_DONE;
}

static int open_all(struct ns_set *set, const char *directory,
		    const struct ns_file *file,
		    const struct ns_options *kinds)
{
	enum ns_kind kind;
	int status = STATUS_DONE;

	for (kind = 0; kind < NS_KINDS && status == STATUS_DONE; kind++) {
		if (!ns_options_have(kinds, kind))
			continue;
		status = open_one(set, directory, kind) ?:
			 check_one(set, directory,
				   ns_file_kind(file, kind), kind);
	}
	return status;
}

/* A process that was chrooted looked from there. */
static int go_to_root(const struct ns_file *file)
{
	const char *root = file->process.root;

	if (strcmp(root, "/") && (chdir(root) || chroot(".")))
		return message_failed("cannot go to the root directory of the process, %s: %s",
				      root, strerror(errno));
	return STATUS_DONE;
}

static int enter(struct ns_set *set, const struct ns_file *file)
{
	bool mounts = set->fd[NS_MNT] >= 0;
	int status = ns_enter(set);

	return status == STATUS_DONE && mounts ? go_to_root(file) : status;
}

static int go(struct ns_set *set, const struct ns_file *file,
	      const struct ns_exec *as, char **command)
{
	bool child = set->fd[NS_PID] >= 0 || as->kill_child;
	bool user = set->fd[NS_USER] >= 0;
	int status = enter(set, file);
	pid_t pid;

	if (status != STATUS_DONE || !child)
		return status == STATUS_DONE ? ns_exec(as, user, command) :
		       status;
	pid = forward_fork();
	if (pid < 0)
		return ns_enter_no_child(errno);
	if (pid)
		forward(pid);
	return ns_exec(as, user, command);
}

int ns_pinned_run(const char *directory, const struct ns_file *file,
		  const struct ns_options *kinds, const struct ns_exec *as,
		  char **command)
{
	CLEANUP(ns_set_close) struct ns_set set = NS_SET_NONE;
	struct ns_set ours = NS_SET_NONE;
	int status = ns_set_open_self(&ours) ?:
		     open_all(&set, directory, file, kinds);

	ns_set_subtract(&set, &ours);
	ns_set_close(&ours);
	if (status == STATUS_DONE)
		status = go(&set, file, as, command);
	return status;
}
