/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_TREE_H
#define NS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ns/set.h"

/*
 * struct ns_node - a namespace, and how it stands to others
 *
 * @owner: the user namespace that owns it, none if the caller may not know
 * @parent: of a user or PID namespace, none as above or at the top
 * @owner_uid: who made a user namespace, as the caller sees it; -1 if unknown
 * @own: the process itself is in it; else it is above one of the process's
 * @pids: the processes in it, @count of them
 */
struct ns_node {
	enum ns_kind kind;
	struct ns_id id, owner, parent;
	int64_t owner_uid;
	bool own;
	pid_t *pids;
	size_t count;
};

/*
 * struct ns_tree - the namespaces of a process and those above them
 *
 * @hidden: how many processes the caller may not look into
 */
struct ns_tree {
	struct ns_node *node;
	size_t count;
	size_t hidden;
};

/* Returns 0 or -errno. */
int ns_tree_build(struct ns_tree *tree, const struct ns_set *set);
void ns_tree_free(struct ns_tree *tree);

#endif /* NS_TREE_H */
