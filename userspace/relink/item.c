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

#include "relink/attributes.h"
#include "relink/copy.h"
#include "relink/item.h"
#include "relink/mkdir_like.h"
#include "relink/remove.h"

/* ---- Which ---- */

static bool is_directory(const struct job *job)
{
	return S_ISDIR(job->found->file.mode);
}

/* A path that is longer is no outer one. */
static int directories_first(const void *a, const void *b)
{
	const struct job *left = a, *right = b;
	size_t left_length, right_length;

	if (is_directory(left) != is_directory(right))
		return is_directory(left) ? -1 : 1;
	left_length = is_directory(left) ? strlen(left->found->path) : 0;
	right_length = is_directory(right) ? strlen(right->found->path) : 0;
	if (left_length != right_length)
		return left_length < right_length ? -1 : 1;
	/* As they were found. */
	return left->found < right->found ? -1 : 1;
}

/* The job whose directory has @job's in it, as far as it is one of those before. */
static struct job *outer(const struct jobs *jobs, const struct job *job)
{
	struct job *other = NULL;
	struct stat above, stat;
	int fd;

	fd = openat(job->found->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &above))
		for (other = jobs->job; other < job; other++)
			if (!fstat(other->found->fd, &stat) &&
			    stat.st_dev == above.st_dev &&
			    stat.st_ino == above.st_ino)
				break;
	close(fd);
	return other && other < job ? other : NULL;
}

static void prepare(struct job *job)
{
	if (job->found->file.why == PATHVIRT_WHY_MEMORY) {
		job->state = JOB_SKIPPED;
		reason_set(&job->reason, 0, "%s", job->found->reason);
	}
	job->method = is_directory(job) ? MANIFEST_MKDIR : MANIFEST_LINK;
}

int jobs_init(struct jobs *jobs, const struct unlinked_list *list,
	      bool (*wanted)(const struct unlinked *found, const void *arg),
	      const void *arg)
{
	size_t i;

	*jobs = (struct jobs){ 0 };
	jobs->job = calloc(list->count ? list->count : 1, sizeof(*jobs->job));
	if (!jobs->job)
		return -ENOMEM;
	for (i = 0; i < list->count; i++) {
		struct job *job = &jobs->job[jobs->count];

		if (!wanted(&list->file[i], arg))
			continue;
		*job = (struct job){ .found = &list->file[i], .own_fd = -1 };
		prepare(job);
		jobs->count++;
	}
	qsort(jobs->job, jobs->count, sizeof(*jobs->job), directories_first);
	for (i = 0; i < jobs->count && is_directory(&jobs->job[i]); i++)
		jobs->job[i].inside = outer(jobs, &jobs->job[i]);
	return 0;
}

void jobs_free(struct jobs *jobs)
{
	size_t i;

	for (i = 0; i < jobs->count; i++) {
		free(jobs->job[i].name);
		if (jobs->job[i].own_fd >= 0)
			close(jobs->job[i].own_fd);
	}
	free(jobs->job);
	*jobs = (struct jobs){ 0 };
}

/* ---- Doing it ---- */

static int do_link(struct job *job, struct pv *pv)
{
	struct pv_relinked relinked;
	int err = pv_relink(pv, job->found->fd, job->dirfd, job->name,
			    &relinked);

	if (err == -EEXIST)
		return reason_set(&job->reason, err,
				  "the name \"%s\" is taken", job->name);
	if (err)
		return reason_set(&job->reason, err, "%s", pv_error(pv));
	job->method = relinked.named ? MANIFEST_KEPT : MANIFEST_LINK;
	return 0;
}

static int do_copy(struct job *job)
{
	job->method = MANIFEST_COPY;
	return copy_file(job->found->fd, job->found->path, job->dirfd,
			 job->name, &job->reason);
}

static int do_mkdir(struct job *job)
{
	job->own_fd = recreate_directory(job->found->fd, job->dirfd, job->name,
					 &job->reason);
	return job->own_fd < 0 ? job->own_fd : 0;
}

/* Nobody can undo what is not known: it is undone at once if that fails. */
static int note_made(struct job *job)
{
	int fd, err;

	if (job->method == MANIFEST_KEPT)
		return 0;
	fd = openat(job->dirfd, job->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	err = fd < 0 ? -errno : manifest_inode_of(fd, &job->made);
	if (fd >= 0)
		close(fd);
	if (!err)
		return 0;
	unlinkat(job->dirfd, job->name,
		 job->method == MANIFEST_MKDIR ? AT_REMOVEDIR : 0);
	return reason_errno(&job->reason, err);
}

bool job_is_copyable(const struct job *job)
{
	return S_ISREG(job->found->file.mode) && job->state != JOB_SKIPPED &&
	       job->err != -EEXIST && job->err != -ENAMETOOLONG;
}

void job_do(struct job *job, struct pv *pv, bool copy)
{
	int err;

	if (job->method == MANIFEST_MKDIR) {
		err = do_mkdir(job);
	} else {
		err = do_link(job, pv);
		job->err = err;
		if (err && copy && job_is_copyable(job))
			err = do_copy(job);
	}
	if (!err)
		err = note_made(job);
	job->err = err;
	job->state = err ? JOB_FAILED : JOB_DONE;
}

int job_seal(struct job *job)
{
	int err = 0;

	if (job->state == JOB_DONE && job->own_fd >= 0)
		err = attributes_seal(job->found->fd, job->own_fd,
				      &job->reason);
	return err;
}

void job_undo(struct job *job)
{
	if (job->state == JOB_DONE && job->method != MANIFEST_KEPT)
		remove_made(job->dirfd, job->name, &job->made);
	job->state = JOB_WAITING;
}
