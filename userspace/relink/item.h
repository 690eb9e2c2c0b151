/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_ITEM_H
#define RELINK_ITEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "libpathvirt/libpathvirt.h"
#include "manifest/manifest.h"
#include "relink/find_unlinked.h"

enum item_state {
	ITEM_WAITING,
	ITEM_DONE,
	ITEM_SKIPPED,
	ITEM_FAILED,
};

/*
 * struct item - one unlinked file that is to have a name
 *
 * @found: the file
 * @method: how it gets it
 * @state: how far that is
 * @inside: the item of the directory that this one is made in, or NULL
 * @nowhere: there is no directory for its name, and so none for a copy either
 * @dirfd: the directory of the new name, somebody else's
 * @name: the new name; owned here
 * @own_fd: of a directory that was made again, or -1
 * @made: what was made
 * @err: a negative errno if it failed
 * @error: why it was skipped, or failed
 */
struct item {
	const struct unlinked *found;
	enum manifest_method method;
	enum item_state state;
	struct item *inside;
	bool nowhere;
	int dirfd;
	char *name;
	int own_fd;
	struct manifest_inode made;
	int err;
	struct error error;
};

/* struct items - all; directories first, outer ones before inner ones */
struct items {
	struct item *item;
	size_t count;
};

/*
 * Jobs for those of @list that @wanted chooses.  Returns 0 or a negative errno;
 * items_free() is to be called in either case, before unlinked_list_free().
 */
int items_init(struct items *items, const struct unlinked_list *list,
	       bool (*wanted)(const struct unlinked *found, const void *arg),
	       const void *arg);
void items_free(struct items *items);

/*
 * Do it: @item->dirfd and @item->name are set.  With @copy, what cannot be linked is
 * copied.  Sets @item->state to ITEM_DONE or ITEM_FAILED.
 */
void item_relink(struct item *item, struct pv *pv, bool copy);

/*
 * Could a copy be made, where there is no link?  And was that all that was in the way, so
 * that it is worth an advice?
 */
bool item_is_copyable(const struct item *item);
bool item_copy_helps(const struct item *item);

/* It is not linked, but another one like it is made. */
bool item_is_made_again(const struct item *item);

/* There is no need to do it. */
void item_skip(struct item *item, const char *why);

/* Give directories that were made again their times and flags, when all is done. */
int item_seal(struct item *item);

/* Remove what was made, if it is that still. */
void item_undo(struct item *item);

#endif /* RELINK_ITEM_H */
