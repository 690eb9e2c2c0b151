// SPDX-License-Identifier: GPL-2.0
/*
 * The namespaces of a process beside ours.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/error.h"
#include "base/message.h"
#include "ns/process.h"

static int find_chains(struct ns_process *of, const struct ns_set *ours)
{
	if (ns_chain_open(&of->users, of->all.fd[NS_USER],
			  &ours->id[NS_USER]))
		return message_out_of_memory();
	if (!of->users.complete)
		return message_failed("process %d is in a user namespace that is not below ours: run pvadm where that was made",
				      of->pidref.pid);
	if (of->all.fd[NS_PID] >= 0 &&
	    ns_chain_open(&of->pids, of->all.fd[NS_PID], &ours->id[NS_PID]))
		return message_out_of_memory();
	return STATUS_DONE;
}

/* Known from here on: who goes into one later cannot fail to know whose it is. */
static int find_levels(struct ns_process *of)
{
	enum ns_kind kind;

	for (kind = 0; kind < NS_KINDS; kind++) {
		if (of->other.fd[kind] < 0)
			continue;
		of->level[kind] = ns_process_level(of, of->other.fd[kind]);
		if (of->level[kind] < 0)
			return message_out_of_memory();
	}
	return STATUS_DONE;
}

int ns_process_find(struct ns_process *of)
{
	CLEANUP(ns_set_close) struct ns_set ours = NS_SET_NONE;
	int status = ns_set_open_self(&ours) ?:
		     ns_set_open(&of->all, &of->pidref) ?:
		     ns_set_open(&of->other, &of->pidref);

	if (status == STATUS_DONE) {
		ns_set_subtract(&of->other, &ours);
		status = find_chains(of, &ours);
	}
	if (status == STATUS_DONE)
		status = find_levels(of);
	return status;
}

void ns_process_close(struct ns_process *of)
{
	ns_chain_close(&of->users);
	ns_chain_close(&of->pids);
	ns_set_close(&of->other);
	ns_set_close(&of->all);
	pidref_close(&of->pidref);
}

int ns_process_level(const struct ns_process *of, int fd)
{
	int owner = ns_owner(fd);
	struct ns_id id;
	size_t i;

	if (owner < 0 && error_is_shortage(errno))
		return -errno;
	id = ns_id_of(owner);
	if (owner >= 0)
		close(owner);
	for (i = 0; i < of->users.count; i++) {
		struct ns_id user = ns_id_of(of->users.fd[i]);

		if (ns_id_equal(&id, &user))
			return i + 1;
	}
	return 0;
}

struct ns_set ns_process_one(const struct ns_process *of, enum ns_kind kind)
{
	struct ns_set set = NS_SET_NONE;

	set.fd[kind] = of->other.fd[kind];
	if (set.fd[kind] >= 0 && of->level[kind] > 0)
		set.fd[NS_USER] = of->users.fd[of->level[kind] - 1];
	return set;
}
