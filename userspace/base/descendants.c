// SPDX-License-Identifier: GPL-2.0
/*
 * The descendants of a process, by way of /proc.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/descendants.h"
#include "base/procfs.h"

/* struct kin - a process and its parent */
struct kin {
	pid_t pid;
	pid_t parent;
};

struct kindred {
	struct kin *kin;
	size_t count;
};

int pids_add(struct pids *pids, pid_t pid)
{
	pid_t *added = ARRAY_ADD(&pids->pid, &pids->count);

	if (!added)
		return -ENOMEM;
	*added = pid;
	return 0;
}

void pids_free(struct pids *pids)
{
	free(pids->pid);
	*pids = (struct pids){ 0 };
}

/* The name of a command may hold anything, so the numbers begin at its ")". */
static pid_t parent_of(pid_t pid)
{
	CLEANUP_FREE char *line = NULL;
	pid_t parent = 0;
	const char *rest;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	line = procfs_read(path);
	rest = line ? strrchr(line, ')') : NULL;
	if (!rest || sscanf(rest, ") %*c %d", &parent) != 1)
		return 0;
	return parent;
}

/* @arg: struct kindred */
static int add_kin(pid_t pid, void *arg)
{
	struct kindred *all = arg;
	pid_t parent = parent_of(pid);
	struct kin *kin;

	if (!parent || pid == getpid())
		return 0;
	kin = ARRAY_ADD(&all->kin, &all->count);
	if (!kin)
		return -ENOMEM;
	*kin = (struct kin){ pid, parent };
	return 0;
}

int descendants_add(struct pids *pids, pid_t root)
{
	struct kindred all = { 0 };
	size_t done, i;
	int err;

	*pids = (struct pids){ 0 };
	err = pids_add(pids, root) ?: procfs_processes(add_kin, &all);
	for (done = 0; !err && done < pids->count; done++)
		for (i = 0; !err && i < all.count; i++)
			if (all.kin[i].parent == pids->pid[done])
				err = pids_add(pids, all.kin[i].pid);
	free(all.kin);
	return err;
}
