/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_RUN_H
#define NS_RUN_H

#include <stdbool.h>
#include <sys/types.h>

#include "ns/exec.h"
#include "ns/file.h"
#include "ns/options.h"

/* A process has ended, and has said why unless it was killed. */
#define NS_RUN_GONE	(-1)

/*
 * struct ns_run_hooks - what is to be done besides, in this order; each may be NULL
 *
 * Those that return an int return the exit status, having said why if it is not
 * STATUS_DONE: then the command does not run, and all that was made is gone again.
 *
 * @open: before the first namespace is made.  What it opens without O_CLOEXEC is the
 *	command's
 * @ready: the process @pid, which is to become the command, is in its namespaces, and they
 *	are as they were.  NS_RUN_GONE if it has ended meanwhile, and nothing was said
 * @begun: it has become the command, or that is not known: @sure is false if it was killed
 *	by a signal before one could look
 * @ended: it has ended, as wait() tells in @wait
 */
struct ns_run_hooks {
	int (*open)(void *data);
	int (*ready)(void *data, pid_t pid);
	void (*begun)(void *data, bool sure);
	void (*ended)(void *data, int wait);
};

/*
 * struct ns_run - a command in namespaces that a file tells of
 *
 * @kinds: which of them
 * @as: as whom
 * @pinned: a directory in which the very same are kept, or NULL; then no hook is called
 * @strict: what cannot be equal fails
 * @check: only say what cannot be equal
 * @json: in JSON
 * @file: what was saved, see ns/file.h; the caller's
 * @hooks: or NULL
 * @data: theirs
 */
struct ns_run {
	struct ns_options kinds;
	struct ns_exec as;
	const char *pinned;
	bool strict, check, json;
	const struct ns_file *file;
	const struct ns_run_hooks *hooks;
	void *data;
};

/*
 * Run @command.  If it has run, this ends as it has ended, and does not come back; else it
 * returns the exit status, and has said why if that is not STATUS_DONE.
 */
int ns_run(const struct ns_run *run, char **command);

#endif /* NS_RUN_H */
