// SPDX-License-Identifier: GPL-2.0
/*
 * Servers of filesystems, which may be dead, or be among the processes that are held
 * still.
 *
 * Whoever asks a dead one waits for ever, so a child of ours does.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/child.h"
#include "relink/servers.h"

/* In seconds. */
#define PATIENCE	5

/* struct asked - a mount whose server was asked */
struct asked {
	uint64_t mount;
	bool silent;
};

/* struct question - about the file @fd, whose mount is at @point, or NULL */
struct question {
	int fd;
	const char *point;
};

/* Whatever the answer is; and its mount is looked up on the way to where names are made. */
static int ask(int none, void *arg)
{
	const struct question *question = arg;
	struct statx about;

	(void)none;
	signal(SIGALRM, SIG_DFL);
	alarm(PATIENCE);
	statx(question->fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS,
	      &about);
	if (question->point)
		stat(question->point, &(struct stat){ 0 });
	return 0;
}

static bool is_silent(const struct mounts *mounts, int fd)
{
	struct question question = { fd, mounts_point_of(mounts, fd) };
	struct child child;
	int wait;

	/* Who cannot ask does not go on without an answer. */
	if (child_start(&child, 0, ask, &question))
		return true;
	wait = child_wait(&child);
	return wait < 0 || !WIFEXITED(wait);
}

static bool find_asked(const struct asked *asked, size_t count, uint64_t mount,
		       bool *silent)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (asked[i].mount != mount)
			continue;
		*silent = asked[i].silent;
		return true;
	}
	return false;
}

void servers_ask(const struct mounts *mounts, struct unlinked_list *list,
		 bool (*wanted)(const struct unlinked *found, const void *arg),
		 const void *arg)
{
	struct asked *asked = NULL, *added;
	size_t count = 0, i;

	for (i = 0; i < list->count; i++) {
		struct unlinked *file = &list->file[i];
		uint64_t mount = mount_of(file->fd);

		if (!wanted(file, arg) ||
		    find_asked(asked, count, mount, &file->silent) ||
		    !mounts_fd_may_wait(mounts, file->fd))
			continue;
		file->silent = is_silent(mounts, file->fd);
		added = ARRAY_ADD(&asked, &count);
		if (added)
			*added = (struct asked){ mount, file->silent };
	}
	free(asked);
}
