// SPDX-License-Identifier: GPL-2.0
/*
 * Which rules touch what root trusts.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust.h"
#include "why.h"

/*
 * Where programs that run as root look for what to do: configuration, programs, libraries,
 * sockets of daemons, state.  A rule touches one if it covers it, or something below it.
 */
static const char * const trusted[] = {
	"/bin", "/boot", "/dev", "/etc", "/gnu", "/lib", "/lib32", "/lib64", "/libo32",
	"/libx32", "/nix", "/opt", "/proc", "/root", "/run", "/sbin", "/snap", "/sys",
	"/usr", "/var/backups", "/var/cache", "/var/db", "/var/lib", "/var/local",
	"/var/lock", "/var/log", "/var/mail", "/var/opt", "/var/run", "/var/spool",
};

/* Where they make files that nobody else is to rename. */
static const char * const temporary[] = { "/dev/shm", "/tmp", "/var/tmp" };

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/* Is @path @dir, or below it? */
static bool is_in(const char *path, const char *dir)
{
	size_t length = strlen(dir);

	if (!strcmp(dir, "/"))
		return true;
	return !strncmp(path, dir, length) && (!path[length] || path[length] == '/');
}

/*
 * @path without symbolic links, as far as it is there: for free().  Both spellings of a
 * place count, as /lib and /usr/lib do.
 */
static char *resolve(const char *path)
{
	char *head = strdup(path), *real = NULL, *result = NULL, *slash;

	while (head && *head) {
		real = realpath(head, NULL);
		if (real || errno == ENOMEM)
			break;
		slash = strrchr(head, '/');
		*slash = '\0';
	}
	if (real && asprintf(&result, "%s%s", strcmp(real, "/") ? real : "",
			     path + (strcmp(head, "/") ? strlen(head) : 0)) < 0)
		result = NULL;
	if (!real && head && !*head)
		result = strdup(path);
	free(real);
	free(head);
	return result;
}

/* Is one the other, or, but for @exactly, does one lie in the other? */
static bool touches(const char *one, const char *other, bool exactly)
{
	if (exactly)
		return !strcmp(one, other);
	return is_in(one, other) || is_in(other, one);
}

/* Does @original, in either spelling, touch one of @list, in either spelling? */
static int touches_any(const char *original, const char *real,
		       const char * const *list, size_t count, bool exactly)
{
	char *place;
	size_t i;
	bool found = false;

	for (i = 0; i < count && !found; i++) {
		place = resolve(list[i]);
		if (!place)
			return -ENOMEM;
		found = touches(original, list[i], exactly) ||
			touches(original, place, exactly) ||
			touches(real, list[i], exactly) ||
			touches(real, place, exactly);
		free(place);
	}
	return found;
}

/* What NEW has to be, for those who are told that it is not. */
static const char *advice(enum trust_use use)
{
	if (use == TRUST_TEMPORARY)
		return "let NEW be root's and sticky, and lie where only root may write";
	return "root trusts what is there; let NEW lie where only root may write";
}

/*
 * A place that cannot be looked at is not trusted, whatever the reason: whoever calls su may
 * have left it no descriptors.
 */
static int check_target(const char *original, const char *target, enum trust_use use,
			char **why)
{
	char *reason = NULL;
	int err = trust_place(target, use, &reason);

	if (err == -EPERM)
		why_set(why, err, "%s=%s is refused: %s; %s", original, target,
			why_text(reason, err), advice(use));
	else if (err)
		why_set(why, err, "%s=%s: %s", original, target, why_text(reason, err));
	free(reason);
	return err;
}

/* 1 with @use if a rule for @original has to be looked at, 0 if not, or -ENOMEM. */
static int is_trusted(const char *original, enum trust_use *use)
{
	char *real = resolve(original);
	int found;

	if (!real)
		return -ENOMEM;
	*use = TRUST_TEMPORARY;
	found = touches_any(original, real, temporary, COUNT(temporary), true);
	if (!found) {
		*use = TRUST_SYSTEM;
		found = touches_any(original, real, trusted, COUNT(trusted), false);
	}
	free(real);
	return found;
}

static int check_rule(const char *original, const char *target, char **why)
{
	enum trust_use use;
	int found;

	/* An exception leads nowhere. */
	if (!strcmp(original, target))
		return 0;
	found = is_trusted(original, &use);
	return found > 0 ? check_target(original, target, use, why) : found;
}

int trust_rules(const struct pv_rules *rules, char **why)
{
	size_t i;
	int err = 0;

	for (i = 0; i < pv_rules_count(rules) && !err; i++)
		err = check_rule(pv_rules_original(rules, i), pv_rules_target(rules, i),
				 why);
	return err;
}
