// SPDX-License-Identifier: GPL-2.0
/*
 * The user whose session it is, and what "%" and "$" stand for in his map.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <security/pam_modutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "user.h"

int user_find(struct user *user, pam_handle_t *pamh)
{
	const char *name;
	int ret = pam_get_user(pamh, &name, NULL);

	if (ret != PAM_SUCCESS)
		return ret;
	user->pamh = pamh;
	user->entry = pam_modutil_getpwnam(pamh, name);
	return user->entry ? PAM_SUCCESS : PAM_USER_UNKNOWN;
}

/* What is no component of a path would name somebody else's. */
static char *component(const char *name)
{
	errno = EINVAL;
	return strchr(name, '/') ? NULL : strdup(name);
}

static char *number(uid_t uid)
{
	char *text;

	return asprintf(&text, "%u", uid) < 0 ? NULL : text;
}

static char *host_name(void)
{
	struct utsname host;

	return uname(&host) ? NULL : strdup(host.nodename);
}

/* What every session has, and what PAM's modules have set for this one. */
static const char *variable(const struct user *user, const char *name)
{
	if (!strcmp(name, "HOME"))
		return user->entry->pw_dir;
	if (!strcmp(name, "USER") || !strcmp(name, "LOGNAME"))
		return user->entry->pw_name;
	if (!strcmp(name, "SHELL"))
		return user->entry->pw_shell;
	return pam_getenv(user->pamh, name);
}

char *user_value(const char *name, void *arg)
{
	const struct user *user = arg;
	const char *value;

	errno = ENOENT;
	if (*name == '$') {
		value = variable(user, name + 1);
		return value ? strdup(value) : NULL;
	}
	switch (name[1]) {
	case 'u':
		return component(user->entry->pw_name);
	case 'U':
		return number(user->entry->pw_uid);
	case 'h':
		return host_name();
	}
	return NULL;
}
