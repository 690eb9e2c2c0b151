// SPDX-License-Identifier: GPL-2.0
/*
 * Owner, mode, extended attributes, times and flags, from one file to another.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "relink/attributes.h"

#define NAME_TEXT	64

/* Those of FS_FL_USER_MODIFIABLE that mean the same on each filesystem. */
#define FLAGS	(FS_SECRM_FL | FS_UNRM_FL | FS_COMPR_FL | FS_SYNC_FL | \
		 FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | \
		 FS_NOATIME_FL | FS_NOCOMP_FL | FS_JOURNAL_DATA_FL | \
		 FS_NOTAIL_FL | FS_DIRSYNC_FL | FS_TOPDIR_FL | FS_NOCOW_FL | \
		 FS_PROJINHERIT_FL | FS_CASEFOLD_FL)

/* What a descriptor by O_PATH cannot do, its link in /proc can. */
static void link_of(int fd, char name[NAME_TEXT])
{
	snprintf(name, NAME_TEXT, "/proc/self/fd/%d", fd);
}

/* ---- Owner and mode ---- */

static int copy_owner(int from, int to, bool exact, struct error *error)
{
	struct stat want, have;

	if (fstat(from, &want) || fstat(to, &have))
		return error_errno(error, -errno);
	if ((want.st_uid != have.st_uid || want.st_gid != have.st_gid) &&
	    fchownat(to, "", want.st_uid, want.st_gid, AT_EMPTY_PATH) &&
	    (exact || errno != EPERM))
		return error_set(error, -errno, "cannot set its owner: %s",
				 strerror(errno));
	return 0;
}

/* After the owner, who takes set-user-ID away, and the ACL, which is part of it. */
static int copy_mode(int from, int to, bool exact, struct error *error)
{
	char path[NAME_TEXT];
	struct stat want;

	if (fstat(from, &want))
		return error_errno(error, -errno);
	/* That of a symbolic link is what it is. */
	if (S_ISLNK(want.st_mode))
		return 0;
	link_of(to, path);
	if (chmod(path, want.st_mode & 07777) && (exact || errno != EPERM))
		return error_set(error, -errno, "cannot set its mode: %s",
				 strerror(errno));
	return 0;
}

/* ---- Extended attributes ---- */

/* The names one after the other, for free(); NULL with errno. */
static char *list(const char *path, ssize_t *length)
{
	char *names = NULL, *grown;

	for (;;) {
		*length = listxattr(path, NULL, 0);
		if (*length < 0 && (errno == EOPNOTSUPP || errno == ENODATA))
			*length = 0;
		if (*length < 0)
			break;
		grown = realloc(names, *length + 1);
		if (!grown)
			break;
		names = grown;
		if (!*length)
			return names;
		*length = listxattr(path, names, *length);
		if (*length >= 0)
			return names;
		if (errno != ERANGE)
			break;
	}
	free(names);
	return NULL;
}

static bool is_left_out(int err, bool exact)
{
	return err == ENODATA || (err == EOPNOTSUPP && !exact);
}

static int copy_one(const char *from, const char *to, const char *name,
		    bool exact, struct error *error)
{
	ssize_t length = getxattr(from, name, NULL, 0);
	char *value = length < 0 ? NULL : malloc(length + 1);
	int err = 0;

	if (length >= 0 && value)
		length = getxattr(from, name, value, length);
	else if (length >= 0)
		errno = ENOMEM;
	if (!value || length < 0 || setxattr(to, name, value, length, 0))
		err = errno;
	free(value);
	if (!err || is_left_out(err, exact))
		return 0;
	/* A security module sets its own itself. */
	if ((err == EPERM || err == EINVAL) && !strncmp(name, "security.", 9))
		return 0;
	return error_set(error, -err, "cannot set its attribute %s: %s", name,
			 strerror(err));
}

static int copy_xattrs(int from, int to, bool exact,
		       struct error *error)
{
	char source[NAME_TEXT], target[NAME_TEXT];
	const char *name;
	ssize_t length;
	CLEANUP_FREE char *names = NULL;
	int err = 0;

	link_of(from, source);
	link_of(to, target);
	names = list(source, &length);
	if (!names)
		return error_set(error, -errno,
				 "cannot read its attributes: %s",
				 strerror(errno));
	for (name = names; !err && name < names + length;
	     name += strlen(name) + 1)
		err = copy_one(source, target, name, exact, error);
	return err;
}

int attributes_copy(int from, int to, bool exact, struct error *error)
{
	return copy_owner(from, to, exact, error) ?:
	       copy_xattrs(from, to, exact, error) ?:
	       copy_mode(from, to, exact, error);
}

/* ---- Times and flags ---- */

int attributes_times(int from, int to, struct error *error)
{
	struct stat want;
	struct timespec times[2];

	if (fstat(from, &want))
		return error_errno(error, -errno);
	times[0] = want.st_atim;
	times[1] = want.st_mtim;
	if (utimensat(to, "", times, AT_EMPTY_PATH))
		return error_set(error, -errno, "cannot set its times: %s",
				 strerror(errno));
	return 0;
}

/* Filesystems know different ones: those that are not taken are left out singly. */
static void set_flags(int fd, int want)
{
	int have, flag;

	if (ioctl(fd, FS_IOC_GETFLAGS, &have))
		return;
	want = (have & ~FLAGS) | (want & FLAGS);
	if (want == have || !ioctl(fd, FS_IOC_SETFLAGS, &want))
		return;
	for (flag = 1; flag > 0; flag <<= 1) {
		int one = have | flag;

		if (want & ~have & flag && !ioctl(fd, FS_IOC_SETFLAGS, &one))
			have |= flag;
	}
}

static void copy_flags(int from, int to)
{
	char path[NAME_TEXT];
	int fd, flags;

	link_of(from, path);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!ioctl(fd, FS_IOC_GETFLAGS, &flags))
		set_flags(to, flags);
	close(fd);
}

int attributes_seal(int from, int to, struct error *error)
{
	int err = attributes_times(from, to, error);

	if (!err)
		copy_flags(from, to);
	return err;
}

void attributes_unseal(int fd)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) ||
	    !(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return;
	flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
	ioctl(fd, FS_IOC_SETFLAGS, &flags);
}
