/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RESTART_RULES_H
#define RESTART_RULES_H

#include <libpathvirt.h>

#include "bundle.h"
#include "rules_options.h"
#include "target.h"

/*
 * Attach @target, which is not attached, to the layers that the process of the bundle had, as
 * they were set then, and to @newest, if it has any rules, above them; the flags of @newest
 * count for all of them.  Returns the exit status, and has said why if it is not STATUS_DONE.
 */
int restart_rules(struct pv *pv, const struct target *target,
		  const struct bundle *bundle,
		  const struct rules_options *newest);

#endif /* RESTART_RULES_H */
