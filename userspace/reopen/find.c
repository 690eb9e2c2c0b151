// SPDX-License-Identifier: GPL-2.0
/*
 * Opening the files of a manifest again: where they are.
 *
 * Each is looked for by the path that it was given, which rules may lead elsewhere;
 * then wherever its filesystem is mounted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/connect.h"
#include "base/message.h"
#include "relink/locate.h"
#include "relink/mounts.h"
#include "reopen/reopen.h"

/* Also: was it the working directory? */
static bool wants_file(const struct reopening *reopening,
		       const struct manifest_file *file, bool *is_cwd)
{
	bool wanted = false;
	size_t i;

	*is_cwd = false;
	for (i = 0; i < file->holder_count; i++) {
		const struct manifest_holder *holder = &file->holders[i];

		if (!reopen_wants(reopening, file, holder))
			continue;
		wanted = true;
		*is_cwd |= holder->by.how == HOLD_CWD;
	}
	return wanted;
}

static int cannot(const struct manifest_file *file, const char *path,
		  const char *why)
{
	return message_failed("cannot reopen %s: %s: %s", file->original_path,
			      path, why);
}

/* A device may have another number after a reboot; the filesystem's own stays. */
static bool same_inode(const struct manifest_mount *mount, int fd,
		       const struct manifest_inode *was,
		       const struct manifest_inode *is)
{
	struct manifest_inode renumbered = *is;

	if (mount->fsid && mount->fsid == fsid_of(fd)) {
		renumbered.dev_major = was->dev_major;
		renumbered.dev_minor = was->dev_minor;
	}
	return manifest_inode_same(was, &renumbered);
}

/*
 * Copied to where it is, it can only be of the same type; and not smaller, as the process
 * may have written on before it was copied.
 */
static bool same_copy(const struct manifest_file *file, int fd)
{
	struct stat st;

	return !fstat(fd, &st) && (st.st_mode & S_IFMT) == (file->mode & S_IFMT) &&
	       (!S_ISREG(st.st_mode) || (uint64_t)st.st_size >= file->size);
}

static bool is_it(const struct reopening *reopening,
		  const struct reopened *reopened, int fd)
{
	const struct manifest_file *file = reopened->file;
	bool kept = file->method == MANIFEST_KEPT;
	const struct manifest_mount *mount;

	if (file->moved)
		return same_copy(file, fd);
	mount = manifest_mount(reopening->manifest,
			       kept ? file->mount : file->place.mount);
	return same_inode(mount, fd, kept ? &file->was : &file->place.made,
			  &reopened->inode);
}

/* The name @name in @dirfd, which is to be the file; 0 or a negative errno. */
static int open_file(const struct reopening *reopening,
		     struct reopened *reopened, int dirfd, const char *name)
{
	int fd, err;

	fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = manifest_inode_of(fd, &reopened->inode);
	if (!err && !is_it(reopening, reopened, fd))
		err = -ESTALE;
	if (err)
		close(fd);
	else
		reopened->fd = fd;
	return err;
}

static const char *why_not(const struct manifest_file *file, int err)
{
	if (err != -ESTALE)
		return strerror(-err);
	return file->moved ? "what lies there is of another type, or smaller" :
			     "another file has its name now";
}

static int find_kept(const struct reopening *reopening,
		     struct reopened *reopened)
{
	const char *path = reopened->file->original_path;
	int err = open_file(reopening, reopened, AT_FDCWD, path);

	reopened->shown = true;
	if (!err)
		return STATUS_DONE;
	return cannot(reopened->file, path,
		      why_not(reopened->file, err));
}

/* The directory of @path, and where its last component begins. */
static int open_parent(const char *path, const char **name)
{
	CLEANUP_FREE char *dir = NULL;
	int fd;

	*name = strrchr(path, '/') + 1;
	dir = strndup(path, *name - path);
	if (!dir)
		return -ENOMEM;
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	return fd;
}

/* Returns 0 or a negative errno. */
static int find_by_path(const struct reopening *reopening,
			struct reopened *reopened)
{
	const char *path = reopened->file->place.path;
	int err;

	if (!path)
		return -ENOENT;
	reopened->dirfd = open_parent(path, &reopened->name);
	if (reopened->dirfd < 0)
		return reopened->dirfd;
	err = open_file(reopening, reopened, reopened->dirfd, reopened->name);
	if (err) {
		close(reopened->dirfd);
		reopened->dirfd = -1;
	}
	return err;
}

static int find_elsewhere(const struct reopening *reopening,
			  const struct mounts *mounts,
			  struct reopened *reopened)
{
	static const char * const reasons[] = {
		[LOCATED_HERE] = NULL,
		[LOCATED_NOTHING] = "it is not there any more",
		[LOCATED_FOREIGN] = "another file has its name now",
		[LOCATED_NOWHERE] =
			"its filesystem is not mounted, or out of reach",
	};
	const struct manifest_place *place = &reopened->file->place;
	const char *why;
	struct location location;
	int err;

	locate(&location, mounts, reopening->manifest, place);
	why = reasons[location.what];
	if (!why) {
		reopened->dirfd = location.dirfd;
		reopened->name = location.name;
		err = open_file(reopening, reopened, location.dirfd,
				location.name);
		why = err ? strerror(-err) : NULL;
	}
	if (!why)
		return STATUS_DONE;
	return cannot(reopened->file,
		      place->path ? place->path : place->from_root, why);
}

static int find_reopened(const struct reopening *reopening, const struct mounts *mounts,
			 struct reopened *reopened)
{
	int err;

	if (reopened->file->method == MANIFEST_KEPT)
		return find_kept(reopening, reopened);
	err = find_by_path(reopening, reopened);
	if (err == -EACCES)
		return message_failed("cannot reopen %s: %s: %s%s",
				      reopened->file->original_path,
				      reopened->file->place.path,
				      strerror(-err), connect_advice(err));
	/* By its filesystem we would find what was copied, not the copy. */
	if (err && reopened->file->moved)
		return cannot(reopened->file, reopened->file->place.path,
			      why_not(reopened->file, err));
	return err ? find_elsewhere(reopening, mounts, reopened) : STATUS_DONE;
}

static int find_all(struct reopening *reopening, const struct mounts *mounts)
{
	const struct manifest *manifest = reopening->manifest;
	int status = STATUS_DONE;
	size_t i;

	for (i = 0; i < manifest->file_count && status == STATUS_DONE; i++) {
		struct reopened *reopened = &reopening->files[reopening->count];
		bool is_cwd;

		if (!wants_file(reopening, &manifest->files[i], &is_cwd))
			continue;
		*reopened = (struct reopened){
			.file = &manifest->files[i],
			.dirfd = -1,
			.fd = -1,
			.deleted.dirfd = -1,
		};
		reopening->count++;
		if (is_cwd)
			reopening->cwd = reopened;
		status = find_reopened(reopening, mounts, reopened);
	}
	return status;
}

int reopen_find(struct reopening *reopening)
{
	struct mounts mounts;
	int status, err;

	reopening->files = calloc(reopening->manifest->file_count + 1,
				  sizeof(*reopening->files));
	if (!reopening->files)
		return message_out_of_memory();
	err = mounts_read(&mounts, 0);
	if (err)
		status = message_failed("cannot read the mounts: %s",
					strerror(-err));
	else
		status = find_all(reopening, &mounts);
	mounts_free(&mounts);
	return status;
}
