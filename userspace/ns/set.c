// SPDX-License-Identifier: GPL-2.0
/*
 * Namespaces, held by descriptors of nsfs and asked by its ioctls.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/command.h"
#include "base/error.h"
#include "base/message.h"
#include "ns/set.h"

bool ns_id_equal(const struct ns_id *a, const struct ns_id *b)
{
	return a->device == b->device && a->inode == b->inode;
}

bool ns_id_is_none(const struct ns_id *id)
{
	return !id->inode;
}

/* What cannot be asked just now was opened as one. */
static bool is_namespace(int fd)
{
	return ioctl(fd, NS_GET_NSTYPE) > 0 || error_is_shortage(errno);
}

struct ns_id ns_id_of(int fd)
{
	struct ns_id id = { 0 };
	struct stat st;

	if (fd >= 0 && is_namespace(fd) && !fstat(fd, &st)) {
		id.device = st.st_dev;
		id.inode = st.st_ino;
	}
	return id;
}

int ns_owner(int fd)
{
	return ioctl(fd, NS_GET_USERNS);
}

int ns_parent(int fd)
{
	return ioctl(fd, NS_GET_PARENT);
}

int64_t ns_owner_uid(int fd)
{
	uid_t uid;

	return ioctl(fd, NS_GET_OWNER_UID, &uid) ? -1 : (int64_t)uid;
}

/* ---- Those of a process ---- */

void ns_set_close(struct ns_set *set)
{
	enum ns_kind kind;

	for (kind = 0; kind < NS_KINDS; kind++) {
		if (set->fd[kind] >= 0)
			close(set->fd[kind]);
		set->fd[kind] = -1;
		set->id[kind] = (struct ns_id){ 0 };
	}
}

/* A kernel may be built without a kind: that is -ENOENT. */
static int open_one(struct ns_set *set, const char *who, enum ns_kind kind)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/ns/%s", who,
		 ns_kinds[kind].name);
	set->fd[kind] = open(path, O_RDONLY | O_CLOEXEC);
	if (set->fd[kind] < 0)
		return -errno;
	set->id[kind] = ns_id_of(set->fd[kind]);
	return 0;
}

static int open_all(struct ns_set *set, const char *who)
{
	enum ns_kind kind;
	int err = 0;

	*set = (struct ns_set)NS_SET_NONE;
	for (kind = 0; kind < NS_KINDS && !err; kind++) {
		err = open_one(set, who, kind);
		if (err == -ENOENT && kind != NS_USER && kind != NS_MNT)
			err = 0;
	}
	if (err)
		ns_set_close(set);
	return err;
}

static int explain(pid_t pid, int err)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		return message_failed("cannot look at the namespaces of process %d: run pvadm as root or as the owner of its user namespace",
				      pid);
	case -ESRCH:
	case -ENOENT:
		return message_failed("process %d has ended: its namespaces are gone unless they were pinned",
				      pid);
	default:
		return message_failed("cannot open the namespaces of process %d: %s",
				      pid, strerror(-err));
	}
}

int ns_set_open(struct ns_set *set, const struct pidref *pidref)
{
	char who[16];
	int err;

	snprintf(who, sizeof(who), "%d", pidref->pid);
	err = open_all(set, who);
	if (!pidref_lives(pidref)) {
		ns_set_close(set);
		err = -ESRCH;
	}
	return err ? explain(pidref->pid, err) : STATUS_DONE;
}

int ns_set_open_self(struct ns_set *set)
{
	int err = open_all(set, "self");

	if (err)
		return message_failed("cannot open our own namespaces: %s: is /proc mounted?",
				      strerror(-err));
	return STATUS_DONE;
}

void ns_set_subtract(struct ns_set *set, const struct ns_set *other)
{
	enum ns_kind kind;

	for (kind = 0; kind < NS_KINDS; kind++) {
		if (set->fd[kind] < 0 ||
		    !ns_id_equal(&set->id[kind], &other->id[kind]))
			continue;
		close(set->fd[kind]);
		set->fd[kind] = -1;
	}
}

/* ---- Chains ---- */

static int prepend(struct ns_chain *chain, int fd)
{
	int *larger = reallocarray(chain->fd, chain->count + 1, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	chain->fd = larger;
	memmove(larger + 1, larger, chain->count * sizeof(*larger));
	larger[0] = fd;
	chain->count++;
	return 0;
}

int ns_chain_open(struct ns_chain *chain, int fd, const struct ns_id *end)
{
	struct ns_id id;
	int at = fcntl(fd, F_DUPFD_CLOEXEC, 0), err = 0;

	*chain = (struct ns_chain){ 0 };
	while (!err && at >= 0) {
		id = ns_id_of(at);
		if (ns_id_equal(&id, end)) {
			chain->complete = true;
			close(at);
			break;
		}
		err = prepend(chain, at);
		if (err)
			close(at);
		else
			at = ns_parent(at);
	}
	/* Who may not know of the next one ends there. */
	if (!err && !chain->complete && error_is_shortage(errno))
		err = -errno;
	if (err)
		ns_chain_close(chain);
	return err;
}

void ns_chain_close(struct ns_chain *chain)
{
	while (chain->count)
		close(chain->fd[--chain->count]);
	free(chain->fd);
	*chain = (struct ns_chain){ 0 };
}
