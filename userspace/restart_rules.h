/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RESTART_RULES_H
#define RESTART_RULES_H

#include <libpathvirt.h>

#include "bundle.h"

/*
 * Attach the process @pidfd, which is not attached, to the layers that the process of the
 * bundle had, and to @newest, if it has any rules, above them.  Returns the exit status, and
 * has said why if it is not STATUS_DONE.
 */
int restart_rules(struct pv *pv, int pidfd, const struct bundle *bundle,
		  const struct pv_rules *newest);

#endif /* RESTART_RULES_H */
