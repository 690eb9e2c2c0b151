// SPDX-License-Identifier: GPL-2.0
/*
 * What namespaces stand to one another, and who is in them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/procfs.h"
#include "ns/tree.h"

/* ---- The namespaces ---- */

static struct ns_id take_id(int fd)
{
	struct ns_id id = ns_id_of(fd);

	if (fd >= 0)
		close(fd);
	return id;
}

static int add_node(struct ns_tree *tree, enum ns_kind kind, int fd, bool own)
{
	struct ns_node *node = ARRAY_ADD(&tree->node, &tree->count);

	if (!node)
		return -ENOMEM;
	*node = (struct ns_node){
		.kind = kind,
		.id = ns_id_of(fd),
		.owner = take_id(ns_owner(fd)),
		.parent = take_id(ns_parent(fd)),
		.owner_uid = kind == NS_USER ? ns_owner_uid(fd) : -1,
		.own = own,
	};
	return 0;
}

/* With all above it that the caller may know of. */
static int add_chain(struct ns_tree *tree, enum ns_kind kind, int fd)
{
	const struct ns_id top = { 0 };
	CLEANUP(ns_chain_close) struct ns_chain chain;
	int err = ns_chain_open(&chain, fd, &top);
	size_t i;

	for (i = 0; i < chain.count && !err; i++)
		err = add_node(tree, kind, chain.fd[i], i == chain.count - 1);
	return err;
}

static int add_all(struct ns_tree *tree, const struct ns_set *set)
{
	enum ns_kind kind;
	int err = 0;

	for (kind = 0; kind < NS_KINDS && !err; kind++) {
		if (set->fd[kind] < 0)
			continue;
		if (kind == NS_USER || kind == NS_PID)
			err = add_chain(tree, kind, set->fd[kind]);
		else
			err = add_node(tree, kind, set->fd[kind], true);
	}
	return err;
}

/* ---- The processes ---- */

static int add_pid(struct ns_node *node, pid_t pid)
{
	pid_t *added = ARRAY_ADD(&node->pids, &node->count);

	if (!added)
		return -ENOMEM;
	*added = pid;
	return 0;
}

/* What the link of process @pid says: "mnt:[4026531841]"; 0 if nothing. */
static uint64_t inode_of(pid_t pid, enum ns_kind kind)
{
	char path[64], link[64];
	uint64_t inode;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid,
		 ns_kinds[kind].name);
	length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		return 0;
	link[length] = '\0';
	return sscanf(link, "%*[^[][%" SCNu64, &inode) == 1 ? inode : 0;
}

/* @arg: struct ns_tree */
static int add_process(pid_t pid, void *arg)
{
	struct ns_tree *tree = arg;
	uint64_t inode[NS_KINDS];
	enum ns_kind kind;
	size_t i;
	int err = 0;

	for (kind = 0; kind < NS_KINDS; kind++)
		inode[kind] = inode_of(pid, kind);
	tree->hidden += !inode[NS_USER] && errno == EACCES;
	for (i = 0; i < tree->count && !err; i++)
		if (inode[tree->node[i].kind] == tree->node[i].id.inode)
			err = add_pid(&tree->node[i], pid);
	return err;
}

int ns_tree_build(struct ns_tree *tree, const struct ns_set *set)
{
	*tree = (struct ns_tree){ 0 };
	return add_all(tree, set) ?: procfs_processes(add_process, tree);
}

void ns_tree_free(struct ns_tree *tree)
{
	size_t i;

	for (i = 0; i < tree->count; i++)
		free(tree->node[i].pids);
	free(tree->node);
	*tree = (struct ns_tree){ 0 };
}
