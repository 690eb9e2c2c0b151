// SPDX-License-Identifier: GPL-2.0
/*
 * Which mounts of a table that was built see what is mounted on others.
 *
 * Of each peer group, the first mount is made to be what all of them were: it follows
 * the group's master, and is shared.  The others join it, and get both by that.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "ns/mount_propagate.h"
#include "ns/report.h"

/*
 * struct sharing - what is under way
 *
 * @done: which of the mounts are as they were, or have been told of
 */
struct sharing {
	const struct ns_mounts *mounts;
	bool *done;
	struct json_object *report;
};

bool ns_mount_is_own(const struct ns_mount *mount)
{
	return mount->done && mount->origin != NS_MOUNT_NONE;
}

/* The kernel lets nothing join that shows more than whom it joins. */
static const struct ns_mount *first_of_group(const struct sharing *sharing,
					     int64_t group)
{
	const struct ns_mount *mount = sharing->mounts->mount, *first = NULL;
	size_t i;

	for (i = 0; group && i < sharing->mounts->count; i++)
		if (ns_mount_is_own(&mount[i]) &&
		    mount[i].saved->shared == group &&
		    (!first || strlen(mount[i].root) < strlen(first->root)))
			first = &mount[i];
	return first;
}

static int propagate(const struct ns_mount *mount, uint64_t propagation)
{
	struct mount_attr attr = { .propagation = propagation };

	return mount_setattr(mount->fd, "", AT_EMPTY_PATH, &attr,
			     sizeof(attr)) ? -errno : 0;
}

/* Only who has no relation yet may join. */
static int join(const struct ns_mount *mount, const struct ns_mount *first)
{
	int err = propagate(mount, MS_PRIVATE);

	if (!err && move_mount(first->fd, "", mount->fd, "",
			       MOVE_MOUNT_SET_GROUP | MOVE_MOUNT_F_EMPTY_PATH |
			       MOVE_MOUNT_T_EMPTY_PATH))
		err = -errno;
	return err;
}

/* What follows a mount outside does so since it was cloned, or cannot. */
static void follow(const struct sharing *sharing, const struct ns_mount *mount)
{
	const struct ns_mount *first =
		first_of_group(sharing, mount->saved->master);
	int err = 0;

	if (first && first != mount) {
		err = join(mount, first) ?: propagate(mount, MS_SLAVE);
	} else if (!mount->follows) {
		propagate(mount, MS_PRIVATE);
		err = -ENOENT;
	}
	if (err)
		ns_report_add(sharing->report, "mnt",
			      "%s received mounts from elsewhere: it does not any more",
			      mount->target);
}

static void share(const struct sharing *sharing, const struct ns_mount *mount)
{
	int err = propagate(mount, MS_SHARED);

	if (err)
		ns_report_add(sharing->report, "mnt",
			      "%s cannot be shared: %s", mount->target,
			      strerror(-err));
}

static void restore_one(const struct sharing *sharing,
			const struct ns_mount *mount)
{
	const struct ns_mount *first =
		first_of_group(sharing, mount->saved->shared);
	int err;

	if (first && first != mount) {
		err = join(mount, first);
		if (!err)
			return;
		ns_report_add(sharing->report, "mnt",
			      "%s is shared, but not with %s as before: %s",
			      mount->target, first->target, strerror(-err));
	}
	if (mount->saved->master)
		follow(sharing, mount);
	else
		propagate(mount, MS_PRIVATE);
	if (first)
		share(sharing, mount);
}

/* Whom it joins or follows has become what it is to be. */
static bool is_ready(const struct sharing *sharing, size_t i)
{
	const struct ns_mount *mount = &sharing->mounts->mount[i];
	const struct ns_mount *first =
		first_of_group(sharing, mount->saved->shared);

	if (!first || first == mount)
		first = first_of_group(sharing, mount->saved->master);
	return !first || first == mount ||
	       sharing->done[first - sharing->mounts->mount];
}

/* In as many rounds as groups follow one another. */
static void restore_all(struct sharing *sharing)
{
	bool again = true;
	size_t i;

	while (again) {
		again = false;
		for (i = 0; i < sharing->mounts->count; i++) {
			if (sharing->done[i] || !is_ready(sharing, i))
				continue;
			if (ns_mount_is_own(&sharing->mounts->mount[i]))
				restore_one(sharing,
					    &sharing->mounts->mount[i]);
			sharing->done[i] = true;
			again = true;
		}
	}
}

/* No kernel makes groups that follow each other in a circle: a file may say so. */
static void report_circles(const struct sharing *sharing)
{
	size_t i;

	for (i = 0; i < sharing->mounts->count; i++)
		if (!sharing->done[i])
			ns_report_add(sharing->report, "mnt",
				      "%s is not shared: its peer groups follow one another in a circle",
				      sharing->mounts->mount[i].target);
}

/* At last, as nothing could be cloned of them any more. */
static void make_unbindable(const struct sharing *sharing)
{
	const struct ns_mount *mount = sharing->mounts->mount;
	size_t i;
	int err;

	for (i = 0; i < sharing->mounts->count; i++) {
		if (!ns_mount_is_own(&mount[i]) ||
		    !mount[i].saved->unbindable)
			continue;
		err = propagate(&mount[i], MS_UNBINDABLE);
		if (err)
			ns_report_add(sharing->report, "mnt",
				      "%s cannot be made unbindable: %s",
				      mount[i].target, strerror(-err));
	}
}

void ns_mount_propagate(const struct ns_mounts *mounts,
			struct json_object *report)
{
	struct sharing sharing = {
		.mounts = mounts,
		.done = calloc(mounts->count + 1, sizeof(*sharing.done)),
		.report = report,
	};

	if (!sharing.done) {
		ns_report_add(report, "mnt",
			      "no mount is shared, for lack of memory");
		return;
	}
	restore_all(&sharing);
	report_circles(&sharing);
	make_unbindable(&sharing);
	free(sharing.done);
}
