// SPDX-License-Identifier: GPL-2.0
/*
 * Does everybody in a cgroup have what its rules lead to?
 *
 * Who has other mounts than ours, or another root directory, finds NEW there by its name,
 * or nothing.  That is no error, as others of the cgroup may have it.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/message.h"
#include "base/pidref.h"
#include "rules/cgroup_new.h"
#include "rules/cgroup_visit.h"
#include "rules/check_new.h"

/* How many places to look from: each takes a helper, and may take its patience. */
#define PLACES	8

/* struct place - from where a process looks */
struct place {
	struct stat mounts, root;
};

/*
 * struct search - for who does not have a NEW
 *
 * @places: those that were looked from, @count of them; the first is ours
 */
struct search {
	const struct pv_rules *rules;
	struct place places[PLACES];
	size_t count;
};

static bool find_place(pid_t pid, struct place *place)
{
	char mounts[64], root[64];

	snprintf(mounts, sizeof(mounts), "/proc/%d/ns/mnt", pid);
	snprintf(root, sizeof(root), "/proc/%d/root", pid);
	return !stat(mounts, &place->mounts) && !stat(root, &place->root);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether nobody was seen to look from there yet. */
static bool is_new_place(struct search *search, pid_t pid)
{
	struct place place;
	size_t i;

	if (search->count == PLACES || !find_place(pid, &place))
		return false;
	for (i = 0; i < search->count; i++)
		if (is_same(&search->places[i].mounts, &place.mounts) &&
		    is_same(&search->places[i].root, &place.root))
			return false;
	search->places[search->count++] = place;
	return true;
}

static void warn(const struct search *search, const struct pidref *pidref, size_t first)
{
	char *new = pv_path_escape(pv_rules_target(search->rules, first));
	char comm[PIDREF_COMM];

	message_warning("process %d (%s) has mounts or a root directory of its own, and there is no %s: \"pvadm ns mount\" puts a directory of this machine there",
			pidref->pid, pidref_comm(pidref->pid, comm),
			new ? new : "NEW");
	free(new);
}

/* Whether that was worth a warning. */
static bool look_at(void *arg, pid_t pid)
{
	struct pidref pidref = { .pid = pid, .pidfd = -1 };
	struct search *search = arg;
	size_t first;
	bool missing;

	if (!is_new_place(search, pid))
		return false;
	pidref.pidfd = pidfd_open(pidref.pid, 0);
	if (pidref.pidfd < 0)
		return false;
	missing = check_new(&pidref, search->rules, &first) &&
		  first < pv_rules_count(search->rules);
	if (missing)
		warn(search, &pidref, first);
	close(pidref.pidfd);
	return missing;
}

void cgroup_new_warn(int fd, const struct pv_rules *rules)
{
	struct search search = { .rules = rules };

	if (is_new_place(&search, getpid()))
		cgroup_visit(fd, look_at, &search);
}
