// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm truncate: free the space of a deleted file that somebody still has open.
 *
 * Nothing brings the data back.  So what they are and who uses them is shown first, and
 * a file that a name leads to is not for this: those who know the name know what it is.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/connect.h"
#include "base/json.h"
#include "base/message.h"
#include "base/options.h"
#include "base/output.h"
#include "base/pidref.h"
#include "libpathvirt/libpathvirt.h"
#include "relink/commands.h"
#include "relink/find_unlinked.h"
#include "relink/held_fd.h"
#include "relink/list.h"

#define NO_FD	(-1)

enum {
	OPTION_FD = OPTION_OWN,
	OPTION_YES,
};

static const struct option options[] = {
	{ "fd", required_argument, NULL, OPTION_FD },
	{ "yes", no_argument, NULL, OPTION_YES },
	JSON_OPTIONS,
	OPTIONS_COMMON
};

/*
 * struct truncation - what is asked for
 *
 * @pidref: the process
 * @fd: its descriptor
 * @yes: do not ask
 * @json: print JSON
 */
struct truncation {
	struct pidref pidref;
	int fd;
	bool yes;
	bool json;
};

/* ---- The command line ---- */

static int take_option(const struct command *command,
		       struct truncation *truncation, int code)
{
	switch (code) {
	case OPTION_FD:
		if (truncation->fd != NO_FD)
			return message_usage(command,
					     "more than one descriptor given");
		return held_fd_read(command, optarg, &truncation->fd);
	case OPTION_YES:
		truncation->yes = true;
		break;
	case OPTION_JSON:
		truncation->json = true;
	}
	return STATUS_DONE;
}

static int read_request(const struct command *command, int argc,
			char **argv, struct truncation *truncation)
{
	int code, status;

	while ((code = options_any(command, argc, argv, options)) !=
	       OPTION_END) {
		status = take_option(command, truncation, code);
		if (status != STATUS_DONE)
			return status;
	}
	if (argc - optind != 1)
		return message_usage(command, argc == optind ?
				     "no process given" :
				     "more than one process given");
	if (truncation->fd == NO_FD)
		return message_usage(command,
				     "say which file with --fd: pvadm relink --list %s shows them",
				     argv[optind]);
	if (!truncation->yes && !isatty(STDIN_FILENO))
		return message_usage(command,
				     "there is no terminal to ask at: --yes does it all the same");
	return pidref_open(&truncation->pidref, command, argv[optind]);
}

/* ---- What it is, and whose ---- */

static int find_held(struct pv *pv, const struct truncation *truncation,
		     struct unlinked_list *list, const struct unlinked **found)
{
	pid_t pid = truncation->pidref.pid;
	int err = find_unlinked(pv, NULL, 0, FIND_KEEP, list);
	size_t i;

	if (err)
		return message_failed("cannot look who holds it: %s%s",
				      *pv_error(pv) ? pv_error(pv) :
				      strerror(-err), connect_advice(err));
	for (i = 0; i < list->count; i++)
		if (held_fd_is(&list->file[i], pid, truncation->fd))
			break;
	if (i == list->count)
		return held_fd_explain(pid, truncation->fd,
				       "is not a deleted file");
	*found = &list->file[i];
	return pidref_check(&truncation->pidref);
}

static int check(const struct unlinked *found)
{
	if (!S_ISREG(found->file.mode))
		return message_failed("%s is not a regular file: it takes no space",
				      found->path);
	if (found->file.links)
		return message_failed("%s has %" PRIu32 " other names: truncate it by one of those",
				      found->path, found->file.links);
	return STATUS_DONE;
}

static int show(const struct unlinked *found, FILE *to)
{
	char *path = pv_path_escape(found->path);
	size_t i;

	if (!path)
		return message_out_of_memory();
	fprintf(to, "%s: %" PRIu64 " bytes, of which %" PRIu64 " are on disk. It is held by\n",
		path, found->size, found->allocated);
	free(path);
	for (i = 0; i < found->holder_count; i++) {
		const struct holder *holder = &found->holders[i];
		char comm[PIDREF_COMM], text[HOLD_TEXT];
		char *name = pv_path_escape(pidref_comm(holder->pid, comm));

		if (!name)
			return message_out_of_memory();
		fprintf(to, "%7d  %-15s  %s%s\n", holder->pid, name,
			holder_text(holder, text), holder->how == HOLD_MAP ?
			"  (it gets SIGBUS where it touches what it has mapped)" :
			"");
		free(name);
	}
	fflush(to);
	return STATUS_DONE;
}

/* Anything but a "y" means no. */
static int confirm(void)
{
	char answer[16];

	fputs("The data are lost then. Go on? [y/N] ", stderr);
	if (fgets(answer, sizeof(answer), stdin) &&
	    (!strcmp(answer, "y\n") || !strcmp(answer, "yes\n")))
		return STATUS_DONE;
	return message_failed("nothing was changed");
}

/* ---- Doing it ---- */

static int cannot(const struct unlinked *found, int err)
{
	return message_failed("cannot truncate %s: %s", found->path,
			      err == ETXTBSY ? "it is a program that runs" :
			      strerror(err));
}

static int shorten(const struct unlinked *found, uint64_t *freed)
{
	struct stat before, after;
	char link[64];
	int fd, err = 0;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", found->fd);
	fd = open(link, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return cannot(found, errno);
	if (fstat(fd, &before) || ftruncate(fd, 0) || fstat(fd, &after))
		err = errno;
	close(fd);
	if (err)
		return cannot(found, err);
	*freed = before.st_blocks > after.st_blocks ?
		 (before.st_blocks - after.st_blocks) * UINT64_C(512) : 0;
	return STATUS_DONE;
}

static int tell(const struct unlinked *found, uint64_t freed, bool json)
{
	size_t i;

	if (!json) {
		printf("%" PRIu64 " bytes are free\n", freed);
		return output_finish();
	}
	json_begin_object(NULL);
	json_string("path", found->path);
	json_number("size", found->size);
	json_number("freed", freed);
	json_begin_array("holders");
	for (i = 0; i < found->holder_count; i++)
		relink_list_holder_json(&found->holders[i]);
	json_end_array();
	json_end_object();
	return output_finish();
}

static int truncate_found(const struct truncation *truncation,
			  const struct unlinked *found)
{
	int status = check(found);
	uint64_t freed = 0;

	/* JSON is one object, and has it all. */
	if (status == STATUS_DONE && !(truncation->json && truncation->yes))
		status = show(found, truncation->json ? stderr : stdout);
	if (status == STATUS_DONE && !truncation->yes)
		status = confirm();
	if (status == STATUS_DONE)
		status = shorten(found, &freed);
	if (status == STATUS_DONE)
		status = tell(found, freed, truncation->json);
	return status;
}

static int truncate_main(const struct command *command, int argc, char **argv)
{
	struct truncation truncation = {
		.pidref = { .pidfd = -1 },
		.fd = NO_FD,
	};
	struct unlinked_list list = { 0 };
	const struct unlinked *found = NULL;
	struct pv *pv = NULL;
	int status;

	status = read_request(command, argc, argv, &truncation) ?:
		 connect_open(&pv) ?:
		 find_held(pv, &truncation, &list, &found) ?:
		 truncate_found(&truncation, found);
	unlinked_list_free(&list);
	pv_close(pv);
	pidref_close(&truncation.pidref);
	return status;
}

const struct command cmd_truncate = {
	.name = "truncate",
	.usage = "PID --fd N [--yes] [--json | --pretty]",
	.purpose = "free the space of a deleted file that is still open",
	.help =
"Truncate the deleted file that the process has open as descriptor N to nothing, so that\n"
"its space is free though nobody closes it: what it is and who holds it is shown, and\n"
"asked for. The data are lost. A file that has a name left is refused.\n"
"\n"
"  --fd N       the descriptor, as the list of lost files shows it\n"
"  --yes        do not ask, as it must be where there is no terminal\n"
"  -j, --json   print JSON: what was freed, and who holds the file\n"
"  --pretty     print it indented\n"
"\n"
"Who has it mapped gets SIGBUS where it touches that. Who writes on where it was leaves\n"
"a hole in front, which takes no space; who appends begins anew.\n",
	.main = truncate_main,
};
