// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of cgroups.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/command.h"
#include "base/connect.h"
#include "base/message.h"
#include "rules/cgroup.h"
#include "rules/cgroup_new.h"
#include "rules/cgroup_visit.h"
#include "rules/profile.h"

int cgroup_take(const struct command *command, const char **cgroup,
		const char *path)
{
	if (*cgroup)
		return message_usage(command, "more than one cgroup given");
	*cgroup = path;
	return STATUS_DONE;
}

/* Returns a descriptor, or -1 and has said why. */
static int open_cgroup(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		message_failed("cannot open the cgroup %s: %s%s", path,
			       strerror(errno),
			       errno == ENOENT || errno == ENOTDIR ?
				       "; give its directory below /sys/fs/cgroup" :
				       "");
	return fd;
}

static const char *attach_advice(int err)
{
	switch (err) {
	case -ENOENT:
	case -ENOTDIR:
		return "; --late looks it up later";
	case -EBADF:
		return "; it lies below /sys/fs/cgroup, or /sys/fs/cgroup/unified";
	default:
		return connect_advice(err);
	}
}

static bool warn_of_profile(void *rules, pid_t pid)
{
	return profile_warn_process(pid, rules);
}

int cgroup_attach(struct pv *pv, const char *path, const struct pv_rules *rules,
		  unsigned int flags)
{
	int fd = open_cgroup(path), err;

	if (fd < 0)
		return STATUS_FAILED;
	cgroup_visit(fd, warn_of_profile, (void *)rules);
	err = pv_attach_cgroup(pv, fd, rules, flags);
	/* Who says --late expects that it may not be there. */
	if (!err && !(flags & PV_LATE))
		cgroup_new_warn(fd, rules);
	close(fd);
	if (!err)
		return STATUS_DONE;
	return message_failed("cannot attach the cgroup %s: %s%s", path,
			      pv_error(pv), attach_advice(err));
}

int cgroup_detach(struct pv *pv, const char *path)
{
	int fd = open_cgroup(path), err;

	if (fd < 0)
		return STATUS_FAILED;
	err = pv_detach_cgroup(pv, fd);
	close(fd);
	if (!err)
		return STATUS_DONE;
	return message_failed("cannot detach the cgroup %s: %s%s", path,
			      pv_error(pv),
			      err == -ENOENT ?
				      "; \"pvadm show --cgroups\" lists those that have" :
				      connect_advice(err));
}

int cgroup_get(struct pv *pv, const char *path, struct pv_layers **layers)
{
	int fd = open_cgroup(path), err;

	if (fd < 0)
		return STATUS_FAILED;
	err = pv_get_cgroup(pv, fd, layers);
	close(fd);
	if (!err)
		return STATUS_DONE;
	return message_failed("cannot show the cgroup %s: %s%s", path,
			      pv_error(pv), connect_advice(err));
}
