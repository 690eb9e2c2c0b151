// SPDX-License-Identifier: GPL-2.0
/*
 * One unlinked file, and the name that it gets: by a link, by being made again, or by
 * a copy.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/pathvirt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/files.h"
#include "relink/attributes.h"
#include "relink/copy.h"
#include "relink/item.h"
#include "relink/mkdir_like.h"
#include "relink/mknod_like.h"
#include "relink/remove.h"
#include "relink/where.h"

/* ---- Which ---- */

static bool is_directory(const struct item *item)
{
	return S_ISDIR(item->found->file.mode);
}

/*
 * A path that is longer is not an outer one.  Of several files that were called the
 * same, the one that was made last had the name last.
 */
static int directories_first(const void *a, const void *b)
{
	const struct item *left = a, *right = b;
	size_t left_length, right_length;

	if (is_directory(left) != is_directory(right))
		return is_directory(left) ? -1 : 1;
	left_length = is_directory(left) ? strlen(left->found->path) : 0;
	right_length = is_directory(right) ? strlen(right->found->path) : 0;
	if (left_length != right_length)
		return left_length < right_length ? -1 : 1;
	if (left->found->born != right->found->born &&
	    !strcmp(left->found->path, right->found->path))
		return left->found->born > right->found->born ? -1 : 1;
	/* As they were found. */
	return left->found < right->found ? -1 : 1;
}

/* The item whose directory has @item's in it, as far as it is one of those before. */
static struct item *outer(const struct items *items, const struct item *item)
{
	struct item *other;
	CLEANUP_CLOSE int fd = -1;

	if (item->found->silent)
		return NULL;
	fd = openat(item->found->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	for (other = items->item; other < item; other++)
		if (!other->found->silent && files_same(other->found->fd, fd))
			break;
	return other < item ? other : NULL;
}

/* What a filesystem does not link, but can make again. */
static enum manifest_method method_of(const struct unlinked *found)
{
	if (S_ISDIR(found->file.mode))
		return MANIFEST_MKDIR;
	if (found->file.why != PATHVIRT_WHY_STACKED)
		return MANIFEST_LINK;
	return S_ISLNK(found->file.mode) ? MANIFEST_SYMLINK : MANIFEST_MKNOD;
}

static void prepare(struct item *item)
{
	if (item->found->file.why == PATHVIRT_WHY_MEMORY)
		item_skip(item, item->found->reason);
	if (item->found->silent) {
		item->state = ITEM_FAILED;
		item->err = error_set(&item->error, -ETIMEDOUT,
				      "the server of its filesystem does not answer");
	}
	item->method = method_of(item->found);
}

int items_init(struct items *items, const struct unlinked_list *list,
	       bool (*wanted)(const struct unlinked *found, const void *arg),
	       const void *arg)
{
	size_t i;

	*items = (struct items){ 0 };
	items->item = calloc(list->count ? list->count : 1, sizeof(*items->item));
	if (!items->item)
		return -ENOMEM;
	for (i = 0; i < list->count; i++) {
		struct item *item = &items->item[items->count];

		if (!wanted(&list->file[i], arg))
			continue;
		*item = (struct item){ .found = &list->file[i], .own_fd = -1 };
		prepare(item);
		items->count++;
	}
	qsort(items->item, items->count, sizeof(*items->item), directories_first);
	for (i = 0; i < items->count && is_directory(&items->item[i]); i++)
		items->item[i].inside = outer(items, &items->item[i]);
	return 0;
}

void items_free(struct items *items)
{
	size_t i;

	for (i = 0; i < items->count; i++) {
		free(items->item[i].name);
		if (items->item[i].own_fd >= 0)
			close(items->item[i].own_fd);
	}
	free(items->item);
	*items = (struct items){ 0 };
}

/* ---- Doing it ---- */

static int name_taken(struct item *item)
{
	char where[PATH_MAX];

	return error_set(&item->error, -EEXIST,
			 "the name %s is taken by another file",
			 where_is(item->dirfd, item->name, where));
}

static int do_link(struct item *item, struct pv *pv)
{
	struct pv_relinked relinked;
	int err = pv_relink(pv, item->found->fd, item->dirfd, item->name,
			    &relinked);

	if (err == -EEXIST)
		return name_taken(item);
	if (err)
		return error_set(&item->error, err, "%s", pv_error(pv));
	item->method = relinked.named ? MANIFEST_KEPT : MANIFEST_LINK;
	return 0;
}

static int do_copy(struct item *item)
{
	item->method = MANIFEST_COPY;
	return copy_file(item->found->fd, item->found->path, item->dirfd,
			 item->name, &item->error);
}

static int do_mkdir(struct item *item)
{
	item->own_fd = mkdir_like(item->found->fd, item->dirfd, item->name,
				  &item->error);
	if (item->own_fd == -EEXIST)
		return name_taken(item);
	return item->own_fd < 0 ? item->own_fd : 0;
}

static int do_mknod(struct item *item)
{
	int err = mknod_like(item->found->fd, item->dirfd, item->name,
			     &item->error);

	return err == -EEXIST ? name_taken(item) : err;
}

/* Nobody can undo what is not known: it is undone at once if that fails. */
static int note_made(struct item *item)
{
	int fd, err;

	if (item->method == MANIFEST_KEPT)
		return 0;
	fd = openat(item->dirfd, item->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	err = fd < 0 ? -errno : manifest_inode_of(fd, &item->made);
	if (fd >= 0)
		close(fd);
	if (!err)
		return 0;
	unlinkat(item->dirfd, item->name,
		 item->method == MANIFEST_MKDIR ? AT_REMOVEDIR : 0);
	return error_errno(&item->error, err);
}

bool item_is_copyable(const struct item *item)
{
	return S_ISREG(item->found->file.mode) && item->state != ITEM_SKIPPED &&
	       item->err != -EEXIST && item->err != -ENAMETOOLONG;
}

bool item_copy_helps(const struct item *item)
{
	if (!item_is_copyable(item) || item->nowhere)
		return false;
	switch (item->err) {
	case -EMLINK:
	case -ENOLINK:
	case -EOPNOTSUPP:
	case -EPERM:
	case -EXDEV:
		return true;
	default:
		/* A full disk, or a directory that is not there. */
		return false;
	}
}

void item_skip(struct item *item, const char *why)
{
	item->state = ITEM_SKIPPED;
	error_set(&item->error, 0, "%s", why);
}

static int link_or_copy(struct item *item, struct pv *pv, bool copy)
{
	item->err = do_link(item, pv);
	return item->err && copy && item_is_copyable(item) ? do_copy(item) :
							     item->err;
}

bool item_is_made_again(const struct item *item)
{
	return item->method == MANIFEST_MKDIR ||
	       item->method == MANIFEST_MKNOD ||
	       item->method == MANIFEST_SYMLINK;
}

void item_relink(struct item *item, struct pv *pv, bool copy)
{
	int err;

	if (item->method == MANIFEST_MKDIR)
		err = do_mkdir(item);
	else if (item_is_made_again(item))
		err = do_mknod(item);
	else
		err = link_or_copy(item, pv, copy);
	if (!err)
		err = note_made(item);
	item->err = err;
	item->state = err ? ITEM_FAILED : ITEM_DONE;
}

int item_seal(struct item *item)
{
	int err = 0;

	if (item->state == ITEM_DONE && item->own_fd >= 0)
		err = attributes_seal(item->found->fd, item->own_fd,
				      &item->error);
	return err;
}

void item_undo(struct item *item)
{
	if (item->state == ITEM_DONE && item->method != MANIFEST_KEPT)
		remove_made(item->dirfd, item->name, &item->made);
	item->state = ITEM_WAITING;
}
