/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_CONTEXT_H
#define RELINK_CONTEXT_H

/* What the parts of relink() have in common, and nobody else. */

#include "manifest/manifest.h"
#include "relink/find_unlinked.h"
#include "relink/freeze.h"
#include "relink/item.h"
#include "relink/make_dirs.h"
#include "relink/mounts.h"
#include "relink/request.h"
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

#endif /* RELINK_CONTEXT_H */
