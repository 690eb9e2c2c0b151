/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_RELINK_H
#define RELINK_RELINK_H

#include "relink/request.h"

/*
 * Do it: all or, unless @partial, nothing.  Returns the exit status; if it is not
 * STATUS_DONE it has said why.
 */
int relink(struct relink *relink, struct pv *pv);

#endif /* RELINK_RELINK_H */
