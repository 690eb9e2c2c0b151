// SPDX-License-Identifier: GPL-2.0
/*
 * The kinds of namespaces that there are.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>

#include "ns/kinds.h"

/* Older than some C libraries. */
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x00000080
#endif

const struct ns_kind_info ns_kinds[NS_KINDS] = {
	[NS_USER] = { "user", CLONE_NEWUSER, "user", 'U', "user" },
	[NS_MNT] = { "mnt", CLONE_NEWNS, "mount", 'm', "mount" },
	[NS_PID] = { "pid", CLONE_NEWPID, "pid", 'p', "PID" },
	[NS_UTS] = { "uts", CLONE_NEWUTS, "uts", 'u', "UTS" },
	[NS_IPC] = { "ipc", CLONE_NEWIPC, "ipc", 'i', "IPC" },
	[NS_NET] = { "net", CLONE_NEWNET, "net", 'n', "network" },
	[NS_CGROUP] = { "cgroup", CLONE_NEWCGROUP, "cgroup", 'C', "cgroup" },
	[NS_TIME] = { "time", CLONE_NEWTIME, "time", 'T', "time" },
};

enum ns_kind ns_kind_by_name(const char *name)
{
	enum ns_kind kind;

	for (kind = 0; kind < NS_KINDS; kind++)
		if (!strcmp(name, ns_kinds[kind].name))
			break;
	return kind;
}
