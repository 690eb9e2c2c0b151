/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_CONTEXT_H
#define RELINK_CONTEXT_H

/*
 * What the parts of relink() have in common, and nobody else.
 */

#include "manifest/manifest.h"
#include "relink/find_unlinked.h"
#include "relink/freeze.h"
#include "relink/item.h"
#include "relink/make_dirs.h"
#include "relink/mounts.h"
#include "relink/relink.h"
#include "relink/user_path.h"

/*
 * struct relink_context - what is under way
 *
 * @relink: what was asked for
 * @ktime: the monotonic clock in ns
 * @numbered: how many names there are
 * @next_key: see fdinfo_of()
 */
struct relink_context {
	struct relink *relink;
	struct pv *pv;
	struct manifest_writer writer;
	struct freeze freeze;
	struct mounts mounts;
	struct unlinked_list list;
	struct items items;
	struct make_dirs dirs;
	char *checkpoint;
	struct user_path user_path;
	uint64_t ktime;
	size_t numbered;
	uint32_t next_key;
};

/*
 * name.c: decide where the new name of @item is, and open or make the directory.
 * Returns 0 or a negative errno with the reason in @item.
 */
int relink_name(struct relink_context *context, struct item *item);

/*
 * record.c: put what was made into the manifest.  Returns the exit status, and has
 * said why if it is not STATUS_DONE.
 */
int relink_record(struct relink_context *context);

/*
 * The manifest's entry of the mount that @fd was opened through, made if it is
 * missing; NULL without memory.  The next one may move it.
 */
const struct manifest_mount *relink_mount(struct relink_context *context, int fd);

#endif /* RELINK_CONTEXT_H */
