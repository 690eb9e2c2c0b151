/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RULES_PROFILE_H
#define RULES_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "libpathvirt/libpathvirt.h"

/* As long as the kernel makes one, and some more. */
#define PROFILE_NAME	512

/*
 * struct profile_finding - a NEW that a profile of AppArmor keeps from a process
 *
 * @profile: what it is called
 * @rule: the first rule whose NEW it is
 * @certain: the kernel was asked; otherwise it may be so
 */
struct profile_finding {
	char profile[PROFILE_NAME];
	size_t rule;
	bool certain;
};

/*
 * Will the profile of a process be in the way when we attach it to @rules?  Not if we
 * could mount NEWs on ORIGINALs for it: then it goes by ORIGINALs, as it always has.
 */
bool profile_find(pid_t pid, const struct pv_rules *rules,
		  struct profile_finding *finding);

/* Say so in a warning.  @who: the process, in words. */
void profile_warn(const struct profile_finding *finding, const char *who,
		  const struct pv_rules *rules);

/* Find it and say so, of a process that is to be attached; false if nothing is in the way. */
bool profile_warn_process(pid_t pid, const struct pv_rules *rules);

#endif /* RULES_PROFILE_H */
