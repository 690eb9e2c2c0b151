// SPDX-License-Identifier: GPL-2.0
/*
 * Running a command in namespaces.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/command.h"
#include "base/exec.h"
#include "base/message.h"
#include "base/options.h"
#include "ns/exec.h"

static bool parse_id(const char *word, unsigned int *id)
{
	size_t digits = strspn(word, "0123456789");
	unsigned long long value;

	if (!digits || word[digits])
		return false;
	errno = 0;
	value = strtoull(word, NULL, 10);
	*id = value;
	return !errno && value < UINT32_MAX;
}

/* With or without SIG, or its number. */
static int parse_signal(const char *word)
{
	char *end;
	int number;

	if (!word)
		return SIGKILL;
	number = strtol(word, &end, 10);
	if (*word && !*end)
		return number > 0 && number < NSIG ? number : 0;
	if (!strncasecmp(word, "SIG", 3))
		word += 3;
	for (number = 1; number < NSIG; number++) {
		const char *name = sigabbrev_np(number);

		if (name && !strcasecmp(name, word))
			return number;
	}
	return 0;
}

int ns_exec_take(struct ns_exec *exec, const struct command *command,
		 int code, const char *argument)
{
	switch (code) {
	case 'S':
		if (!parse_id(argument, &exec->uid))
			return message_usage(command, "\"%s\" is not a user id",
					     argument);
		break;
	case 'G':
		if (!parse_id(argument, &exec->gid))
			return message_usage(command, "\"%s\" is not a group id",
					     argument);
		break;
	case 'w':
		exec->directory = argument;
		break;
	case OPTION_PRESERVE_CREDENTIALS:
		exec->preserve = true;
		break;
	case OPTION_KILL_CHILD:
		exec->kill_child = parse_signal(argument);
		if (!exec->kill_child)
			return message_usage(command, "\"%s\" is not a signal",
					     argument);
		break;
	}
	return STATUS_DONE;
}

/* What was not asked for is not missed where it is not to be had. */
static int set_gid(const struct ns_exec *exec, bool user)
{
	bool asked = exec->gid != (gid_t)-1;

	if (!asked && !user)
		return STATUS_DONE;
	/* Not allowed where setgroups is denied: there are none to lose. */
	if (setgroups(0, NULL) && errno != EPERM)
		return message_failed("cannot drop groups: %s",
				      strerror(errno));
	if (setgid(asked ? exec->gid : 0) && asked)
		return message_failed("cannot become group %u: %s: name one that the namespace has, see its gid_map",
				      exec->gid, strerror(errno));
	return STATUS_DONE;
}

static int set_uid(const struct ns_exec *exec, bool user)
{
	bool asked = exec->uid != (uid_t)-1;

	if (!asked && !user)
		return STATUS_DONE;
	if (setuid(asked ? exec->uid : 0) && asked)
		return message_failed("cannot become user %u: %s: name one that the namespace has, see its uid_map",
				      exec->uid, strerror(errno));
	return STATUS_DONE;
}

int ns_exec(const struct ns_exec *as, bool user, char **command)
{
	int status = STATUS_DONE;

	if (as->directory && chdir(as->directory))
		return message_failed("cannot go to %s: %s: name a directory that the namespace has",
				      as->directory, strerror(errno));
	if (!as->preserve)
		status = set_gid(as, user);
	if (status == STATUS_DONE && !as->preserve)
		status = set_uid(as, user);
	if (status != STATUS_DONE)
		return status;
	/* At the end: what changes who we are takes it away. */
	if (as->kill_child && !child_die_with_parent(as->kill_child, as->life))
		return STATUS_FAILED;
	if (as->last)
		status = as->last(as->data);
	return status ?: exec_program(command[0], command);
}
