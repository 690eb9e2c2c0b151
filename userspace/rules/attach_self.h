/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RULES_ATTACH_SELF_H
#define RULES_ATTACH_SELF_H

#include "libpathvirt/libpathvirt.h"

/*
 * Add a layer of @rules to this very process, set as @flags say (PV_NO_REVERSE, PV_LATE,
 * PV_BY_NAME).  Who is not privileged gets no_new_privs first: no set-uid program may run
 * under a table that its caller made up.  Returns the exit status, and has said what is
 * wrong.
 */
int attach_self(const struct pv_rules *rules, unsigned int flags);

#endif /* RULES_ATTACH_SELF_H */
