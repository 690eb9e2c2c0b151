// SPDX-License-Identifier: GPL-2.0
/*
 * Which NEW is not there for the process that is to use it?
 *
 * A helper goes to the process's own mount namespace and root to see, so that
 * we stay where we are.  It is a name in a message that is lost where the helper
 * fails, so it fails without a word.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "base/connect.h"
#include "base/files.h"
#include "rules/check_new.h"

/* A filesystem whose server is gone must not hold us up for longer. */
#define PATIENCE	5	/* seconds */

static int open_proc(const char *who, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/%s", who, name);
	return open(path, flags | O_CLOEXEC);
}

static bool enter_mounts(const struct pidref *pidref, const char *who)
{
	int ours = open_proc("self", "ns/mnt", O_RDONLY);
	int theirs = open_proc(who, "ns/mnt", O_RDONLY);

	if (ours < 0 || theirs < 0)
		return false;
	return files_same(ours, theirs) ||
	       !setns(pidref->pidfd, CLONE_NEWNS) ||
	       !setns(theirs, CLONE_NEWNS);
}

/* In the helper: become one who looks from where the process looks. */
static bool enter(const struct pidref *pidref)
{
	char who[16];
	int root, ours;

	snprintf(who, sizeof(who), "%d", pidref->pid);
	root = open_proc(who, "root", O_PATH | O_DIRECTORY);
	if (root < 0 || !enter_mounts(pidref, who))
		return false;
	if (!pidref_lives(pidref))
		return false;
	ours = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (files_same(root, ours))
		return true;
	return !fchdir(root) && !chroot(".");
}

static bool is_missing(const char *path)
{
	struct stat st;

	return stat(path, &st) && (errno == ENOENT || errno == ENOTDIR);
}

/* The first that is missing; their number if none is. */
static size_t look(const struct pv_rules *rules)
{
	size_t i, count = pv_rules_count(rules);

	for (i = 0; i < count; i++)
		if (is_missing(pv_rules_target(rules, i)) &&
		    strcmp(pv_rules_original(rules, i),
			   pv_rules_target(rules, i)))
			break;
	return i;
}

/* struct question - of which rules the NEWs are to be looked for, and where */
struct question {
	const struct pidref *pidref;
	const struct pv_rules *rules;
};

static int look_inside(int out, void *arg)
{
	const struct question *question = arg;
	size_t first;

	signal(SIGALRM, SIG_DFL);
	alarm(PATIENCE);
	if (!enter(question->pidref))
		return 1;
	first = look(question->rules);
	return write(out, &first, sizeof(first)) != sizeof(first);
}

bool check_new(const struct pidref *pidref, const struct pv_rules *rules,
	       size_t *first)
{
	struct question question = { pidref, rules };
	struct child child;
	bool answered;

	if (child_start(&child, SOCK_STREAM, look_inside, &question))
		return false;
	answered = read(child.fd, first, sizeof(*first)) == sizeof(*first);
	child_end(&child);
	return answered;
}

const char *check_new_advice(const struct pidref *pidref,
			     const struct pv_rules *rules, int err)
{
	static char *advice;
	size_t first;
	char *path;

	if ((err != -ENOENT && err != -ENOTDIR) ||
	    !check_new(pidref, rules, &first) || first >= pv_rules_count(rules))
		return connect_advice(err);
	path = pv_path_escape(pv_rules_target(rules, first));
	free(advice);
	if (!path || asprintf(&advice, "; make %s, or say --late", path) < 0)
		advice = NULL;
	free(path);
	return advice ? advice : connect_advice(err);
}
