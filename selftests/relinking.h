/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of relinking share: the ioctl itself, files without a name, and
 * what may become of them.  It does without libpathvirt, so that 32-bit programs
 * can have it.
 */
#ifndef PV_SELFTESTS_RELINKING_H
#define PV_SELFTESTS_RELINKING_H

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/pathvirt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing.h"

#define RELINK_DEVICE	"/dev/" PATHVIRT_DEVICE_NAME

/* What every unlinked file here says. */
#define RELINK_TEXT	"still here"

/* With PV_SELFTEST_SABOTAGE=1 the kernel is not asked; see testing.h. */
static inline int relink_ask(int device, void *relink)
{
	const char *sabotage = getenv("PV_SELFTEST_SABOTAGE");

	if (sabotage && !strcmp(sabotage, "1"))
		return ENOSYS;
	return ioctl(device, PATHVIRT_IOC_RELINK, relink) ? errno : 0;
}

/* 0 or an errno; @relink, which may be NULL, becomes the answer. */
static inline int relink_to(int device, int fd, int dirfd, const char *name,
			    struct pathvirt_relink *relink)
{
	struct pathvirt_relink own;

	if (!relink)
		relink = &own;
	*relink = (struct pathvirt_relink){
		.size = sizeof(*relink),
		.fd = fd,
		.dirfd = dirfd,
		.name = (uintptr_t)name,
	};
	return relink_ask(device, relink);
}

/* The same with a flag that makes no link. */
static inline int relink_flag(int device, int fd, unsigned int flag,
			      struct pathvirt_relink *relink)
{
	struct pathvirt_relink own;

	if (!relink)
		relink = &own;
	*relink = (struct pathvirt_relink){
		.size = sizeof(*relink),
		.flags = flag,
		.fd = fd,
		.dirfd = PATHVIRT_RELINK_NO_DIR,
	};
	return relink_ask(device, relink);
}

/* A descriptor of the default directory, or a negative errno. */
static inline int relink_dir(int device, int fd, struct pathvirt_relink *relink)
{
	struct pathvirt_relink own;
	int err;

	if (!relink)
		relink = &own;
	err = relink_flag(device, fd, PATHVIRT_RELINK_OPEN_DIR, relink);
	return err ? -err : relink->dirfd;
}

/* A descriptor of @fd with the path @name in @dirfd, or a negative errno. */
static inline int relink_open_deleted(int device, int fd, int dirfd,
				      const char *name,
				      struct pathvirt_relink *relink)
{
	struct pathvirt_relink own;
	int err;

	if (!relink)
		relink = &own;
	*relink = (struct pathvirt_relink){
		.size = sizeof(*relink),
		.flags = PATHVIRT_RELINK_OPEN_DELETED,
		.fd = fd,
		.dirfd = dirfd,
		.name = (uintptr_t)name,
	};
	err = relink_ask(device, relink);
	return err ? -err : relink->fd;
}

static inline int relink_device(void)
{
	int device = open(RELINK_DEVICE, O_RDONLY | O_CLOEXEC);

	if (device < 0)
		pvt_die("cannot open %s", RELINK_DEVICE);
	return device;
}

static inline int open_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		pvt_die("cannot open %s", path);
	return fd;
}

/* A regular file that says RELINK_TEXT, open and without a name. */
static inline int unlinked_file(const char *path)
{
	int fd;

	pvt_write(path, RELINK_TEXT, 0640);
	fd = open_path(path, O_RDWR);
	if (unlink(path))
		pvt_die("cannot unlink %s", path);
	return fd;
}

/* May others link the inode, as they may link one of O_TMPFILE? */
static inline int linkable(int fd, int dirfd)
{
	if (linkat(fd, "", dirfd, "oracle", AT_EMPTY_PATH))
		return errno;
	if (unlinkat(dirfd, "oracle", 0))
		pvt_die("cannot unlink the oracle");
	return 0;
}

/* Have all capabilities in force that the running process has, but for some. */
static inline void drop_capabilities(uint64_t drop)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		pvt_die("capget");
	data[0].effective = data[0].permitted & ~(uint32_t)drop;
	data[1].effective = data[1].permitted & ~(uint32_t)(drop >> 32);
	if (syscall(SYS_capset, &header, data))
		pvt_die("capset");
}

#define CAPABILITY(cap)	(1ULL << (cap))

/* What @code, an errno or 0, is in a child of its own. */
#define IN_CHILD(code)							\
	({								\
		pid_t __pid = fork();					\
		int __status;						\
									\
		if (!__pid)						\
			_exit(code);					\
		if (waitpid(__pid, &__status, 0) != __pid)		\
			pvt_die("waitpid");				\
		WIFEXITED(__status) ? WEXITSTATUS(__status) : 255;	\
	})

#endif /* PV_SELFTESTS_RELINKING_H */
