// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm monitor: tell what happens to attached processes.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/connect.h"
#include "base/json.h"
#include "base/message.h"
#include "base/options.h"
#include "base/output.h"
#include "rules/commands.h"

static const struct option options[] = {
	JSON_OPTIONS,
	OPTIONS_COMMON
};

/*
 * struct monitor - what to tell, and how
 *
 * @pid: only of this process and of children that inherit from it; 0: of all
 * @json: as JSON
 */
struct monitor {
	pid_t pid;
	bool json;
};

static const char *event_name(enum pv_event_type type)
{
	switch (type) {
	case PV_EVENT_LOST:
		return "lost";
	case PV_EVENT_ATTACH:
		return "attach";
	case PV_EVENT_DETACH:
		return "detach";
	case PV_EVENT_INHERIT:
		return "inherit";
	case PV_EVENT_EXEC:
		return "exec";
	case PV_EVENT_EXIT:
		return "exit";
	}
	return "unknown";
}

static void print_json(const struct pv_event *event)
{
	json_begin_object(NULL);
	json_string("event", event_name(event->type));
	if (event->pid)
		json_number("pid", event->pid);
	if (event->parent)
		json_number("parent", event->parent);
	json_end_object();
}

static void print_text(const struct pv_event *event)
{
	printf("%-7s", event_name(event->type));
	if (event->pid)
		printf(" %u", event->pid);
	if (event->parent)
		printf(" parent %u", event->parent);
	putchar('\n');
}

/* One event; what it returns ends the reading. */
static int print_event(const struct pv_event *event, void *arg)
{
	const struct monitor *monitor = arg;
	uint32_t pid = monitor->pid;

	if (pid && event->type != PV_EVENT_LOST && event->pid != pid &&
	    event->parent != pid)
		return 0;
	if (monitor->json)
		print_json(event);
	else
		print_text(event);
	return fflush(stdout) ? -EIO : 0;
}

static void finish(int signal)
{
	(void)signal;
	_exit(STATUS_DONE);	/* whole lines are out, a half one is dropped */
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = finish };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGPIPE, &action, NULL);
}

/* The module tells what it has to tell of before it answers this. */
static void flush_events(struct pv *pv)
{
	struct pv_status *status;

	if (!pv_status(pv, &status))
		pv_status_free(status);
}

/* Until the reader of our output is gone, or the process that we watch. */
static int watch(struct pv *pv, int events, int pidfd, struct monitor *monitor)
{
	enum { EVENTS, READER, PROCESS };
	struct pollfd fds[] = {
		[EVENTS] = { .fd = events, .events = POLLIN },
		[READER] = { .fd = STDOUT_FILENO },
		[PROCESS] = { .fd = pidfd, .events = POLLIN },
	};
	int err;

	do {
		if (poll(fds, 3, -1) < 0)
			return message_failed("cannot wait for events: %s",
					      strerror(errno));
		if (fds[PROCESS].revents)
			flush_events(pv);
		err = pv_monitor_read(pv, print_event, monitor);
	} while (!err && !fds[READER].revents && !fds[PROCESS].revents);

	if (ferror(stdout))
		return output_finish();
	if (err)
		return message_failed("cannot read events: %s", pv_error(pv));
	return STATUS_DONE;
}

static int monitor(struct pv *pv, const struct pidref *pidref, bool json)
{
	struct monitor monitor = { .pid = pidref->pid, .json = json };
	int events = pv_monitor_start(pv);

	if (events < 0)
		return message_failed("cannot monitor: %s%s", pv_error(pv),
				      connect_advice(events));
	catch_signals();
	return watch(pv, events, pidref->pidfd, &monitor);
}

static int monitor_main(const struct command *command, int argc, char **argv)
{
	struct pidref pidref;
	bool json = false;
	const char *word;
	CLEANUP_PV struct pv *pv = NULL;
	int status;

	while (options_any(command, argc, argv, options) != OPTION_END)
		json = true;
	status = pidref_operand(command, argc, argv, &word);
	if (status != STATUS_DONE)
		return status;
	status = connect_about(&pv, &pidref, command, word) ?:
		 monitor(pv, &pidref, json);
	pidref_close(&pidref);
	return status;
}

const struct command cmd_monitor = {
	.name = "monitor",
	.usage = "[PID] [--json | --pretty]",
	.purpose = "tell what happens to attached processes, as it happens",
	.help =
"Print a line for each event: attach, detach, inherit (a child was made), exec,\n"
"exit, and lost where events came too fast.  With PID, only those of that process\n"
"and of the children it makes, until it ends.  Ctrl-C ends it, with status 0.  It\n"
"needs CAP_SYS_ADMIN in the initial user namespace.\n"
"\n"
"  -j, --json   print JSON, one object a line\n"
"  --pretty     print it indented\n",
	.main = monitor_main,
};
