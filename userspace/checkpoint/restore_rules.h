/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CHECKPOINT_RESTORE_RULES_H
#define CHECKPOINT_RESTORE_RULES_H

#include "base/pidref.h"
#include "checkpoint/bundle.h"
#include "libpathvirt/libpathvirt.h"
#include "rules/options.h"

/*
 * Attach @pidref, which is not attached, to the layers that the process of the bundle had, as
 * they were set then, and to @newest, if it has any rules, above them; the flags of @newest
 * count for all of them.  Returns the exit status, and has said why if it is not STATUS_DONE;
 * or NS_RUN_GONE, see ns/run.h, if the process has ended.
 */
int restore_rules(struct pv *pv, const struct pidref *pidref,
		  const struct bundle *bundle,
		  const struct rules_options *newest);

#endif /* CHECKPOINT_RESTORE_RULES_H */
