// SPDX-License-Identifier: GPL-2.0
/*
 * Mounts, as the kernel numbers them and mountinfo describes them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/files.h"
#include "base/procfs.h"
#include "relink/mounts.h"

#define DELETED		" (deleted)"

static int namespace_of(const char *process, ino_t *namespace)
{
	struct stat stat_;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", process);
	if (stat(path, &stat_))
		return -errno;
	*namespace = stat_.st_ino;
	return 0;
}

static bool is_known(const struct mounts *mounts, ino_t namespace)
{
	ino_t own = 0;
	size_t i;

	for (i = 0; i < mounts->count; i++)
		if (mounts->others[i].namespace == namespace)
			return true;
	return !namespace_of("self", &own) && own == namespace;
}

int mounts_add(struct mounts *mounts, pid_t pid)
{
	struct other_mounts other = { .pid = pid }, *added;
	char process[16], path[64];
	int err;

	snprintf(process, sizeof(process), "%d", pid);
	err = namespace_of(process, &other.namespace);
	if (err || is_known(mounts, other.namespace))
		return err;
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	other.table = mnt_new_table_from_file(path);
	if (!other.table)
		return errno ? -errno : -ENOMEM;
	added = ARRAY_ADD(&mounts->others, &mounts->count);
	if (!added) {
		mnt_unref_table(other.table);
		return -ENOMEM;
	}
	*added = other;
	return 0;
}

int mounts_read(struct mounts *mounts, pid_t pid)
{
	*mounts = (struct mounts){ 0 };
	mounts->own = mnt_new_table_from_file("/proc/self/mountinfo");
	if (!mounts->own)
		return errno ? -errno : -ENOMEM;
	return pid ? mounts_add(mounts, pid) : 0;
}

/* Some have ended, or are not ours to look into. */
static int add_if_possible(pid_t pid, void *mounts)
{
	return mounts_add(mounts, pid) == -ENOMEM ? -ENOMEM : 0;
}

int mounts_add_all(struct mounts *mounts)
{
	return procfs_processes(add_if_possible, mounts);
}

void mounts_free(struct mounts *mounts)
{
	size_t i;

	for (i = 0; i < mounts->count; i++)
		mnt_unref_table(mounts->others[i].table);
	mnt_unref_table(mounts->own);
	free(mounts->others);
	*mounts = (struct mounts){ 0 };
}

uint64_t mount_of(int fd)
{
	struct statx about;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID,
		  &about))
		return 0;
	if (about.stx_mask & STATX_MNT_ID)
		return about.stx_mnt_id;
	errno = EOPNOTSUPP;
	return 0;
}

uint64_t fsid_of(int fd)
{
	struct statfs about;
	uint64_t fsid;

	_Static_assert(sizeof(about.f_fsid) == sizeof(fsid), "fsid_t");
	if (fstatfs(fd, &about))
		return 0;
	memcpy(&fsid, &about.f_fsid, sizeof(fsid));
	return fsid;
}

static struct libmnt_fs *find_mount(struct libmnt_table *table, uint64_t id)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_BACKWARD);
	struct libmnt_fs *fs, *found = NULL;

	while (iter && !found && !mnt_table_next_fs(table, iter, &fs))
		if ((uint64_t)mnt_fs_get_id(fs) == id)
			found = fs;
	mnt_free_iter(iter);
	return found;
}

static int copy_string(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

int mounts_describe(const struct mounts *mounts, int fd,
		    struct manifest_mount *mount)
{
	struct libmnt_fs *fs;
	struct stat stat;
	size_t i;

	if (fstat(fd, &stat))
		return -errno;
	/* Where these are not known, nobody finds it again. */
	mount->id = mount_of(fd);
	if (!mount->id)
		return -errno;
	errno = 0;
	mount->fsid = fsid_of(fd);
	if (!mount->fsid && errno)
		return -errno;
	mount->dev_major = major(stat.st_dev);
	mount->dev_minor = minor(stat.st_dev);
	fs = find_mount(mounts->own, mount->id);
	for (i = 0; !fs && i < mounts->count; i++)
		fs = find_mount(mounts->others[i].table, mount->id);
	if (!fs)
		return 0;
	mount->dev_major = major(mnt_fs_get_devno(fs));
	mount->dev_minor = minor(mnt_fs_get_devno(fs));
	return copy_string(&mount->point, mnt_fs_get_target(fs)) ?:
	       copy_string(&mount->root, mnt_fs_get_root(fs)) ?:
	       copy_string(&mount->source, mnt_fs_get_source(fs)) ?:
	       copy_string(&mount->fstype, mnt_fs_get_fstype(fs));
}

/* -1 if it cannot be told. */
static int is_mount_root(int fd)
{
	struct statx about;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &about) ||
	    !(about.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
		return -1;
	return !!(about.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/*
 * Climbs from the directory @fd to the root of its mount.  Returns a descriptor of it by
 * O_PATH and how many levels that was, or a negative errno.  Where something is mounted
 * over that root, we end up there: on another mount.
 */
static int climb(int fd, int *levels)
{
	uint64_t mount = mount_of(fd), here = mount;
	int at = mount ? dup(fd) : -1, root, err;

	for (*levels = 0; at >= 0; ++*levels) {
		int above;

		root = is_mount_root(at);
		here = mount_of(at);
		if (root || here != mount)
			break;
		above = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		err = errno;
		close(at);
		at = above;
		errno = err;
	}
	if (at < 0)
		return -errno;
	if (root >= 0 && here)
		return at;
	close(at);
	return -EOPNOTSUPP;
}

static int depth_of(int fd)
{
	int depth;
	CLEANUP_CLOSE int root = climb(fd, &depth);

	if (root < 0)
		return root;
	return depth;
}

int mounts_root(int fd)
{
	int levels, reading;
	CLEANUP_CLOSE int root = climb(fd, &levels);

	if (root < 0)
		return root;
	reading = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (reading < 0)
		reading = -errno;
	return reading;
}

/* The last @count components of @path, with "/" in front of each. */
static const char *last_components(const char *path, int count)
{
	const char *at = path + strlen(path);

	while (count && at > path)
		count -= *--at == '/';
	return at;
}

/*
 * mountinfo is spelled from the root of the process that it is of, and may lack the
 * mount at all; so it is counted how far up its root is.
 */
int mounts_place(int fd, char **path, char **from_root)
{
	char link[PATH_MAX + sizeof(DELETED)], name[64];
	int depth = depth_of(fd);
	ssize_t length;

	*path = *from_root = NULL;
	if (depth < 0)
		return depth;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	length = readlink(name, link, sizeof(link) - 1);
	if (length < 0)
		return -errno;
	link[length] = '\0';
	*path = strdup(link);
	*from_root = strdup(depth ? last_components(link, depth) : "/");
	if (*path && *from_root)
		return 0;
	free(*path);
	free(*from_root);
	*path = *from_root = NULL;
	return -ENOMEM;
}

/* Filesystems that libmount does not take for one of the network. */
static bool has_server(struct libmnt_fs *fs)
{
	static const char * const others[] = {
		"9p", "afs", "beegfs", "ceph", "gfs2", "glusterfs", "gpfs",
		"lustre", "ocfs2", "orangefs", "vboxsf", "virtiofs",
	};
	const char *type = mnt_fs_get_fstype(fs);
	size_t i;

	/* "fuseblk" and "fuse.sshfs", too. */
	if (!strncmp(type, "fuse", strlen("fuse")) && strcmp(type, "fusectl"))
		return true;
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!strcmp(type, others[i]))
			return true;
	return mnt_fs_is_netfs(fs);
}

/*
 * Its own server, or those of the mounts on the way to it.  That of the root directory
 * lives: we have come from there.
 */
static bool may_wait(struct libmnt_table *table, struct libmnt_fs *fs)
{
	bool waits = has_server(fs);

	while (!waits && strcmp(mnt_fs_get_target(fs), "/")) {
		fs = find_mount(table, mnt_fs_get_parent_id(fs));
		if (!fs)
			break;
		waits = strcmp(mnt_fs_get_target(fs), "/") && has_server(fs);
	}
	return waits;
}

static int each(struct libmnt_table *table, pid_t pid, mounts_fn fn, void *arg)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_BACKWARD);
	struct libmnt_fs *fs;
	int result = 0;

	if (!iter)
		return -ENOMEM;
	while (!result && !mnt_table_next_fs(table, iter, &fs)) {
		struct seen_mount seen = {
			.mount.id = mnt_fs_get_id(fs),
			.mount.point = (char *)mnt_fs_get_target(fs),
			.mount.root = (char *)mnt_fs_get_root(fs),
			.mount.source = (char *)mnt_fs_get_source(fs),
			.mount.fstype = (char *)mnt_fs_get_fstype(fs),
			.mount.dev_major = major(mnt_fs_get_devno(fs)),
			.mount.dev_minor = minor(mnt_fs_get_devno(fs)),
			.pid = pid,
			.may_wait = may_wait(table, fs),
		};

		if (strcmp(seen.mount.fstype, "autofs"))
			result = fn(&seen, arg);
	}
	mnt_free_iter(iter);
	return result;
}

int mounts_each(const struct mounts *mounts, mounts_fn fn, void *arg)
{
	return each(mounts->own, 0, fn, arg);
}

int mounts_each_other(const struct mounts *mounts, mounts_fn fn, void *arg)
{
	int result = 0;
	size_t i;

	for (i = 0; i < mounts->count && !result; i++)
		result = each(mounts->others[i].table, mounts->others[i].pid, fn, arg);
	return result;
}

/* As the process sees it, without becoming one of its namespace. */
static int open_from(pid_t pid, const char *path)
{
	char name[64];
	CLEANUP_CLOSE int root = -1;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/root", pid);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	fd = files_openat(root, path, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT);
	return fd;
}

int mounts_open(const struct seen_mount *seen)
{
	int fd;

	if (seen->pid)
		fd = open_from(seen->pid, seen->mount.point);
	else
		fd = open(seen->mount.point, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return seen->pid ? fd : -errno;
	if (mount_of(fd) == seen->mount.id)
		return fd;
	close(fd);
	return -ESTALE;
}

static int is_device(const struct seen_mount *seen, void *arg)
{
	const dev_t *device = arg;

	return seen->mount.dev_major == major(*device) &&
	       seen->mount.dev_minor == minor(*device);
}

bool mounts_have_device(const struct mounts *mounts, uint32_t dev_major,
			uint32_t dev_minor)
{
	dev_t device = makedev(dev_major, dev_minor);

	return mounts_each(mounts, is_device, &device) > 0 ||
	       mounts_each_other(mounts, is_device, &device) > 0;
}

bool mounts_path_may_wait(const struct mounts *mounts, const char *path)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs, *innermost = NULL;
	size_t length = 0;

	while (iter && !mnt_table_next_fs(mounts->own, iter, &fs)) {
		const char *point = mnt_fs_get_target(fs);

		/* Of several at one place the last one is seen. */
		if (strlen(point) >= length && files_below(path, point)) {
			length = strlen(point);
			innermost = fs;
		}
	}
	mnt_free_iter(iter);
	return innermost && may_wait(mounts->own, innermost);
}

bool mounts_fd_may_wait(const struct mounts *mounts, int fd)
{
	uint64_t id = mount_of(fd);
	struct libmnt_fs *fs = find_mount(mounts->own, id);
	size_t i;

	if (fs)
		return may_wait(mounts->own, fs);
	for (i = 0; i < mounts->count; i++) {
		fs = find_mount(mounts->others[i].table, id);
		if (fs)
			return may_wait(mounts->others[i].table, fs);
	}
	return true;
}

const char *mounts_point_of(const struct mounts *mounts, int fd)
{
	struct libmnt_fs *fs = find_mount(mounts->own, mount_of(fd));

	return fs ? mnt_fs_get_target(fs) : NULL;
}
