// SPDX-License-Identifier: GPL-2.0
/*
 * Finding what a manifest has made, when its filesystem may be mounted elsewhere, or
 * another part of it may be.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/files.h"
#include "relink/locate.h"

/*
 * struct search - what is under way
 *
 * @was: the mount that it was on
 * @path: from the root of the filesystem
 * @by_fsid: mounts of other devices, too
 */
struct search {
	struct location *location;
	const struct manifest_place *place;
	const struct manifest_mount *was;
	char *path;
	bool by_fsid;
};

/* LOCATED_HERE says more than LOCATED_FOREIGN, and so on. */
static void note(struct location *location, enum located what)
{
	static const int weight[] = {
		[LOCATED_HERE] = 3,
		[LOCATED_FOREIGN] = 2,
		[LOCATED_NOTHING] = 1,
		[LOCATED_NOWHERE] = 0,
	};

	if (weight[what] > weight[location->what])
		location->what = what;
}

static bool same_fsid(const struct manifest_mount *was, int fd)
{
	return was->fsid && fsid_of(fd) == was->fsid;
}

static bool is_it(const struct search *search, int fd,
		  const struct manifest_inode *inode)
{
	const struct manifest_inode *made = &search->place->made;

	return inode->inode == made->inode && inode->born == made->born &&
	       ((inode->dev_major == made->dev_major &&
		 inode->dev_minor == made->dev_minor) ||
		same_fsid(search->was, fd));
}

/*
 * That nothing is there is no news from another filesystem that has got the device
 * number since.  Subvolumes of btrfs have numbers of their own.
 */
static bool is_telling(const struct search *search,
		       const struct manifest_mount *mount, int point)
{
	return !search->was->fsid || same_fsid(search->was, point) ||
	       !strcmp(mount->fstype, "btrfs");
}

/* Returns 0 or a negative errno. */
static int look_at(struct search *search, int dirfd, const char *name)
{
	struct location *location = search->location;
	struct manifest_inode inode;
	CLEANUP_CLOSE int fd = -1;
	int err;

	fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = manifest_inode_of(fd, &inode);
	if (!err && is_it(search, fd, &inode)) {
		note(location, LOCATED_HERE);
		location->inode = inode;
		location->dirfd = dirfd;
	} else if (!err) {
		note(location, LOCATED_FOREIGN);
	}
	return err;
}

/* @below is the path from @point, with "/" in front. */
static void look_below(struct search *search,
		       const struct manifest_mount *mount, int point,
		       const char *below)
{
	char *directory = strdup(below + 1), *slash;
	int dirfd, err;

	if (!directory)
		return;
	slash = strrchr(directory, '/');
	*(slash ? slash : directory) = '\0';
	dirfd = err = files_openat(point, *directory ? directory : ".",
				   O_PATH | O_DIRECTORY,
				   RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
	free(directory);
	if (dirfd >= 0)
		err = look_at(search, dirfd, search->location->name);
	if (err == -ENOENT && is_telling(search, mount, point))
		note(search->location, LOCATED_NOTHING);
	if (dirfd >= 0 && dirfd != search->location->dirfd)
		close(dirfd);
}

static int look_on(const struct seen_mount *seen, void *arg)
{
	struct search *search = arg;
	const struct manifest_mount *mount = &seen->mount;
	const char *below = files_below(search->path, mount->root);
	bool same_device = mount->dev_major == search->was->dev_major &&
			   mount->dev_minor == search->was->dev_minor;
	CLEANUP_CLOSE int point = -1;

	if (same_device == search->by_fsid || !below || *below != '/')
		return 0;
	/* It was there when the names were made; another one need not be alive. */
	if (seen->may_wait && !same_device)
		return 0;
	point = mounts_open(seen);
	if (point >= 0 && (same_device || same_fsid(search->was, point)))
		look_below(search, mount, point, below);
	return search->location->what == LOCATED_HERE;
}

/* By the device first, which all filesystems have. */
static void look_everywhere(struct search *search, const struct mounts *mounts,
			    int (*each)(const struct mounts *mounts,
					mounts_fn fn, void *arg))
{
	search->by_fsid = false;
	if (each(mounts, look_on, search))
		return;
	search->by_fsid = true;
	each(mounts, look_on, search);
}

static char *in_filesystem(const struct manifest_mount *was,
			   const struct manifest_place *place)
{
	bool is_root = !was->root || !strcmp(was->root, "/");
	char *path;

	return asprintf(&path, "%s%s", is_root ? "" : was->root,
			place->from_root) < 0 ? NULL : path;
}

void locate(struct location *location, const struct mounts *mounts,
	    const struct manifest *manifest,
	    const struct manifest_place *place)
{
	struct search search = {
		.location = location,
		.place = place,
		.was = manifest_mount(manifest, place->mount),
	};

	*location = (struct location){
		.what = LOCATED_NOWHERE,
		.dirfd = -1,
		.name = strrchr(place->from_root, '/') + 1,
	};
	search.path = in_filesystem(search.was, place);
	if (!search.path)
		return;
	look_everywhere(&search, mounts, mounts_each);
	if (location->what == LOCATED_NOWHERE)
		look_everywhere(&search, mounts, mounts_each_other);
	free(search.path);
}

void location_close(struct location *location)
{
	if (location->dirfd >= 0)
		close(location->dirfd);
	location->dirfd = -1;
}
