/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIST_UNLINKED_H
#define LIST_UNLINKED_H

#include <libpathvirt.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * Print the open files whose names are gone, of the process @pid or, if that is 0, of
 * all.  Returns the exit status, and has said why if it is not STATUS_DONE.
 */
int list_unlinked(struct pv *pv, pid_t pid, bool json);

#endif /* LIST_UNLINKED_H */
