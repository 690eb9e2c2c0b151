// SPDX-License-Identifier: GPL-2.0
/*
 * Going into namespaces.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/command.h"
#include "base/message.h"
#include "base/procfs.h"
#include "ns/enter.h"

static int explain(enum ns_kind kind, int err)
{
	return message_failed("cannot enter the %s namespace: %s%s",
			      ns_kinds[kind].text, strerror(err), err == EPERM ?
			      ": run pvadm as root or as the owner of the user namespace that it belongs to" : "");
}

int ns_enter_no_child(int err)
{
	/* The kernel's way to say that the namespace is dead. */
	if (err == ENOMEM)
		return message_failed("cannot start a process in the PID namespace: its first process has ended, and nobody can enter it any more");
	return message_failed("cannot start a process: %s", strerror(err));
}

static int go_one(struct ns_set *set, enum ns_kind kind)
{
	if (set->fd[kind] < 0)
		return 0;
	if (setns(set->fd[kind], ns_kinds[kind].flag))
		return errno;
	close(set->fd[kind]);
	set->fd[kind] = -1;
	return 0;
}

int ns_enter(struct ns_set *set)
{
	enum ns_kind kind;
	int err;

	for (kind = NS_USER + 1; kind < NS_KINDS; kind++) {
		err = go_one(set, kind);
		if (err && (err != EPERM || set->fd[NS_USER] < 0))
			return explain(kind, err);
	}
	for (kind = NS_USER; kind < NS_KINDS; kind++) {
		err = go_one(set, kind);
		if (err)
			return explain(kind, err);
	}
	return STATUS_DONE;
}

/* ---- In a process of its own ---- */

/*
 * struct inside - what is to be done where
 *
 * @out: where the result goes; the helper has it
 */
struct inside {
	struct ns_set set;
	ns_inside_fn fn;
	void *data;
	int out;
};

/* Also of no result: nothing at all would be one that was lost. */
static int send_result(int out, struct json_object *result)
{
	const char *text = json_object_to_json_string(result);
	FILE *file = fdopen(out, "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		return message_out_of_memory();
	return STATUS_DONE;
}

static int call(int none, void *arg)
{
	struct inside *inside = arg;
	struct json_object *result = NULL;
	int status = inside->fn(inside->data, &result);

	(void)none;
	if (status == STATUS_DONE)
		status = send_result(inside->out, result);
	return status;
}

/* Exit statuses are ours, so a signal is the only other thing. */
static int wait_for(struct child *child)
{
	int wait = child_wait(child);

	if (wait < 0)
		return message_failed("cannot wait for a helper: %s",
				      strerror(-wait));
	if (WIFEXITED(wait))
		return WEXITSTATUS(wait);
	return message_failed("a helper was ended by signal %d",
			      WTERMSIG(wait));
}

/* Only a child is in a PID namespace that was entered. */
static int call_in_child(struct inside *inside)
{
	struct child child;
	int err = child_start(&child, 0, call, inside);

	return err ? ns_enter_no_child(-err) : wait_for(&child);
}

/*
 * Be the namespace's root where it has one: who it was may be nobody there.  What
 * needs it says so itself.
 */
static void become_root(void)
{
	int ignored = setgroups(0, NULL) | setresgid(0, 0, 0) |
		      setresuid(0, 0, 0);

	(void)ignored;
}

static int enter_and_call(int out, void *arg)
{
	struct inside *inside = arg;
	bool pid = inside->set.fd[NS_PID] >= 0;
	bool user = inside->set.fd[NS_USER] >= 0;
	int status = ns_enter(&inside->set);

	inside->out = out;
	if (status != STATUS_DONE)
		return status;
	if (user)
		become_root();
	return pid ? call_in_child(inside) : call(out, inside);
}

/* What send_result() sent; whether it was all of it. */
static bool take_result(int in, struct json_object **result)
{
	enum json_tokener_error error = json_tokener_error_size;
	struct json_object *taken = NULL;
	char *text = procfs_read_fd(in);

	if (text)
		taken = json_tokener_parse_verbose(text, &error);
	free(text);
	if (result)
		*result = taken;
	else
		json_object_put(taken);
	return error == json_tokener_success;
}

int ns_inside(const struct ns_set *set, ns_inside_fn fn, void *data,
	      struct json_object **result)
{
	struct inside inside = { .set = *set, .fn = fn, .data = data };
	struct child child;
	int err, status;
	bool taken;

	if (result)
		*result = NULL;
	fflush(stdout);
	err = child_start(&child, SOCK_STREAM, enter_and_call, &inside);
	if (err)
		return message_failed("cannot start a helper: %s",
				      strerror(-err));
	taken = take_result(child.fd, result);
	status = wait_for(&child);
	close(child.fd);
	if (status == STATUS_DONE && !taken)
		status = message_failed("cannot read what a helper has found");
	return status;
}
