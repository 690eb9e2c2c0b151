/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_MOUNTS_H
#define RELINK_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "manifest/manifest.h"

struct libmnt_table;

/* struct other_mounts - those of another mount namespace, its inode number, and who is there */
struct other_mounts {
	struct libmnt_table *table;
	ino_t namespace;
	pid_t pid;
};

/*
 * struct mounts - the mounts that can be looked up
 *
 * @own: those of pvadm's own mount namespace
 * @others: those of @count other ones
 */
struct mounts {
	struct libmnt_table *own;
	struct other_mounts *others;
	size_t count;
};

/*
 * struct seen_mount - a mount, and who sees it
 *
 * @mount: what mountinfo has of it; its @fsid is 0
 * @pid: the process from whose root directory @mount.point leads there; 0: from ours
 * @may_wait: to look there, or to get there, may be to wait for a server that is dead
 */
struct seen_mount {
	struct manifest_mount mount;
	pid_t pid;
	bool may_wait;
};

/*
 * Read the mounts of pvadm's namespace and, if @pid is not 0, those of the process's;
 * mounts_add() adds those of one more.  Both return 0 or a negative errno;
 * mounts_free() is to be called in either case.
 */
int mounts_read(struct mounts *mounts, pid_t pid);
int mounts_add(struct mounts *mounts, pid_t pid);
void mounts_free(struct mounts *mounts);

/*
 * Those of the namespaces of all processes that can be looked into.  Returns 0 or a
 * negative errno.
 */
int mounts_add_all(struct mounts *mounts);

/*
 * Describe the mount that @fd was opened through, in @mount, which is all 0.  That
 * it is found nowhere is not a failure.  Returns 0 or a negative errno.
 */
int mounts_describe(const struct mounts *mounts, int fd,
		    struct manifest_mount *mount);

/* The ID of the mount that @fd was opened through; 0, with errno, if it cannot be told. */
uint64_t mount_of(int fd);

/* statfs()'s number of the filesystem that @fd lies on; 0 if it has none. */
uint64_t fsid_of(int fd);

/*
 * Where the directory @fd is: as the kernel shows it to us in @path, and from the
 * root of its mount in @from_root.  Both for free(), NULL on failure.  Returns 0 or a
 * negative errno.
 */
int mounts_place(int fd, char **path, char **from_root);

/*
 * A descriptor, for reading, of the root of the mount that the directory @fd is on: it
 * is found from there, so it need not be in sight.  Or a negative errno; where
 * something is mounted on the way, a directory of another mount.
 */
int mounts_root(int fd);

/*
 * Calls @fn for each mount of our own namespace, or of the others, but those of autofs, as
 * to look there would be to mount something, until it returns other than 0, and returns
 * that.  The strings of @seen live until mounts_free().
 */
typedef int (*mounts_fn)(const struct seen_mount *seen, void *arg);
int mounts_each(const struct mounts *mounts, mounts_fn fn, void *arg);
int mounts_each_other(const struct mounts *mounts, mounts_fn fn, void *arg);

/*
 * The root directory of @seen, by O_PATH; or a negative errno, -ESTALE where something is
 * mounted over it.
 */
int mounts_open(const struct seen_mount *seen);

/* Is any filesystem of that device mounted, in any of the namespaces? */
bool mounts_have_device(const struct mounts *mounts, uint32_t dev_major,
			uint32_t dev_minor);

/* Would whoever looks at the absolute @path have to wait for a server that is dead? */
bool mounts_path_may_wait(const struct mounts *mounts, const char *path);

/* The same of what @fd lies on; true also where that is not known. */
bool mounts_fd_may_wait(const struct mounts *mounts, int fd);

/* Where the mount is, for us, that @fd was opened through; NULL if it is not in sight. */
const char *mounts_point_of(const struct mounts *mounts, int fd);

#endif /* RELINK_MOUNTS_H */
