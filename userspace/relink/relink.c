// SPDX-License-Identifier: GPL-2.0
/*
 * Relinking a process: in one visible order, and undone in the reverse one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/pathvirt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/command.h"
#include "base/connect.h"
#include "base/descendants.h"
#include "base/interrupt.h"
#include "base/message.h"
#include "relink/context.h"
#include "relink/name_template.h"

static int short_of_memory(void)
{
	return message_failed("out of memory");
}

static pid_t pid_of(const struct work *work)
{
	return work->relink->target.pid;
}

/* ---- The checkpoint and its manifest ---- */

/* Unique, and in the order of time where that matters. */
static int name_checkpoint(struct work *work)
{
	struct manifest *manifest = &work->relink->manifest;
	char date[32];
	uint32_t random;
	struct tm tm;
	time_t now;

	now = time(NULL);
	manifest->time = now;
	strftime(date, sizeof(date), "%Y%m%d-%H%M%S", gmtime_r(&now, &tm));
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return message_failed("no random numbers: %s", strerror(errno));
	if (asprintf(&manifest->id, "%s-%d-%08" PRIx32, date, pid_of(work),
		     random) < 0) {
		manifest->id = NULL;
		return short_of_memory();
	}
	work->checkpoint = template_directory(manifest->id);
	return work->checkpoint ? STATUS_DONE : short_of_memory();
}

/* --to puts a file back for good: what cleans up after a checkpoint may not find it. */
static int choose_manifest(struct relink *relink)
{
	if (relink->manifest_path || relink->to)
		return STATUS_DONE;
	if (mkdir(RELINK_MANIFESTS, 0700) && errno != EEXIST)
		return message_failed("cannot make %s for the manifest: %s: say another place with --manifest",
				      RELINK_MANIFESTS, strerror(errno));
	if (asprintf(&relink->manifest_path, "%s/%s.json", RELINK_MANIFESTS,
		     relink->manifest.id) < 0) {
		relink->manifest_path = NULL;
		return short_of_memory();
	}
	return STATUS_DONE;
}

static int create_manifest(struct work *work)
{
	struct relink *relink = work->relink;
	int status = manifest_create(&work->writer, relink->manifest_path);

	if (status != STATUS_DONE)
		return status;
	free(relink->manifest_path);
	relink->manifest_path = strdup(work->writer.path);
	return relink->manifest_path ? STATUS_DONE : short_of_memory();
}

static int begin_manifest(struct work *work)
{
	struct relink *relink = work->relink;
	int status;

	status = name_checkpoint(work);
	if (status == STATUS_DONE)
		status = choose_manifest(relink);
	if (status == STATUS_DONE && relink->manifest_path)
		status = create_manifest(work);
	work->dirs = (struct new_dirs){
		.pv = work->pv,
		.checkpoint = work->checkpoint,
		.manifest = work->writer.path,
	};
	return status;
}

/* ---- What there is ---- */

static int freeze(struct work *work)
{
	const struct target *target = &work->relink->target;
	struct timespec now;
	int status = STATUS_DONE;

	if (work->relink->freeze)
		status = freeze_begin(&work->freeze, target->pid,
				      work->relink->tree);
	if (status != STATUS_DONE)
		return status;
	/* It was frozen by its number. */
	status = target_check(target);
	if (status != STATUS_DONE)
		return status;
	clock_gettime(CLOCK_MONOTONIC, &now);
	work->ktime = now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
	return STATUS_DONE;
}

static int list_pids(struct work *work)
{
	struct manifest *manifest = &work->relink->manifest;
	struct pids pids = { 0 };
	int err;

	err = work->relink->tree ? descend(&pids, pid_of(work)) :
				   pids_add(&pids, pid_of(work));
	manifest->pids = pids.pid;
	manifest->pid_count = pids.count;
	return err ? message_failed("cannot look for descendants: %s",
				    strerror(-err)) : STATUS_DONE;
}

static int read_mounts(struct work *work)
{
	const struct manifest *manifest = &work->relink->manifest;
	int err = mounts_read(&work->mounts, 0);
	size_t i;

	for (i = 0; !err && i < manifest->pid_count; i++) {
		err = mounts_add(&work->mounts, manifest->pids[i]);
		/* One that has ended has none, and needs none. */
		if (err == -ENOENT || err == -ESRCH)
			err = 0;
	}
	return err ? message_failed("cannot read the mounts of process %d: %s",
				    pid_of(work), strerror(-err)) : STATUS_DONE;
}

static int find(struct work *work)
{
	const struct manifest *manifest = &work->relink->manifest;
	int err = find_unlinked(work->pv, manifest->pids, manifest->pid_count,
				FIND_KEEP, &work->list);

	if (err)
		return message_failed("cannot find the unlinked files of process %d: %s%s",
				      pid_of(work),
				      *pv_error(work->pv) ? pv_error(work->pv) :
				      strerror(-err), session_advice(err));
	if (work->list.hidden)
		return message_failed("process %d cannot be looked into: run pvadm as root",
				      pid_of(work));
	/* It may not have been frozen. */
	return target_check(&work->relink->target);
}

/* ---- What is wanted of it ---- */

static bool holds(const struct unlinked *found, pid_t pid, int fd)
{
	size_t i;

	for (i = 0; i < found->holder_count; i++)
		if (found->holders[i].how == HOLD_FD &&
		    found->holders[i].pid == pid && found->holders[i].fd == fd)
			return true;
	return false;
}

static bool is_wanted(const struct unlinked *found, const void *arg)
{
	const struct relink *relink = arg;
	size_t i;

	if (relink->regular && !S_ISREG(found->file.mode))
		return false;
	for (i = 0; i < relink->fd_count; i++)
		if (holds(found, relink->target.pid, relink->fds[i]))
			return true;
	return !relink->fd_count;
}

static int explain_fd(pid_t pid, int fd)
{
	char path[64], link[4096];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		return message_failed("process %d has no descriptor %d: see pvadm relink --list %d",
				      pid, fd, pid);
	link[length] = '\0';
	return message_failed("descriptor %d of process %d needs no name: it is %s",
			      fd, pid, link);
}

static int check_fds(const struct work *work)
{
	const struct relink *relink = work->relink;
	size_t i, j;

	for (i = 0; i < relink->fd_count; i++) {
		for (j = 0; j < work->list.count; j++)
			if (holds(&work->list.file[j], pid_of(work),
				  relink->fds[i]))
				break;
		if (j == work->list.count)
			return explain_fd(pid_of(work), relink->fds[i]);
	}
	return STATUS_DONE;
}

static int choose(struct work *work)
{
	int status = check_fds(work);

	if (status == STATUS_DONE &&
	    jobs_init(&work->jobs, &work->list, is_wanted, work->relink))
		status = short_of_memory();
	return status;
}

/* ---- Doing it ---- */

/* "descriptor 5 of process 12", and how many more. */
static void describe_holder(const struct job *job, char text[64])
{
	const struct holder *holder = job->found->holders;
	char held[HOLD_TEXT];

	snprintf(text, 64, "%s%s of process %d",
		 holder->how == HOLD_FD ? "descriptor " : "",
		 holder_text(holder, held), holder->pid);
}

static int tell_failed(const struct work *work, const struct job *job)
{
	const struct relink *relink = work->relink;
	bool copyable = job_is_copyable(job) && !relink->copy;
	char held[64];

	describe_holder(job, held);
	return message_failed("cannot relink %s (%s): %s; nothing was changed%s%s",
			      job->found->path, held, job->reason.text,
			      copyable ? ": --copy copies what cannot be linked" :
			      "", relink->fd_count == 1 ? "" : copyable ?
			      ", --partial leaves it out" :
			      ": --partial leaves it out");
}

static void do_job(struct work *work, struct job *job)
{
	if (job->found->reason && job->method != MANIFEST_MKDIR &&
	    !(work->relink->copy && S_ISREG(job->found->file.mode))) {
		reason_set(&job->reason, 0, "%s", job->found->reason);
		job->state = JOB_FAILED;
	} else {
		job->err = work_place(work, job);
		if (job->err)
			job->state = JOB_FAILED;
		else
			job_do(job, work->pv, work->relink->copy);
	}
}

static int do_jobs(struct work *work)
{
	const struct relink *relink = work->relink;
	size_t i;

	for (i = 0; i < work->jobs.count; i++) {
		struct job *job = &work->jobs.job[i];

		if (job->state == JOB_WAITING)
			do_job(work, job);
		if (interrupted())
			return message_failed("interrupted: nothing was changed");
		/* Who names a descriptor wants more than to hear that it is none. */
		if ((job->state == JOB_FAILED ||
		     (job->state == JOB_SKIPPED && relink->fd_count)) &&
		    !relink->partial)
			return tell_failed(work, job);
	}
	for (i = work->jobs.count; i--;)
		if (job_seal(&work->jobs.job[i]))
			return tell_failed(work, &work->jobs.job[i]);
	return STATUS_DONE;
}

static void undo(struct work *work)
{
	size_t i = work->jobs.count;

	while (i--)
		job_undo(&work->jobs.job[i]);
	new_dirs_undo(&work->dirs);
}

/* ---- What others have to do with it ---- */

static int still(struct work *work)
{
	struct relink *relink = work->relink;

	return relink->still ? relink->still(relink, work->pv) : STATUS_DONE;
}

static int then(struct work *work)
{
	struct relink *relink = work->relink;
	int status = relink->then ? relink->then(relink) : STATUS_DONE;

	if (status == STATUS_DONE && relink->then && interrupted())
		status = message_failed("interrupted: nothing was changed");
	if (status != STATUS_DONE)
		manifest_withdraw(&work->writer);
	return status;
}

/* ---- On disk ---- */

static int sync_destination(const struct destination *to,
			    struct reason *reason)
{
	if (to->dirfd < 0 || (!fsync(to->dirfd) && !syncfs(to->dirfd)))
		return 0;
	return reason_set(reason, -errno, "cannot sync the filesystem: %s",
			  strerror(errno));
}

static int settle(struct work *work)
{
	struct relink *relink = work->relink;
	struct reason reason;
	int status;

	if (relink->sync && (new_dirs_sync(&work->dirs, &reason) ||
			     sync_destination(&work->destination, &reason)))
		return message_failed("%s; nothing was changed", reason.text);
	if (interrupted())
		return message_failed("interrupted: nothing was changed");
	if (!relink->manifest_path)
		return STATUS_DONE;
	status = manifest_write(&work->writer, &relink->manifest);
	return status == STATUS_DONE ? then(work) : status;
}

/* How many failed, and the first of them, or NULL. */
static size_t count_failed(const struct relink *relink,
			   const struct manifest_skipped **first)
{
	const struct manifest *manifest = &relink->manifest;
	size_t count = 0, i;

	*first = NULL;
	for (i = manifest->skipped_count; i--;) {
		if (!manifest->skipped[i].failed)
			continue;
		*first = &manifest->skipped[i];
		count++;
	}
	return count;
}

static int check_partial(const struct relink *relink)
{
	const struct manifest_skipped *first;

	if (relink->manifest.file_count || relink->regular ||
	    !count_failed(relink, &first))
		return STATUS_DONE;
	return message_failed("nothing could be relinked; the first, %s: %s",
			      first->original_path, first->reason);
}

static void warn_of_failed(const struct relink *relink)
{
	const struct manifest_skipped *first;
	size_t count = count_failed(relink, &first);

	if (count == 1)
		message_warning("%s was not relinked: %s", first->original_path,
				first->reason);
	else if (count)
		message_warning("%zu files were not relinked; the first, %s: %s",
				count, first->original_path, first->reason);
}

static int run(struct work *work)
{
	int status;

	status = freeze(work);
	if (status == STATUS_DONE)
		status = list_pids(work);
	if (status == STATUS_DONE)
		status = still(work);
	if (status == STATUS_DONE)
		status = read_mounts(work);
	if (status == STATUS_DONE)
		status = find(work);
	if (status == STATUS_DONE)
		status = choose(work);
	if (status == STATUS_DONE)
		status = do_jobs(work);
	if (status == STATUS_DONE)
		status = work_note(work);
	freeze_end(&work->freeze);
	if (status == STATUS_DONE)
		status = check_partial(work->relink);
	if (status == STATUS_DONE)
		status = settle(work);
	if (status == STATUS_DONE)
		warn_of_failed(work->relink);
	else
		undo(work);
	return status;
}

int relink(struct relink *relink, struct pv *pv)
{
	struct work work = {
		.relink = relink,
		.pv = pv,
		.writer = { .fd = -1 },
		.destination = { .dirfd = -1 },
		.next_key = 1,
	};
	int status;

	interrupt_catch();
	status = begin_manifest(&work);
	if (status == STATUS_DONE)
		status = run(&work);
	destination_close(&work.destination);
	new_dirs_free(&work.dirs);
	jobs_free(&work.jobs);
	unlinked_list_free(&work.list);
	mounts_free(&work.mounts);
	manifest_close(&work.writer);
	free(work.checkpoint);
	return status;
}
