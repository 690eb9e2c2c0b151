/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MISSING_H
#define MISSING_H

#include <sys/types.h>

#include "libpathvirt.h"
#include "target.h"

/*
 * struct missing - the NEWs that do not exist where a process looks for them
 *
 * @first: the first of them, a string of the rules
 * @pid: the process that misses it
 * @count: how many there are, in all processes looked at
 */
struct missing {
	const char *first;
	pid_t pid;
	size_t count;
};

/*
 * Look in the mount namespace and under the root of @target, and add to
 * @missing.  Where we may not go there, nothing is added.
 */
void missing_find(struct missing *missing, const struct target *target,
		  const struct pv_rules *rules);

/* One line that warns, if anything is missing. */
void missing_warn(const struct missing *missing);

#endif /* MISSING_H */
