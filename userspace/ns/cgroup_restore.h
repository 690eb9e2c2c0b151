/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_CGROUP_RESTORE_H
#define NS_CGROUP_RESTORE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/janitor.h"
#include "ns/file.h"

/*
 * struct ns_cgroup - a cgroup that a command is to be in
 *
 * @saved: what the file says of it, NULL if nothing is to be done
 * @point: where cgroups are mounted
 * @there: it exists, and is joined as it is
 * @strict: what cannot be equal fails
 * @made: the directories that were made, the outermost first
 * @enabled: the files, and what to write there, of controllers that were enabled
 * @ended: the command has run, and who is still there may stay
 */
struct ns_cgroup {
	const struct ns_file_cgroup *saved;
	char *point;
	bool there;
	bool strict;
	struct json_object *made;
	struct json_object *enabled;
	bool ended;
};

/* Reports what cannot be equal; @saved may be NULL.  Returns the exit status. */
int ns_cgroup_plan(struct ns_cgroup *cgroup, const struct ns_file_cgroup *saved,
		   struct json_object *report);
void ns_cgroup_free(struct ns_cgroup *cgroup);

/* What the janitor of a cgroup is asked for, with a process. */
enum ns_cgroup_request {
	NS_CGROUP_JOIN_ROOT = 1,	/* where its namespace is to begin */
	NS_CGROUP_LEAVE,		/* to where we are */
	NS_CGROUP_JOIN,
	NS_CGROUP_END,			/* the command has ended */
};

/* Makes the cgroup, with its limits, and removes it again if it is empty. */
extern const struct janitor_ops ns_cgroup_janitor;

#endif /* NS_CGROUP_RESTORE_H */
