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
#include "relink/held_fd.h"
#include "relink/name.h"
#include "relink/name_template.h"
#include "relink/record.h"
#include "relink/servers.h"

static pid_t pid_of(const struct relink_context *context)
{
	return context->relink->pidref.pid;
}

/* ---- The checkpoint and its manifest ---- */

/* Unique, and in the order of time where that matters. */
static int name_checkpoint(struct relink_context *context)
{
	struct manifest *manifest = &context->relink->manifest;
	char date[32];
	uint32_t random;
	struct tm tm;
	time_t now;

	now = time(NULL);
	manifest->time = now;
	strftime(date, sizeof(date), "%Y%m%d-%H%M%S", gmtime_r(&now, &tm));
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return message_failed("no random numbers: %s", strerror(errno));
	if (asprintf(&manifest->id, "%s-%d-%08" PRIx32, date, pid_of(context),
		     random) < 0) {
		manifest->id = NULL;
		return message_out_of_memory();
	}
	context->checkpoint = name_template_directory(manifest->id);
	return context->checkpoint ? STATUS_DONE : message_out_of_memory();
}

/* What is put back for good, nothing that cleans up after a checkpoint may find. */
static int choose_manifest(struct relink *relink)
{
	if (relink->manifest_path || relink->to || relink->in_place)
		return STATUS_DONE;
	if (mkdir(RELINK_MANIFESTS, 0700) && errno != EEXIST)
		return message_failed("cannot make %s for the manifest: %s: say another place with --manifest",
				      RELINK_MANIFESTS, strerror(errno));
	if (asprintf(&relink->manifest_path, "%s/%s.json", RELINK_MANIFESTS,
		     relink->manifest.id) < 0) {
		relink->manifest_path = NULL;
		return message_out_of_memory();
	}
	return STATUS_DONE;
}

static int create_manifest(struct relink_context *context)
{
	struct relink *relink = context->relink;
	int status = manifest_create(&context->writer, relink->manifest_path);

	if (status != STATUS_DONE)
		return status;
	free(relink->manifest_path);
	relink->manifest_path = strdup(context->writer.path);
	return relink->manifest_path ? STATUS_DONE : message_out_of_memory();
}

static int begin_manifest(struct relink_context *context)
{
	struct relink *relink = context->relink;
	int status;

	status = name_checkpoint(context) ?: choose_manifest(relink);
	if (status == STATUS_DONE && relink->manifest_path)
		status = create_manifest(context);
	context->dirs = (struct make_dirs){
		.pv = context->pv,
		.checkpoint = context->checkpoint,
		.manifest = context->writer.path,
	};
	return status;
}

/* ---- What there is ---- */

static int freeze(struct relink_context *context)
{
	const struct pidref *pidref = &context->relink->pidref;
	struct timespec now;
	int status = STATUS_DONE;

	if (context->relink->freeze)
		status = freeze_begin(&context->freeze, pidref->pid,
				      context->relink->tree);
	if (status != STATUS_DONE)
		return status;
	/*
	 * ptrace knows numbers only, and the number may have been given to another
	 * process since we opened the pidfd.
	 */
	status = pidref_check(pidref);
	if (status != STATUS_DONE)
		return status;
	clock_gettime(CLOCK_MONOTONIC, &now);
	context->ktime = now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
	return STATUS_DONE;
}

static int list_pids(struct relink_context *context)
{
	struct manifest *manifest = &context->relink->manifest;
	struct pids pids = { 0 };
	int err;

	err = context->relink->tree ? descendants_add(&pids, pid_of(context)) :
				   pids_add(&pids, pid_of(context));
	manifest->pids = pids.pid;
	manifest->pid_count = pids.count;
	return err ? message_failed("cannot look for descendants: %s",
				    strerror(-err)) : STATUS_DONE;
}

static int read_mounts(struct relink_context *context)
{
	const struct manifest *manifest = &context->relink->manifest;
	int err = mounts_read(&context->mounts, 0);
	size_t i;

	for (i = 0; !err && i < manifest->pid_count; i++) {
		err = mounts_add(&context->mounts, manifest->pids[i]);
		/* One that has ended has none, and needs none. */
		if (err == -ENOENT || err == -ESRCH)
			err = 0;
	}
	return err ? message_failed("cannot read the mounts of process %d: %s",
				    pid_of(context), strerror(-err)) : STATUS_DONE;
}

static int find_files(struct relink_context *context)
{
	const struct manifest *manifest = &context->relink->manifest;
	int err = find_unlinked(context->pv, manifest->pids, manifest->pid_count,
				FIND_KEEP, &context->list);

	if (err)
		return message_failed("cannot find the unlinked files of process %d: %s%s",
				      pid_of(context),
				      *pv_error(context->pv) ? pv_error(context->pv) :
				      strerror(-err), connect_advice(err));
	if (context->list.hidden)
		return message_failed("process %d cannot be looked into: run pvadm as root",
				      pid_of(context));
	/* It may not have been frozen. */
	return pidref_check(&context->relink->pidref);
}

/* ---- What is wanted of it ---- */

static bool is_wanted(const struct unlinked *found, const void *arg)
{
	const struct relink *relink = arg;
	size_t i;

	if (relink->regular && !S_ISREG(found->file.mode))
		return false;
	for (i = 0; i < relink->fd_count; i++)
		if (held_fd_is(found, relink->pidref.pid, relink->fds[i]))
			return true;
	return !relink->fd_count;
}

static int check_fds(const struct relink_context *context)
{
	const struct relink *relink = context->relink;
	size_t i, j;

	for (i = 0; i < relink->fd_count; i++) {
		for (j = 0; j < context->list.count; j++)
			if (held_fd_is(&context->list.file[j], pid_of(context),
				       relink->fds[i]))
				break;
		if (j == context->list.count)
			return held_fd_explain(pid_of(context), relink->fds[i],
					       "needs no name");
	}
	return STATUS_DONE;
}

static int choose(struct relink_context *context)
{
	int status = check_fds(context);

	/* From here on the files are asked, too. */
	servers_ask(&context->mounts, &context->list, is_wanted,
		    context->relink);
	if (status == STATUS_DONE &&
	    items_init(&context->items, &context->list, is_wanted, context->relink))
		status = message_out_of_memory();
	return status;
}

/* ---- Doing it ---- */

/* "descriptor 5 of process 12", and how many more. */
static void describe_holder(const struct item *item, char text[64])
{
	const struct holder *holder = item->found->holders;
	char held[HOLD_TEXT];

	snprintf(text, 64, "%s%s of process %d",
		 holder->how == HOLD_FD ? "descriptor " : "",
		 holder_text(holder, held), holder->pid);
}

static int report_failed(const struct relink_context *context, const struct item *item)
{
	const struct relink *relink = context->relink;
	bool copyable = item_copy_helps(item) && !relink->copy;
	char held[64];

	describe_holder(item, held);
	return message_failed("cannot relink %s (%s): %s; nothing was changed%s%s",
			      item->found->path, held, item->error.text,
			      copyable ? ": --copy copies what cannot be linked" :
			      "", relink->fd_count == 1 ? "" : copyable ?
			      ", --partial leaves it out" :
			      ": --partial leaves it out");
}

static void relink_item(struct relink_context *context, struct item *item)
{
	if (item->found->reason && !item_is_made_again(item) &&
	    !(context->relink->copy && S_ISREG(item->found->file.mode))) {
		item->err = error_set(&item->error, item->found->err, "%s",
				      item->found->reason);
		item->state = ITEM_FAILED;
	} else {
		item->err = relink_name(context, item);
		/* Of the user's own place it is known what a copy would do there. */
		item->nowhere = item->err && !context->relink->to;
		if (item->err)
			item->state = ITEM_FAILED;
		else if (item->state == ITEM_WAITING)
			item_relink(item, context->pv, context->relink->copy);
	}
}

static int relink_items(struct relink_context *context)
{
	const struct relink *relink = context->relink;
	struct error error;
	size_t i;

	for (i = 0; i < context->items.count; i++) {
		struct item *item = &context->items.item[i];

		if (item->state == ITEM_WAITING)
			relink_item(context, item);
		if (interrupted())
			return message_failed("interrupted: nothing was changed");
		/* Who names a descriptor wants more than to hear that it is none. */
		if ((item->state == ITEM_FAILED ||
		     (item->state == ITEM_SKIPPED && relink->fd_count)) &&
		    !relink->partial)
			return report_failed(context, item);
	}
	for (i = context->items.count; i--;)
		if (item_seal(&context->items.item[i]))
			return report_failed(context, &context->items.item[i]);
	if (make_dirs_seal(&context->dirs, &error))
		return message_failed("%s; nothing was changed", error.text);
	return STATUS_DONE;
}

static void undo(struct relink_context *context)
{
	size_t i = context->items.count;

	make_dirs_unseal(&context->dirs);
	while (i--)
		item_undo(&context->items.item[i]);
	make_dirs_undo(&context->dirs);
}

/* ---- What others have to do with it ---- */

static int recheck(struct relink_context *context)
{
	struct relink *relink = context->relink;

	return relink->recheck ? relink->recheck(relink, context->pv) : STATUS_DONE;
}

static int commit(struct relink_context *context)
{
	struct relink *relink = context->relink;
	int status = relink->commit ? relink->commit(relink) : STATUS_DONE;

	if (status == STATUS_DONE && relink->commit && interrupted())
		status = message_failed("interrupted: nothing was changed");
	if (status != STATUS_DONE)
		manifest_withdraw(&context->writer);
	return status;
}

/* ---- On disk ---- */

static int sync_user_path(const struct user_path *to,
			  struct error *error)
{
	if (to->dirfd < 0 || (!fsync(to->dirfd) && !syncfs(to->dirfd)))
		return 0;
	return error_set(error, -errno, "cannot sync the filesystem: %s",
			 strerror(errno));
}

static int sync_names(struct relink_context *context)
{
	struct relink *relink = context->relink;
	struct error error;

	if (relink->sync && (make_dirs_sync(&context->dirs, &error) ||
			     sync_user_path(&context->user_path, &error)))
		return message_failed("%s; nothing was changed", error.text);
	if (interrupted())
		return message_failed("interrupted: nothing was changed");
	if (!relink->manifest_path)
		return STATUS_DONE;
	return manifest_write(&context->writer, &relink->manifest) ?:
	       commit(context);
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

static int relink_all(struct relink_context *context)
{
	int status;

	status = freeze(context) ?:
		 list_pids(context) ?:
		 recheck(context) ?:
		 read_mounts(context) ?:
		 find_files(context) ?:
		 choose(context) ?:
		 relink_items(context) ?:
		 relink_record(context);
	freeze_end(&context->freeze);
	if (status == STATUS_DONE)
		status = check_partial(context->relink);
	if (status == STATUS_DONE)
		status = sync_names(context);
	if (status == STATUS_DONE)
		warn_of_failed(context->relink);
	else
		undo(context);
	return status;
}

int relink(struct relink *relink, struct pv *pv)
{
	struct relink_context context = {
		.relink = relink,
		.pv = pv,
		.writer = { .fd = -1 },
		.user_path = { .dirfd = -1 },
		.next_key = 1,
	};
	int status;

	interrupt_catch();
	status = begin_manifest(&context) ?: relink_all(&context);
	user_path_close(&context.user_path);
	make_dirs_free(&context.dirs);
	items_free(&context.items);
	unlinked_list_free(&context.list);
	mounts_free(&context.mounts);
	manifest_close(&context.writer);
	free(context.checkpoint);
	return status;
}
