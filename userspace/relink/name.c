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

#include "relink/context.h"
#include "relink/name_template.h"

static int place_at_users(struct work *work, struct job *job,
			  const struct manifest_mount *mount)
{
	struct destination *to = &work->destination;
	struct stat here, there;
	int err;

	err = destination_open(to, work->relink->to, &work->mounts, mount,
			       work->relink->target.pidfd, &job->reason);
	if (err)
		return err;
	job->dirfd = to->dirfd;
	job->name = strdup(to->name);
	if (!job->name)
		return reason_errno(&job->reason, -ENOMEM);
	if (to->same_mount || work->relink->copy)
		return 0;
	if (fstat(job->found->fd, &here) || fstat(to->dirfd, &there))
		return reason_errno(&job->reason, -errno);
	return reason_set(&job->reason, -EXDEV,
			  "%s is on another %s than the file, to which no link leads",
			  work->relink->to, here.st_dev == there.st_dev ?
			  "mount" : "filesystem");
}

/* By the template; @path becomes "DIRECTORY/NAME". */
static char *expand(struct work *work, const struct job *job,
		    const char *template)
{
	char held[HOLD_TEXT];
	const struct template_values values = {
		.id = work->relink->manifest.id,
		.ktime = work->ktime,
		.number = ++work->numbered,
		.pid = work->relink->target.pid,
		.held = holder_text(job->found->holders, held),
		.original_path = job->found->path,
	};

	return template_expand(template, &values);
}

static int place_by_template(struct work *work, struct job *job,
			     const struct manifest_mount *mount,
			     const char *template)
{
	char *path = expand(work, job, template), *slash;

	if (!path)
		return reason_errno(&job->reason, -ENOMEM);
	slash = strrchr(path, '/');
	job->name = strdup(slash ? slash + 1 : path);
	if (slash)
		*slash = '\0';
	else
		*path = '\0';
	job->dirfd = job->name ? new_dirs_open(&work->dirs, mount,
					       job->found->fd, path,
					       &job->reason) : -ENOMEM;
	free(path);
	return job->dirfd < 0 ? job->dirfd : 0;
}

/* In a directory that is made again itself, by the name that it had. */
static int place_inside(struct work *work, struct job *job)
{
	const char *slash = strrchr(job->found->path, '/');
	const char *name = slash ? slash + 1 : job->found->path;

	job->dirfd = job->inside->own_fd;
	/* A name may have been used twice. */
	if (*name && !faccessat(job->dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW)) {
		char *path = expand(work, job, TEMPLATE_DEFAULT);

		slash = path ? strrchr(path, '/') : NULL;
		job->name = slash ? strdup(slash + 1) : NULL;
		free(path);
	} else {
		job->name = strdup(name);
	}
	return job->name ? 0 : reason_errno(&job->reason, -ENOMEM);
}

int work_place(struct work *work, struct job *job)
{
	const struct manifest_mount *mount;

	if (job->inside && job->inside->state == JOB_DONE)
		return place_inside(work, job);
	mount = work_mount(work, job->found->fd);
	if (!mount)
		return reason_errno(&job->reason, -ENOMEM);
	if (work->relink->to)
		return place_at_users(work, job, mount);
	return place_by_template(work, job, mount, work->relink->template);
}
