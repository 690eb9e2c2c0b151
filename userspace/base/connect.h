/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_CONNECT_H
#define BASE_CONNECT_H

#include "base/pidref.h"
#include "libpathvirt/libpathvirt.h"

/*
 * Connect to the module; *@pv is for pv_close() in any case.  Returns the exit
 * status; if it is not STATUS_DONE it has said why.
 */
int connect_open(struct pv **pv);

/*
 * The same, having taken hold of the process that @word names, unless it is NULL.  @pidref
 * and *@pv are for pidref_close() and pv_close() in any case.
 */
int connect_about(struct pv **pv, struct pidref *pidref,
		  const struct command *command, const char *word);

/* What the user can do about @err, to be put behind the reason; or "". */
const char *connect_advice(int err);

#endif /* BASE_CONNECT_H */
