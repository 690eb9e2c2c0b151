// SPDX-License-Identifier: GPL-2.0
/*
 * The manifest in memory.  schema.c says what is in the file.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/array.h"
#include "manifest/manifest.h"

struct manifest_mount *manifest_add_mount(struct manifest *manifest)
{
	return ARRAY_ADD(&manifest->mounts, &manifest->mount_count);
}

struct manifest_place *manifest_add_directory(struct manifest *manifest)
{
	return ARRAY_ADD(&manifest->directories, &manifest->directory_count);
}

struct manifest_file *manifest_add_file(struct manifest *manifest)
{
	return ARRAY_ADD(&manifest->files, &manifest->file_count);
}

struct manifest_skipped *manifest_add_skipped(struct manifest *manifest)
{
	return ARRAY_ADD(&manifest->skipped, &manifest->skipped_count);
}

const struct manifest_mount *manifest_mount(const struct manifest *manifest,
					    uint64_t id)
{
	size_t i;

	for (i = 0; i < manifest->mount_count; i++)
		if (manifest->mounts[i].id == id)
			return &manifest->mounts[i];
	return NULL;
}

const char *manifest_method_name(enum manifest_method method)
{
	static const char * const names[] = {
		[MANIFEST_LINK] = "link",
		[MANIFEST_COPY] = "copy",
		[MANIFEST_MKDIR] = "mkdir",
		[MANIFEST_MKNOD] = "mknod",
		[MANIFEST_SYMLINK] = "symlink",
		[MANIFEST_KEPT] = "kept",
	};

	return method < sizeof(names) / sizeof(*names) ? names[method] : NULL;
}

const char *manifest_type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "link";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	case S_IFBLK:
		return "block";
	case S_IFCHR:
		return "char";
	default:
		return "other";
	}
}

int manifest_inode_of(int fd, struct manifest_inode *inode)
{
	struct statx about;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &about))
		return -errno;
	*inode = (struct manifest_inode){
		.dev_major = about.stx_dev_major,
		.dev_minor = about.stx_dev_minor,
		.inode = about.stx_ino,
	};
	if (about.stx_mask & STATX_BTIME)
		inode->born = about.stx_btime.tv_sec * 1000000000LL +
			      about.stx_btime.tv_nsec;
	return 0;
}

bool manifest_inode_same(const struct manifest_inode *a,
			 const struct manifest_inode *b)
{
	return a->dev_major == b->dev_major && a->dev_minor == b->dev_minor &&
	       a->inode == b->inode && a->born == b->born;
}

void manifest_free_holders(struct manifest_holder *holders, size_t count)
{
	size_t i;

	for (i = 0; holders && i < count; i++)
		free(holders[i].by.path);
	free(holders);
}
