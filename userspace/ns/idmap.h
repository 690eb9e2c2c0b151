/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_IDMAP_H
#define NS_IDMAP_H

#include <json-c/json.h>

#include "ns/file.h"
#include "ns/set.h"

/*
 * The maps of user namespaces, from the outermost to the innermost of @chain, each
 * in terms of the one above it.  Returns the exit status.
 */
int ns_idmap_save(const struct ns_chain *chain, struct json_object **users);

/*
 * Put into @maps, which are as many as users of @file, and all 0, how these can be written by
 * us, here, and into @report where that is not the same.  Returns 0 or -ENOMEM; @maps are to
 * be freed in either case.
 */
int ns_idmap_plan(const struct ns_file *file, struct ns_user *maps,
		  struct json_object *report);

/*
 * What @id of our user namespace, a "uid" or "gid", is in the one @level below, by
 * the maps of @file, as saved; -1 if it is nobody there.
 */
int64_t ns_idmap_inside(const struct ns_file *file, size_t level,
			const char *what, int64_t id);

/*
 * Write the maps of the user namespace of the process whose directory of /proc is
 * @dirfd; we are in the namespace above.  Returns the exit status.
 */
int ns_idmap_write(int dirfd, const struct ns_user *user);

#endif /* NS_IDMAP_H */
