// SPDX-License-Identifier: GPL-2.0
/*
 * The descendants of a process, by way of /proc.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/descendants.h"

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
	pid_t *grown = reallocarray(pids->pid, pids->count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	pids->pid = grown;
	pids->pid[pids->count++] = pid;
	return 0;
}

void pids_free(struct pids *pids)
{
	free(pids->pid);
	*pids = (struct pids){ 0 };
}

/* The name of a command may hold anything, so the numbers begin at its ")". */
static pid_t parent_of(int proc, const char *name)
{
	char path[32], line[512];
	pid_t parent = 0;
	const char *rest;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "%.16s/stat", name);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	length = read(fd, line, sizeof(line) - 1);
	close(fd);
	line[length < 0 ? 0 : length] = '\0';
	rest = strrchr(line, ')');
	if (!rest || sscanf(rest, ") %*c %d", &parent) != 1)
		return 0;
	return parent;
}

static int add_kin(struct kindred *all, pid_t pid, pid_t parent)
{
	struct kin *grown = reallocarray(all->kin, all->count + 1,
					 sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	all->kin = grown;
	all->kin[all->count++] = (struct kin){ pid, parent };
	return 0;
}

static int read_all(struct kindred *all)
{
	CLEANUP_DIR DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int err = 0;

	if (!proc)
		return -errno;
	while (!err && (entry = readdir(proc))) {
		pid_t pid = atoi(entry->d_name), parent;

		if (!isdigit((unsigned char)*entry->d_name))
			continue;
		parent = parent_of(dirfd(proc), entry->d_name);
		if (parent && pid != getpid())
			err = add_kin(all, pid, parent);
	}
	return err;
}

int descendants_add(struct pids *pids, pid_t root)
{
	struct kindred all = { 0 };
	size_t done, i;
	int err;

	*pids = (struct pids){ 0 };
	err = pids_add(pids, root) ?: read_all(&all);
	for (done = 0; !err && done < pids->count; done++)
		for (i = 0; !err && i < all.count; i++)
			if (all.kin[i].parent == pids->pid[done])
				err = pids_add(pids, all.kin[i].pid);
	free(all.kin);
	return err;
}
