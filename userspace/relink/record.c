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

#include "base/cleanup.h"
#include "base/command.h"
#include "base/message.h"
#include "relink/fdinfo.h"
#include "relink/record.h"

const struct manifest_mount *relink_mount(struct relink_context *context, int fd)
{
	struct manifest *manifest = &context->relink->manifest;
	const struct manifest_mount *known;
	struct manifest_mount *mount;
	uint64_t id = mount_of(fd);
	int err;

	if (!id)
		return NULL;
	known = manifest_mount(manifest, id);
	if (known)
		return known;
	mount = manifest_add_mount(manifest);
	err = mount ? mounts_describe(&context->mounts, fd, mount) : -ENOMEM;
	if (!err)
		return mount;
	errno = -err;
	return NULL;
}

/* Where @name in @dirfd is; @place->made is set. */
static int fill_place(struct relink_context *context, struct manifest_place *place,
		      int dirfd, const char *name)
{
	const struct manifest_mount *mount = relink_mount(context, dirfd);
	struct manifest_inode inode;
	char *path, *from_root;
	CLEANUP_CLOSE int fd = -1;
	int err;

	if (!mount)
		return -errno;
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
	return 0;
}

static int fill_directories(struct relink_context *context)
{
	size_t i;

	for (i = 0; i < context->dirs.count; i++) {
		const struct made_dir *dir = &context->dirs.dir[i];
		struct manifest_place *place;
		int err;

		if (!dir->made)
			continue;
		place = manifest_add_directory(&context->relink->manifest);
		if (!place)
			return -ENOMEM;
		err = manifest_inode_of(dir->fd, &place->made) ?:
		      fill_place(context, place, dir->fd, "");
		if (err)
			return err;
	}
	return 0;
}

static int fill_file(struct relink_context *context, const struct item *item)
{
	const struct manifest_mount *mount = relink_mount(context, item->found->fd);
	struct manifest_file *file;
	struct stat stat;
	int err;

	if (!mount)
		return -errno;
	file = manifest_add_file(&context->relink->manifest);
	if (!file)
		return -ENOMEM;
	file->method = item->method;
	file->mount = mount->id;
	err = manifest_inode_of(item->found->fd, &file->was);
	if (err)
		return err;
	if (fstat(item->found->fd, &stat))
		return -errno;
	file->mode = stat.st_mode;
	file->uid = stat.st_uid;
	file->gid = stat.st_gid;
	file->links = item->found->file.links;
	file->size = stat.st_size;
	file->original_path = strdup(item->found->path);
	file->holders = fdinfo_of(item->found, &context->next_key);
	file->holder_count = file->holders ? item->found->holder_count : 0;
	if (!file->original_path || !file->holders)
		return -ENOMEM;
	if (item->method == MANIFEST_KEPT)
		return 0;
	file->place.made = item->made;
	return fill_place(context, &file->place, item->dirfd, item->name);
}

static int fill_skipped(struct relink_context *context, const struct item *item)
{
	struct manifest_skipped *skipped =
		manifest_add_skipped(&context->relink->manifest);

	if (!skipped)
		return -ENOMEM;
	skipped->failed = item->state != ITEM_SKIPPED;
	skipped->mode = item->found->file.mode;
	skipped->size = item->found->size;
	skipped->original_path = strdup(item->found->path);
	skipped->reason = strdup(item->error.text);
	skipped->holders = fdinfo_of(item->found, &context->next_key);
	skipped->holder_count = skipped->holders ? item->found->holder_count : 0;
	if (!skipped->original_path || !skipped->reason || !skipped->holders)
		return -ENOMEM;
	if (!item->found->silent)
		return manifest_inode_of(item->found->fd, &skipped->was);
	skipped->was = (struct manifest_inode){
		.dev_major = item->found->file.dev_major,
		.dev_minor = item->found->file.dev_minor,
		.inode = item->found->file.inode,
		.born = item->found->born,
	};
	return 0;
}

int relink_record(struct relink_context *context)
{
	int err = fill_directories(context);
	size_t i;

	for (i = 0; i < context->items.count && !err; i++) {
		const struct item *item = &context->items.item[i];

		err = item->state == ITEM_DONE ? fill_file(context, item) :
					       fill_skipped(context, item);
	}
	return err ? message_failed("cannot note what was relinked: %s",
				    strerror(-err)) : STATUS_DONE;
}
