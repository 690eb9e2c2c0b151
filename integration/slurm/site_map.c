// SPDX-License-Identifier: GPL-2.0
/*
 * The map of the site.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../base/attach.h"
#include "../base/map.h"
#include "../base/trust.h"
#include "../base/why.h"
#include "environment.h"
#include "site_map.h"

static char *number(unsigned int value)
{
	char *text;

	return asprintf(&text, "%u", value) < 0 ? NULL : text;
}

static char *copy(const char *value)
{
	return value ? strdup(value) : NULL;
}

/* The name of a job is its user's choice, and may be no component of a path. */
static char *component(const char *value)
{
	errno = value ? EINVAL : ENOENT;
	return value && !strchr(value, '/') && strcmp(value, ".") ? strdup(value) : NULL;
}

static char *host_name(void)
{
	struct utsname host;

	return uname(&host) ? NULL : strdup(host.nodename);
}

/* A pv_variable_fn over a struct job. */
static char *job_value(const char *name, void *arg)
{
	const struct job *job = arg;
	const struct passwd *user = getpwuid(job->uid);

	errno = ENOENT;
	if (!strcmp(name, "$HOME"))
		return copy(user ? user->pw_dir : NULL);
	if (*name == '$')
		return copy(environment_get(job->variables, name + 1));
	switch (name[1]) {
	case 'u':
		return component(user ? user->pw_name : NULL);
	case 'U':
		return number(job->uid);
	case 'h':
		return host_name();
	case 'j':
		return number(job->number);
	case 'x':
		return component(environment_get(job->variables, "SLURM_JOB_NAME"));
	}
	return NULL;
}

int site_map_rules(struct pv_rules *rules, int argc, char **argv, struct job *job,
		   char **why)
{
	const struct variables variables = { job_value, job };
	int i, taken;

	for (i = 0; i < argc; i++) {
		taken = map_word(rules, argv[i], &variables, why);
		if (!taken)
			taken = why_set(why, -EINVAL,
					"plugstack.conf: there is no option \"%s\"; there are map= and map_file=",
					argv[i]);
		if (taken < 0)
			return taken;
	}
	return 0;
}

/* That is all that the kernel goes by at a look-up; it does not fail, so ask. */
static bool set_rights(uid_t uid, gid_t gid)
{
	setfsgid(gid);
	setfsuid(uid);
	return (uid_t)setfsuid(-1) == uid && (gid_t)setfsgid(-1) == gid;
}

/* @own: the groups of this process, @count of them. */
static int attach_as(const struct pv_rules *rules, const struct job *job,
		     const gid_t *own, int count, char **why)
{
	int err = -EPERM;

	if (!setgroups(job->group_count, job->groups) && set_rights(job->uid, job->gid))
		err = attach_self(rules, 0, why);
	else
		why_set(why, err, "cannot take the rights of user %u", job->uid);
	if (!set_rights(geteuid(), getegid()) || setgroups(count, own))
		err = why_set(why, -EPERM, "cannot take root's rights back");
	return err;
}

int site_map_attach(const struct pv_rules *rules, const struct job *job, char **why)
{
	int count = getgroups(0, NULL), err;
	gid_t *own = calloc(count + 1, sizeof(*own));

	if (!own)
		return -ENOMEM;
	count = getgroups(count, own);
	err = trust_rules(rules, why);
	if (!err && count < 0)
		err = why_set(why, -errno, "getgroups: %s", strerror(errno));
	if (!err)
		err = attach_as(rules, job, own, count, why);
	free(own);
	return err;
}
