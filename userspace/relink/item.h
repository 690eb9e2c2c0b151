/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_ITEM_H
#define RELINK_ITEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "libpathvirt/libpathvirt.h"
#include "manifest/manifest.h"
#include "relink/find_unlinked.h"

enum job_state {
	JOB_WAITING,
	JOB_DONE,
	JOB_SKIPPED,
	JOB_FAILED,
};

/*
 * struct job - one unlinked file that is to have a name
 *
 * @found: the file
 * @method: how it gets it
 * @state: how far that is
 * @inside: the job of the directory that this one is made in, or NULL
 * @dirfd: the directory of the new name, somebody else's
 * @name: the new name; owned here
 * @own_fd: of a directory that was made again, or -1
 * @made: what was made
 * @err: a negative errno if it failed
 * @reason: why it was skipped, or failed
 */
struct job {
	const struct unlinked *found;
	enum manifest_method method;
	enum job_state state;
	struct job *inside;
	int dirfd;
	char *name;
	int own_fd;
	struct manifest_inode made;
	int err;
	struct reason reason;
};

/* struct jobs - all; directories first, outer ones before inner ones */
struct jobs {
	struct job *job;
	size_t count;
};

/*
 * Jobs for those of @list that @wanted chooses.  Returns 0 or a negative errno;
 * jobs_free() is to be called in either case, before unlinked_list_free().
 */
int jobs_init(struct jobs *jobs, const struct unlinked_list *list,
	      bool (*wanted)(const struct unlinked *found, const void *arg),
	      const void *arg);
void jobs_free(struct jobs *jobs);

/*
 * Do it: @job->dirfd and @job->name are set.  With @copy, what cannot be linked is
 * copied.  Sets @job->state to JOB_DONE or JOB_FAILED.
 */
void job_do(struct job *job, struct pv *pv, bool copy);

/* Could a copy be made, where there is no link? */
bool job_is_copyable(const struct job *job);

/* Give directories that were made again their times and flags, when all is done. */
int job_seal(struct job *job);

/* Remove what was made, if it is that still. */
void job_undo(struct job *job);

#endif /* RELINK_ITEM_H */
