// SPDX-License-Identifier: GPL-2.0
/*
 * From what was done to the manifest.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/command.h"
#include "base/message.h"
#include "relink/context.h"
#include "relink/fdinfo.h"

const struct manifest_mount *work_mount(struct work *work, int fd)
{
	struct manifest *manifest = &work->relink->manifest;
	const struct manifest_mount *known;
	struct manifest_mount *mount;

	known = manifest_mount(manifest, mount_of(fd));
	if (known)
		return known;
	mount = manifest_add_mount(manifest);
	if (!mount || mounts_describe(&work->mounts, fd, mount))
		return NULL;
	return mount;
}

/* Where @name in @dirfd is; @place->made is set. */
static int fill_place(struct work *work, struct manifest_place *place,
		      int dirfd, const char *name)
{
	const struct manifest_mount *mount = work_mount(work, dirfd);
	struct manifest_inode inode;
	char *path, *from_root;
	int err, fd;

	if (!mount)
		return -ENOMEM;
	place->mount = mount->id;
	err = mounts_place(dirfd, &path, &from_root);
	if (err)
		return err;
	if (asprintf(&place->from_root, "%s%s%s",
		     strcmp(from_root, "/") ? from_root : "",
		     *name ? "/" : "", name) < 0)
		place->from_root = NULL;
	if (asprintf(&place->path, "%s%s%s", strcmp(path, "/") ? path : "",
		     *name ? "/" : "", name) < 0)
		place->path = NULL;
	free(path);
	free(from_root);
	if (!place->from_root || !place->path)
		return -ENOMEM;
	/* It may not be in sight, or something may be mounted over it. */
	fd = open(place->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || manifest_inode_of(fd, &inode) ||
	    !manifest_inode_same(&inode, &place->made)) {
		free(place->path);
		place->path = NULL;
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

static int fill_directories(struct work *work)
{
	size_t i;

	for (i = 0; i < work->dirs.count; i++) {
		const struct new_dir *dir = &work->dirs.dir[i];
		struct manifest_place *place;
		int err;

		if (!dir->made)
			continue;
		place = manifest_add_directory(&work->relink->manifest);
		if (!place)
			return -ENOMEM;
		err = manifest_inode_of(dir->fd, &place->made);
		if (!err)
			err = fill_place(work, place, dir->fd, "");
		if (err)
			return err;
	}
	return 0;
}

static int fill_file(struct work *work, const struct job *job)
{
	const struct manifest_mount *mount = work_mount(work, job->found->fd);
	struct manifest_file *file =
		manifest_add_file(&work->relink->manifest);
	struct stat stat;
	int err;

	if (!file || !mount)
		return -ENOMEM;
	file->method = job->method;
	file->mount = mount->id;
	err = manifest_inode_of(job->found->fd, &file->was);
	if (err)
		return err;
	if (fstat(job->found->fd, &stat))
		return -errno;
	file->mode = stat.st_mode;
	file->uid = stat.st_uid;
	file->gid = stat.st_gid;
	file->links = job->found->file.links;
	file->size = stat.st_size;
	file->original_path = strdup(job->found->path);
	file->holders = details_of(job->found, &work->next_key);
	file->holder_count = file->holders ? job->found->holder_count : 0;
	if (!file->original_path || !file->holders)
		return -ENOMEM;
	if (job->method == MANIFEST_KEPT)
		return 0;
	file->place.made = job->made;
	return fill_place(work, &file->place, job->dirfd, job->name);
}

static int fill_skipped(struct work *work, const struct job *job)
{
	struct manifest_skipped *skipped =
		manifest_add_skipped(&work->relink->manifest);

	if (!skipped)
		return -ENOMEM;
	skipped->failed = job->state != JOB_SKIPPED;
	skipped->mode = job->found->file.mode;
	skipped->size = job->found->size;
	skipped->original_path = strdup(job->found->path);
	skipped->reason = strdup(job->reason.text);
	skipped->holders = details_of(job->found, &work->next_key);
	skipped->holder_count = skipped->holders ? job->found->holder_count : 0;
	if (!skipped->original_path || !skipped->reason || !skipped->holders)
		return -ENOMEM;
	return manifest_inode_of(job->found->fd, &skipped->was);
}

int work_note(struct work *work)
{
	int err = fill_directories(work);
	size_t i;

	for (i = 0; i < work->jobs.count && !err; i++) {
		const struct job *job = &work->jobs.job[i];

		err = job->state == JOB_DONE ? fill_file(work, job) :
					       fill_skipped(work, job);
	}
	return err ? message_failed("cannot note what was relinked: %s",
				    strerror(-err)) : STATUS_DONE;
}
