// SPDX-License-Identifier: GPL-2.0
/*
 * Back to where it was: the directory that a file lay in, and the name that it had.
 *
 * An open file knows its directory, also when that was removed, and that one the
 * directory above it.  So what is missing is made as it was, and it does not
 * matter who can see the mount.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/files.h"
#include "relink/in_place.h"
#include "relink/mounts.h"

#define DELETED	" (deleted)"

/* A file of O_TMPFILE is called by its number, and lies nowhere. */
static bool never_had_name(const struct unlinked *found)
{
	char name[32];
	const char *slash = strrchr(found->path, '/');

	snprintf(name, sizeof(name), "#%" PRIu64, found->file.inode);
	return slash && !strcmp(slash + 1, name);
}

/* What the kernel puts behind the path of a directory that was removed. */
static void drop_suffix(struct pv *pv, int directory, char *path)
{
	size_t length = strlen(path), tail = strlen(DELETED);
	struct pv_relinked relinked;

	if (length <= tail || strcmp(path + length - tail, DELETED))
		return;
	pv_relink_check(pv, directory, &relinked);
	if (!relinked.named)
		path[length - tail] = '\0';
}

/* The item's file from the root of its mount, without "/" in front; for free(). */
static int place_of(struct relink_context *context, struct item *item, int parent,
		    char **above, char **path)
{
	char *shown, *from_root;
	const char *rest;
	int err = mounts_place(parent, &shown, &from_root);

	if (err)
		return error_errno(&item->error, err);
	drop_suffix(context->pv, parent, shown);
	drop_suffix(context->pv, parent, from_root);
	rest = files_below(item->found->path, shown);
	*above = strdup(from_root + 1);
	/* It may have been moved this very moment. */
	if (!rest || *rest != '/')
		err = error_set(&item->error, -ESTALE,
				"where it lay cannot be told: it is not below %s",
				shown);
	else if (!*above ||
		 asprintf(path, "%s%s%s", *above, **above ? "/" : "",
			  rest + 1) < 0)
		err = error_errno(&item->error, -ENOMEM);
	if (err)
		*path = NULL;
	free(shown);
	free(from_root);
	return err;
}

/*
 * The directory of @path, of which @above is known to be that of @parent.  Usually they
 * are the same; one that was opened again by pvadm reopen may have had more
 * directories between, of which only the names are known.
 */
static int open_directory(struct relink_context *context, struct item *item,
			  const struct manifest_mount *mount, int parent,
			  const char *above, const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEANUP_FREE char *directory = NULL;
	int fd;

	fd = make_dirs_open_like(&context->dirs, mount, item->found->fd, above,
				 parent, &item->error);
	if (fd < 0)
		return fd;
	directory = strndup(path, slash ? slash - path : 0);
	if (!directory)
		return error_errno(&item->error, -ENOMEM);
	fd = make_dirs_open_like(&context->dirs, mount, item->found->fd, directory,
				 MAKE_DIRS_AS_ABOVE, &item->error);
	return fd;
}

/* Whoever made a directory again made it for all that was in it. */
static bool is_there_again(const struct item *item)
{
	struct stat stat;

	return S_ISDIR(item->found->file.mode) &&
	       !fstatat(item->dirfd, item->name, &stat, AT_SYMLINK_NOFOLLOW) &&
	       S_ISDIR(stat.st_mode);
}

static int place_below(struct relink_context *context, struct item *item,
		       const struct manifest_mount *mount, int parent)
{
	CLEANUP_FREE char *above = NULL;
	CLEANUP_FREE char *path = NULL;
	int err = place_of(context, item, parent, &above, &path);
	const char *slash;

	if (!err) {
		slash = strrchr(path, '/');
		item->name = strdup(slash ? slash + 1 : path);
		item->dirfd = open_directory(context, item, mount, parent, above,
					     path);
		err = item->dirfd < 0 ? item->dirfd : 0;
	}
	if (!err && !item->name)
		err = error_errno(&item->error, -ENOMEM);
	if (!err && is_there_again(item))
		item_skip(item, "there is a directory again");
	return err;
}

char *relink_original_directory(struct relink_context *context,
				struct item *item)
{
	CLEANUP_CLOSE int parent = pv_relink_parent(context->pv, item->found->fd);
	CLEANUP_FREE char *above = NULL;
	char *path = NULL, *slash;

	/* The root of a mount lies in none. */
	if (parent < 0)
		return strdup("");
	if (place_of(context, item, parent, &above, &path)) {
		path = strdup("");
	} else {
		slash = strrchr(path, '/');
		*(slash ? slash : path) = '\0';
	}
	return path;
}

int relink_name_in_place(struct relink_context *context, struct item *item,
			 const struct manifest_mount *mount)
{
	CLEANUP_CLOSE int parent = -1;

	if (never_had_name(item->found)) {
		item_skip(item, "it never had a name");
		return 0;
	}
	parent = pv_relink_parent(context->pv, item->found->fd);
	if (parent < 0)
		return error_set(&item->error, parent, "%s",
				  pv_error(context->pv));
	return place_below(context, item, mount, parent);
}
