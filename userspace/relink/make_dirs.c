// SPDX-License-Identifier: GPL-2.0
/*
 * The directories that new names are made in.
 *
 * Each level is entered from the one above it, and neither by a link nor into
 * another mount: what is found on the way is not ours.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/pathvirt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/files.h"
#include "relink/attributes.h"
#include "relink/make_dirs.h"
#include "relink/mkdir_like.h"
#include "relink/mounts.h"
#include "relink/where.h"

/* For @like: root's alone. */
#define AS_ROOTS	(-1)

#define OPEN_DIR	(O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static int add_dir(struct make_dirs *dirs, const struct made_dir *dir)
{
	char *path = strdup(dir->path);
	struct made_dir *added = path ? ARRAY_ADD(&dirs->dir, &dirs->count) : NULL;

	if (!added) {
		free(path);
		return -ENOMEM;
	}
	*added = *dir;
	added->path = path;
	return 0;
}

static struct made_dir *find_dir(const struct make_dirs *dirs, uint64_t mount,
				 const char *path)
{
	size_t i;

	for (i = 0; i < dirs->count; i++)
		if (dirs->dir[i].mount == mount &&
		    !strcmp(dirs->dir[i].path, path))
			return &dirs->dir[i];
	return NULL;
}

/* ---- Where a path begins ---- */

static int open_default(const struct make_dirs *dirs, int fd,
			struct error *error)
{
	int dirfd = pv_relink_dir(dirs->pv, fd);

	if (dirfd < 0)
		return error_set(error, dirfd, "%s", pv_error(dirs->pv));
	return dirfd;
}

/* From within it, where the mount cannot be seen from here. */
static int open_root_from_below(const struct make_dirs *dirs, int fd,
				struct error *error)
{
	int below = open_default(dirs, fd, error), root;

	if (below < 0)
		return below;
	root = files_openat(below, "../..", OPEN_DIR, RESOLVE_NO_XDEV);
	close(below);
	if (root == -EXDEV)
		return error_set(error, -EXDEV,
				 "something is mounted over its mount, which leaves only "
				 PATHVIRT_RELINK_DIR);
	return root < 0 ? error_errno(error, root) : root;
}

/* @like is below it, which leads there whoever can see the mount. */
static int open_root(const struct make_dirs *dirs,
		     const struct manifest_mount *mount, int fd, int like,
		     struct error *error)
{
	int root = like >= 0 ? mounts_root(like) : -1;

	if (root >= 0 && mount_of(root) == mount->id)
		return root;
	if (root >= 0)
		close(root);
	root = mount->point ? open(mount->point, OPEN_DIR) : -1;
	if (root >= 0 && mount_of(root) == mount->id)
		return root;
	if (root >= 0)
		close(root);
	return open_root_from_below(dirs, fd, error);
}

/* ---- One level ---- */

static int cannot_enter(struct error *error, int err, int parent,
			const char *name)
{
	char where[PATH_MAX];

	where_is(parent, name, where);
	switch (err) {
	case -EXDEV:
		return error_set(error, err,
				  "something else is mounted on %s", where);
	case -ELOOP:
		return error_set(error, err, "%s is a symbolic link", where);
	case -ENOTDIR:
		return error_set(error, err,
				  "%s is taken by something that is not a directory",
				  where);
	default:
		return error_set(error, err,
				  "cannot make the directory %s: %s", where,
				  strerror(-err));
	}
}

/* -ESTALE if gc has taken it for a left-over before it was locked. */
static int mark_as_ours(const struct make_dirs *dirs, int fd)
{
	struct stat stat;

	if (flock(fd, LOCK_EX) || fstat(fd, &stat))
		return -errno;
	if (!stat.st_nlink)
		return -ESTALE;
	if (!dirs->manifest)
		return 0;
	/* Where it cannot be had, gc will leave the directory alone. */
	if (fsetxattr(fd, MAKE_DIRS_MANIFEST, dirs->manifest,
		      strlen(dirs->manifest), 0) &&
	    errno != EOPNOTSUPP && errno != EPERM)
		return -errno;
	return 0;
}

/* Whatever the umask, a default ACL or the parent's group would have of it. */
static int make_ours(int fd)
{
	struct stat stat;

	if (fstat(fd, &stat))
		return -errno;
	if ((stat.st_uid || stat.st_gid) && fchown(fd, 0, 0))
		return -errno;
	if ((stat.st_mode & 07777) != 0700 && fchmod(fd, 0700) &&
	    errno != EPERM)
		return -errno;
	return 0;
}

static int make_once(const struct make_dirs *dirs, int parent, const char *name,
		     const char *path)
{
	int fd, err;

	if (mkdirat(parent, name, 0700))
		return -errno;
	fd = files_openat(parent, name, OPEN_DIR, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
	err = fd < 0 ? fd : make_ours(fd);
	if (!err && !strcmp(path, dirs->checkpoint))
		err = mark_as_ours(dirs, fd);
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	unlinkat(parent, name, AT_REMOVEDIR);
	return err;
}

static int make_dir(const struct make_dirs *dirs, int parent, const char *name,
		    const char *path)
{
	int fd;

	do {
		fd = make_once(dirs, parent, name, path);
	} while (fd == -ESTALE);
	return fd;
}

static int make_like(struct made_dir *dir, int parent, const char *name,
		     int like, struct error *error)
{
	int fd;

	dir->like = fcntl(like < 0 ? parent : like, F_DUPFD_CLOEXEC, 0);
	if (dir->like < 0)
		return -errno;
	fd = mkdir_like(dir->like, parent, name, error);
	/* Times are its own then, and what it inherits is in place. */
	if (fd < 0 || like < 0) {
		close(dir->like);
		dir->like = -1;
	}
	return fd;
}

/* Opens @dir in its parent, from which @path differs by @name. */
static int enter(struct make_dirs *dirs, struct made_dir *dir, const char *name,
		 int like, struct error *error)
{
	int parent = dirs->dir[dir->parent].fd;
	bool ours = !strcmp(dir->path, dirs->checkpoint);

	dir->fd = ours ? -ENOENT :
			 files_openat(parent, name, OPEN_DIR,
				    RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
	if (dir->fd == -ENOENT) {
		dir->fd = like == AS_ROOTS ?
			  make_dir(dirs, parent, name, dir->path) :
			  make_like(dir, parent, name, like, error);
		dir->made = dir->fd >= 0;
	}
	/* Somebody else was quicker. */
	if (dir->fd == -EEXIST && !ours)
		dir->fd = files_openat(parent, name, OPEN_DIR,
				     RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
	return dir->fd < 0 ? cannot_enter(error, dir->fd, parent, name) : 0;
}

/* The directory above, and its like; then the one that is wanted in it. */
static int open_below_above(struct make_dirs *dirs,
			    const struct manifest_mount *mount, int fd,
			    struct made_dir *dir, int like,
			    struct error *error)
{
	const char *slash = strrchr(dir->path, '/');
	CLEANUP_FREE char *above = strndup(dir->path, slash ? slash - dir->path : 0);
	int up = like, err;

	if (!above)
		return error_errno(error, -ENOMEM);
	if (like >= 0)
		up = openat(like, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (like >= 0 && up < 0)
		up = MAKE_DIRS_AS_ABOVE;
	err = make_dirs_open_like(dirs, mount, fd, above, up, error);
	if (up >= 0)
		close(up);
	if (err >= 0) {
		dir->parent = find_dir(dirs, mount->id, above) - dirs->dir;
		err = enter(dirs, dir, slash ? slash + 1 : dir->path, like,
			    error);
	}
	return err;
}

static int open_level(struct make_dirs *dirs, const struct manifest_mount *mount,
		      int fd, const char *path, int like,
		      struct error *error)
{
	struct made_dir dir = {
		.mount = mount->id,
		.path = (char *)path,
		.like = -1,
	};
	int err;

	if (!*path || (like == AS_ROOTS && !strcmp(path, PATHVIRT_RELINK_DIR))) {
		dir.fd = *path ? open_default(dirs, fd, error) :
				 open_root(dirs, mount, fd, like, error);
		err = dir.fd < 0 ? dir.fd : 0;
	} else {
		err = open_below_above(dirs, mount, fd, &dir, like, error);
	}
	if (err)
		return err;
	err = add_dir(dirs, &dir);
	if (!err)
		return 0;
	close(dir.fd);
	if (dir.like >= 0)
		close(dir.like);
	return error_errno(error, err);
}

int make_dirs_open_like(struct make_dirs *dirs,
			const struct manifest_mount *mount, int fd,
			const char *path, int like, struct error *error)
{
	const struct made_dir *known = find_dir(dirs, mount->id, path);

	if (known)
		return known->fd;
	return open_level(dirs, mount, fd, path, like, error) ?:
	       dirs->dir[dirs->count - 1].fd;
}

int make_dirs_open(struct make_dirs *dirs, const struct manifest_mount *mount,
		   int fd, const char *path, struct error *error)
{
	return make_dirs_open_like(dirs, mount, fd, path, AS_ROOTS, error);
}

/* ---- All of them ---- */

int make_dirs_seal(const struct make_dirs *dirs, struct error *error)
{
	size_t i = dirs->count;
	int err = 0;

	while (i-- && !err)
		if (dirs->dir[i].like >= 0)
			err = attributes_seal(dirs->dir[i].like,
					      dirs->dir[i].fd, error);
	return err;
}

void make_dirs_unseal(const struct make_dirs *dirs)
{
	size_t i;

	for (i = 0; i < dirs->count; i++)
		if (dirs->dir[i].like >= 0)
			attributes_unseal(dirs->dir[i].fd);
}

int make_dirs_sync(const struct make_dirs *dirs, struct error *error)
{
	size_t i;

	for (i = 0; i < dirs->count; i++)
		if (fsync(dirs->dir[i].fd) || syncfs(dirs->dir[i].fd))
			return error_set(error, -errno,
					 "cannot sync the filesystem of %s: %s",
					 dirs->dir[i].path, strerror(errno));
	return 0;
}

static bool is_at(int fd, int parent, const char *name)
{
	struct stat here, there;

	return !fstat(fd, &here) &&
	       !fstatat(parent, name, &there, AT_SYMLINK_NOFOLLOW) &&
	       files_same_stat(&here, &there);
}

void make_dirs_undo(const struct make_dirs *dirs)
{
	size_t i = dirs->count;

	while (i--) {
		const struct made_dir *dir = &dirs->dir[i];
		const char *slash = strrchr(dir->path, '/');
		const char *name = slash ? slash + 1 : dir->path;
		int parent = dirs->dir[dir->parent].fd;

		if (dir->made && is_at(dir->fd, parent, name))
			unlinkat(parent, name, AT_REMOVEDIR);
	}
}

void make_dirs_free(struct make_dirs *dirs)
{
	size_t i;

	for (i = 0; i < dirs->count; i++) {
		close(dirs->dir[i].fd);
		if (dirs->dir[i].like >= 0)
			close(dirs->dir[i].like);
		free(dirs->dir[i].path);
	}
	free(dirs->dir);
	dirs->dir = NULL;
	dirs->count = 0;
}
