// SPDX-License-Identifier: GPL-2.0
/*
 * Where new names go: the user's place, a template, or a directory that is made again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "relink/in_place.h"
#include "relink/name.h"
#include "relink/name_template.h"
#include "relink/record.h"

static int place_at_users(struct relink_context *context, struct item *item,
			  const struct manifest_mount *mount)
{
	struct user_path *to = &context->user_path;
	struct stat here, there;
	int err;

	err = user_path_open(to, context->relink->to, &context->mounts, mount,
			     &context->relink->pidref, &item->error);
	if (err)
		return err;
	item->dirfd = to->dirfd;
	item->name = strdup(to->name);
	if (!item->name)
		return error_errno(&item->error, -ENOMEM);
	if (to->same_mount || context->relink->copy)
		return 0;
	if (fstat(item->found->fd, &here) || fstat(to->dirfd, &there))
		return error_errno(&item->error, -errno);
	return error_set(&item->error, -EXDEV,
			 "%s is on another %s than the file, to which no link leads",
			 context->relink->to, here.st_dev == there.st_dev ?
			 "mount" : "filesystem");
}

/* By the template; @path becomes "DIRECTORY/NAME". */
static char *expand(struct relink_context *context, struct item *item,
		    const char *template)
{
	char held[HOLD_TEXT], *path;
	struct name_template_values values = {
		.id = context->relink->manifest.id,
		.ktime = context->ktime,
		.number = ++context->numbered,
		.pid = context->relink->pidref.pid,
		.held = holder_text(item->found->holders, held),
		.original_path = item->found->path,
	};

	char *directory = strstr(template, "%d") ?
			  relink_original_directory(context, item) : NULL;

	values.directory = directory ? directory : "";
	path = name_template_expand(template, &values);
	free(directory);
	return path;
}

static int place_by_template(struct relink_context *context, struct item *item,
			     const struct manifest_mount *mount,
			     const char *template)
{
	CLEANUP_FREE char *path = expand(context, item, template);
	char *slash;

	if (!path)
		return error_errno(&item->error, -ENOMEM);
	slash = strrchr(path, '/');
	item->name = strdup(slash ? slash + 1 : path);
	if (slash)
		*slash = '\0';
	else
		*path = '\0';
	item->dirfd = item->name ? make_dirs_open(&context->dirs, mount,
						  item->found->fd, path,
						  &item->error) : -ENOMEM;
	return item->dirfd < 0 ? item->dirfd : 0;
}

/* In a directory that is made again itself, by the name that it had. */
static int place_inside(struct relink_context *context, struct item *item)
{
	const char *slash = strrchr(item->found->path, '/');
	const char *name = slash ? slash + 1 : item->found->path;

	item->dirfd = item->inside->own_fd;
	/* A name may have been used twice. */
	if (*name && !faccessat(item->dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW)) {
		char *path = expand(context, item, NAME_TEMPLATE_DEFAULT);

		slash = path ? strrchr(path, '/') : NULL;
		item->name = slash ? strdup(slash + 1) : NULL;
		free(path);
	} else {
		item->name = strdup(name);
	}
	return item->name ? 0 : error_errno(&item->error, -ENOMEM);
}

int relink_name(struct relink_context *context, struct item *item)
{
	const struct manifest_mount *mount;

	if (item->inside && item->inside->state == ITEM_DONE &&
	    !context->relink->in_place)
		return place_inside(context, item);
	mount = relink_mount(context, item->found->fd);
	if (!mount)
		return error_errno(&item->error, -errno);
	if (context->relink->in_place)
		return relink_name_in_place(context, item, mount);
	if (context->relink->to)
		return place_at_users(context, item, mount);
	return place_by_template(context, item, mount, context->relink->template);
}
