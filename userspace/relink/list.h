/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_LIST_H
#define RELINK_LIST_H

#include <stdbool.h>
#include <sys/types.h>

#include "libpathvirt/libpathvirt.h"

/*
 * Print the open files that no name leads to, of the process @pid or, if that is 0, of
 * all; and deleted files that only the kernel holds.  Returns the exit status, and has
 * said why if it is not STATUS_DONE.
 */
int relink_list(struct pv *pv, pid_t pid, bool json);

/* One holder of a file, as JSON. */
struct holder;
void relink_list_holder_json(const struct holder *holder);

#endif /* RELINK_LIST_H */
