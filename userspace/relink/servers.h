/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_SERVERS_H
#define RELINK_SERVERS_H

#include <stdbool.h>

#include "relink/find_unlinked.h"
#include "relink/mounts.h"

/*
 * Ask the servers of those files of @list that have one, and that @wanted chooses, each
 * once, whether they live, and mark as silent the files of those that do not: nothing is
 * to be asked of them.  It takes some seconds for each that is dead.
 */
void servers_ask(const struct mounts *mounts, struct unlinked_list *list,
		 bool (*wanted)(const struct unlinked *found, const void *arg),
		 const void *arg);

#endif /* RELINK_SERVERS_H */
