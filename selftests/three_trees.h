/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the stress tests share: DIR/o, DIR/1 and DIR/2 are trees of the same shape, in
 * which each worker has a directory.
 */
#ifndef PV_SELFTESTS_THREE_TREES_H
#define PV_SELFTESTS_THREE_TREES_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "look.h"
#include "testing.h"

static const char trees[] = "o12";

/* The program of each tree, and the status that it ends with. */
static const char *const programs[] = {
	"/usr/bin/true", "/usr/bin/false", "/usr/bin/expr",
};

static inline char *below(const char *dir, const char *name)
{
	return pvt_path("%s/%s", dir, name);
}

static inline int wait_status(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* How many files of a worker are not where they belong. */
static inline int misplaced(const char *dir, int worker)
{
	const char *tree, *name;
	int nr = 0;
	char *path, says;

	for (tree = trees; *tree; tree++) {
		for (name = "abcd"; *name; name++) {
			path = pvt_path("%s/%c/w%d/%c", dir, *tree, worker,
					*name);
			says = look(path);
			if (says != *tree) {
				printf("# wrong: %s says %c\n", path, says);
				nr++;
			}
			free(path);
		}
	}
	return nr;
}

#endif /* PV_SELFTESTS_THREE_TREES_H */
