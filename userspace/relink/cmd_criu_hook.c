// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm criu-hook: relink for criu, as its action script.
 *
 * criu copies a file that has no link left into its images, up to a limit.  One that
 * has a link somewhere it takes as it is, with --link-remap: it makes a link of its
 * own beside where the file lay, which its restore uses and removes.  So ours are
 * needed only from before the dump reaches the files, which is pre-dump, until it is
 * through, which is post-dump.  Where the dump fails, or criu dies, nobody is called:
 * for that, a process waits for the end of criu.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/connect.h"
#include "base/message.h"
#include "base/options.h"
#include "base/pidref.h"
#include "manifest/manifest.h"
#include "relink/cleanup.h"
#include "relink/commands.h"
#include "relink/name_template.h"
#include "relink/relink.h"

static const struct option options[] = {
	OPTIONS_COMMON
};

/* criu closes standard input: the first file that is opened must not take its place. */
static int open_standard(void)
{
	CLEANUP_CLOSE int fd = -1;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return message_failed("cannot open /dev/null: %s",
					      strerror(errno));
	} while (fd <= STDERR_FILENO);
	return STATUS_DONE;
}

/* By its own path, as what criu gives is one of its descriptors; for free(). */
static char *manifest_path(void)
{
	const char *given = getenv("CRTOOLS_IMAGE_DIR");
	char *images = given ? realpath(given, NULL) : NULL;
	char *path;

	if (!images) {
		message_failed("cannot find the directory of criu's images: %s",
			       given ? strerror(errno) :
			       "no CRTOOLS_IMAGE_DIR is given");
		return NULL;
	}
	if (asprintf(&path, "%s/pathvirt.json", images) < 0) {
		message_out_of_memory();
		path = NULL;
	}
	free(images);
	return path;
}

/* ---- The end ---- */

/* A link that is left is not a reason to give up a checkpoint. */
static int post_dump(void)
{
	CLEANUP_FREE char *path = manifest_path();

	if (!path)
		return STATUS_FAILED;
	if (!access(path, F_OK))
		cleanup_forget(path, false);
	return STATUS_DONE;
}

/* ---- Who waits for the end ---- */

static bool is_there(int fd)
{
	struct stat stat;

	return !fstat(fd, &stat) && stat.st_nlink;
}

/* struct watched - whose end is waited for, and what is to be cleaned up then */
struct watched {
	int criu;
	int manifest;
	const char *path;
};

/* What it has to say goes where criu's log is. */
static int watch(int none, void *arg)
{
	const struct watched *watched = arg;
	struct pollfd end = { .fd = watched->criu, .events = POLLIN };

	(void)none;
	setsid();
	if (chdir("/"))
		message_warning("cannot leave the current directory: %s",
				strerror(errno));
	while (poll(&end, 1, -1) < 0 && errno == EINTR)
		;
	if (is_there(watched->manifest))
		cleanup_forget(watched->path, false);
	return STATUS_DONE;
}

/* The lock tells the next dump into this directory that somebody will clean up. */
static int leave_watcher(int criu, const char *path)
{
	CLEANUP_CLOSE int manifest = open(path, O_RDONLY | O_CLOEXEC);
	struct watched watched = { criu, manifest, path };
	int status = STATUS_DONE, err;
	struct child watcher;

	if (manifest < 0 || flock(manifest, LOCK_EX))
		err = -errno;
	else
		err = child_start(&watcher, 0, watch, &watched);
	if (err) {
		status = message_failed("cannot wait for the end of criu: %s",
					strerror(-err));
		cleanup_forget(path, false);
	}
	return status;
}

/* Of an earlier dump into the same directory, that failed, or was cut off. */
static int clear_away_earlier(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int status = STATUS_DONE;

	if (fd < 0 && errno == ENOENT)
		return STATUS_DONE;
	if (fd < 0 || flock(fd, LOCK_EX))
		status = message_failed("cannot open %s: %s", path,
					strerror(errno));
	else if (is_there(fd))
		status = cleanup_forget(path, false);
	if (fd >= 0)
		close(fd);
	return status;
}

/* ---- The beginning ---- */

/* Is @word on criu's command line? */
static bool criu_was_told(const char *word)
{
	CLEANUP_FREE char *argument = NULL;
	char path[32];
	bool found = false;
	size_t size = 0;
	CLEANUP_FILE FILE *file = NULL;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", getppid());
	file = fopen(path, "re");
	if (!file)
		return false;
	while (!found && getdelim(&argument, &size, '\0', file) > 0)
		found = !strcmp(argument, word);
	return found;
}

/* It removes its own links then, too, in the belief that somebody has a snapshot. */
static void warn_of_leave_running(void)
{
	if (criu_was_told("--leave-running") || criu_was_told("-R"))
		message_warning("criu removes its links when it leaves the process running: take a snapshot of the filesystem in post-dump, or nothing can be restored");
}

static int relink_files(const struct pidref *pidref, char *path)
{
	struct relink asked = {
		.pidref = *pidref,
		.tree = true,
		.template = NAME_TEMPLATE_DEFAULT,
		.partial = true,
		.regular = true,
		.manifest_path = path,
	};
	CLEANUP_PV struct pv *pv = NULL;
	int status = connect_open(&pv) ?: relink(&asked, pv);

	if (status == STATUS_DONE && asked.manifest.file_count)
		warn_of_leave_running();
	if (status == STATUS_DONE)
		printf("pvadm: %zu unlinked files of process %d and its descendants have links until the dump is through\n",
		       asked.manifest.file_count, pidref->pid);
	/* The watcher is not to say it again. */
	fflush(stdout);
	manifest_free(&asked.manifest);
	return status;
}

static int relink_and_watch(const struct pidref *pidref, int criu, char *path)
{
	return clear_away_earlier(path) ?:
	       relink_files(pidref, path) ?:
	       leave_watcher(criu, path);
}

static int pre_dump(const struct command *command)
{
	const char *word = getenv("CRTOOLS_INIT_PID");
	CLEANUP_FREE char *path = manifest_path();
	struct pidref pidref;
	CLEANUP_CLOSE int criu = -1;
	int status;

	if (!path)
		return STATUS_FAILED;
	criu = pidfd_open(getppid(), 0);
	if (criu < 0)
		status = message_failed("cannot take hold of criu: %s",
					strerror(errno));
	else
		status = pidref_open(&pidref, command, word ? word : "");
	if (status == STATUS_DONE) {
		status = relink_and_watch(&pidref, criu, path);
		pidref_close(&pidref);
	}
	return status;
}

static int criu_hook_main(const struct command *command, int argc, char **argv)
{
	const char *action = getenv("CRTOOLS_SCRIPT_ACTION");
	int status;

	while (options_any(command, argc, argv, options) != OPTION_END)
		;
	if (optind < argc)
		return message_usage(command, "unexpected operand \"%s\"",
				     argv[optind]);
	if (!action)
		return message_usage(command, "it is for criu to run: criu dump --link-remap --action-script pvadm-criu-hook");
	status = open_standard();
	if (status != STATUS_DONE)
		return status;
	if (!strcmp(action, "pre-dump"))
		return pre_dump(command);
	if (!strcmp(action, "post-dump"))
		return post_dump();
	return STATUS_DONE;
}

const struct command cmd_criu_hook = {
	.name = "criu-hook",
	.usage = "--help",
	.purpose = "let criu dump unlinked files of any size",
	.help =
"What criu runs as its action script, by the name that takes no argument:\n"
"\n"
"  criu dump -t PID -D IMAGES --link-remap --action-script pvadm-criu-hook\n"
"\n"
"Before the dump, unlinked files of the process and its descendants are given links,\n"
"so that criu need not copy them, and refuses none for its size.  After the dump, or\n"
"when that has failed, these links are removed; criu has made its own.\n"
"The restore needs nothing of it.\n",
	.main = criu_hook_main,
};
