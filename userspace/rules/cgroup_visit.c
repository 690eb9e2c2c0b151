// SPDX-License-Identifier: GPL-2.0
/*
 * Who is in a cgroup, and in those below it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "rules/cgroup_visit.h"

struct visit {
	bool (*visit)(void *arg, pid_t pid);
	void *arg;
};

static bool visit_own(const struct visit *visit, int dirfd)
{
	int fd = openat(dirfd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	bool found = false;
	char who[16];

	if (!file) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (!found && fscanf(file, "%15s", who) == 1)
		found = visit->visit(visit->arg, atoi(who));
	fclose(file);
	return found;
}

/* How deep is bounded by how many files one may have open. */
static bool visit_all(const struct visit *visit, int parent, const char *name)
{
	int fd = openat(parent, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool found;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	found = visit_own(visit, fd);
	while (!found && (entry = readdir(dir)))
		found = entry->d_type == DT_DIR && *entry->d_name != '.' &&
			visit_all(visit, fd, entry->d_name);
	closedir(dir);
	return found;
}

void cgroup_visit(int fd, bool (*visit)(void *arg, pid_t pid), void *arg)
{
	struct visit all = { .visit = visit, .arg = arg };

	visit_all(&all, fd, ".");
}
