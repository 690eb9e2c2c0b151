// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm ns enter: run a command in the namespaces of a process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/forward.h"
#include "base/message.h"
#include "base/options.h"
#include "ns/cmd_enter.h"
#include "ns/commands.h"
#include "ns/enter.h"
#include "ns/exec.h"
#include "ns/options.h"

static const struct option options[] = {
	NS_OPTIONS,
	NS_EXEC_OPTIONS,
	OPTIONS_COMMON
};

/*
 * struct enter - what is to be entered
 *
 * @root: the process's root directory, or -1 where its mounts are not entered
 * @inside: what is to be done there, or NULL; @arg goes to it
 */
struct enter {
	struct pidref pidref;
	struct ns_options kinds;
	struct ns_exec as;
	struct ns_set set;
	int root;
	int (*inside)(void *arg);
	void *arg;
};

static int open_root(struct enter *enter)
{
	if (!ns_options_have(&enter->kinds, NS_MNT))
		return STATUS_DONE;
	enter->root = pidref_open_root(&enter->pidref);
	if (enter->root < 0)
		return message_failed("cannot open the root directory of process %d: %s",
				      enter->pidref.pid,
				      strerror(-enter->root));
	return STATUS_DONE;
}

/* What is the same as ours needs no privilege: it is not entered. */
static int find_namespaces(struct enter *enter)
{
	struct ns_set ours = NS_SET_NONE;
	int status = ns_set_open_self(&ours) ?:
		     ns_set_open(&enter->set, &enter->pidref);

	ns_set_subtract(&enter->set, &ours);
	ns_set_close(&ours);
	ns_options_apply(&enter->kinds, &enter->set);
	return status ?: open_root(enter);
}

/* The same directory may be mounted at several places. */
static bool is_root(int fd)
{
	struct statx ours, theirs;

	return !statx(AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &ours) &&
	       !statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID,
		      &theirs) &&
	       ours.stx_dev_major == theirs.stx_dev_major &&
	       ours.stx_dev_minor == theirs.stx_dev_minor &&
	       ours.stx_ino == theirs.stx_ino &&
	       ours.stx_mnt_id == theirs.stx_mnt_id;
}

/* A process that was chrooted looks from there. */
static int go_to_root(const struct enter *enter)
{
	if (enter->root < 0 || is_root(enter->root))
		return STATUS_DONE;
	if (fchdir(enter->root) || chroot("."))
		return message_failed("cannot enter the root directory of process %d: %s",
				      enter->pidref.pid, strerror(errno));
	return STATUS_DONE;
}

/* Only a child is in a PID namespace that was entered. */
static int run_in_child(const struct enter *enter, bool user, char **command)
{
	pid_t pid = forward_fork();

	if (pid < 0)
		return ns_enter_no_child(errno);
	if (pid)
		forward(pid);
	return ns_exec(&enter->as, user, command);
}

static int go(struct enter *enter, char **command)
{
	bool user = enter->set.fd[NS_USER] >= 0;
	/* Who is to end with us cannot be us. */
	bool child = enter->set.fd[NS_PID] >= 0 || enter->as.kill_child;
	int status = ns_enter(&enter->set) ?: go_to_root(enter);

	if (status == STATUS_DONE && enter->inside)
		status = enter->inside(enter->arg);
	if (status != STATUS_DONE)
		return status;
	return child ? run_in_child(enter, user, command) :
	       ns_exec(&enter->as, user, command);
}

int ns_enter_with(const struct pidref *pidref, int (*inside)(void *arg), void *arg,
		  char **command)
{
	struct enter enter = {
		.pidref = *pidref,
		.as = NS_EXEC_INIT,
		.set = NS_SET_NONE,
		.root = -1,
		.inside = inside,
		.arg = arg,
	};
	int status = find_namespaces(&enter) ?: go(&enter, command);

	ns_set_close(&enter.set);
	return status;
}

static int read_enter_options(struct enter *enter, const struct command *command,
			      int argc, char **argv)
{
	int code, status = STATUS_DONE;

	while (status == STATUS_DONE &&
	       (code = options_letters(command, argc, argv,
				       "+" NS_OPTIONS_LETTERS
				       NS_EXEC_LETTERS,
				       options)) != OPTION_END) {
		ns_options_take(&enter->kinds, code);
		status = ns_exec_take(&enter->as, command, code, optarg);
	}
	return status;
}

/* Options may stand before PID and behind it. */
static int ns_enter_main(const struct command *command, int argc, char **argv)
{
	struct enter enter = {
		.pidref = { .pidfd = -1 },
		.as = NS_EXEC_INIT,
		.set = NS_SET_NONE,
		.root = -1,
	};
	int status = read_enter_options(&enter, command, argc, argv);
	const char *pid = optind < argc ? argv[optind++] : NULL;

	if (status == STATUS_DONE && !pid)
		return message_usage(command, "one process is needed");
	if (status == STATUS_DONE)
		status = read_enter_options(&enter, command, argc, argv);
	if (status == STATUS_DONE && optind == argc)
		return message_usage(command, "no command to run");
	if (status == STATUS_DONE)
		status = pidref_open(&enter.pidref, command, pid);
	if (status == STATUS_DONE)
		status = find_namespaces(&enter);
	if (status == STATUS_DONE)
		status = go(&enter, argv + optind);
	ns_set_close(&enter.set);
	pidref_close(&enter.pidref);
	return status;
}

const struct command cmd_ns_enter = {
	.name = "ns enter",
	.usage = "[OPTION]... PID [OPTION]... [--] COMMAND [ARGUMENT]...",
	.purpose = "run a command in the namespaces of a process",
	.help =
"Run COMMAND in the namespaces of process PID, and in its root directory.\n"
"\n"
NS_OPTIONS_HELP
NS_EXEC_HELP
"\n"
"Exit status: COMMAND's own; 126 if it cannot be executed, 127 if it is not\n"
"found; 1 or 2 if it was not run.\n",
	.main = ns_enter_main,
};
