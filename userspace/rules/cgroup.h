/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RULES_CGROUP_H
#define RULES_CGROUP_H

/* What --cgroup asks for, said and done. */

#include <stdbool.h>

#include "libpathvirt/libpathvirt.h"

struct command;

/* Each returns an exit status; if it is not STATUS_DONE it has said why. */

/* A --cgroup of the command line names @path; @cgroup is NULL if it is the first. */
int cgroup_take(const struct command *command, const char **cgroup,
		const char *path);

int cgroup_attach(struct pv *pv, const char *path, const struct pv_rules *rules,
		  unsigned int flags);
int cgroup_detach(struct pv *pv, const char *path);

/* The table of the cgroup at @path, which may have none; *layers is the caller's. */
int cgroup_get(struct pv *pv, const char *path, struct pv_layers **layers);

#endif /* RULES_CGROUP_H */
