// SPDX-License-Identifier: GPL-2.0
/* Path: names as they are spelled. */
#include <linux/errno.h>
#include <linux/string.h>

#include "rules/path.h"

/**
 * pv_path_dots - find the first ".." component of a path
 * @path: the path; it begins with "/" or is empty
 *
 * Return: where the component begins, or NULL if there is none.
 */
const char *pv_path_dots(const char *path)
{
	const char *p;

	for (p = strchr(path, '.'); p; p = strchr(p + 1, '.'))
		if (p > path && p[-1] == '/' && p[1] == '.' &&
		    (p[2] == '/' || !p[2]))
			return p;
	return NULL;
}

/**
 * pv_path_normalise - bring an absolute path into the form that rules have
 * @path: the path, changed in place; it becomes "" for the root directory
 *
 * Return: the length of the result, -EINVAL if @path is not absolute,
 * -ELOOP if it has a ".." component, which only a walk could take away,
 * -ENAMETOOLONG if it does not fit PATH_MAX.
 */
int pv_path_normalise(char *path)
{
	const char *from = path;
	char *to = path;

	if (*from != '/')
		return -EINVAL;
	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;

	for (;;) {
		from = pv_path_skip_noops(from);
		if (!*from)
			break;
		if (from[0] == '.' && from[1] == '.' &&
		    (from[2] == '/' || !from[2]))
			return -ELOOP;
		*to++ = '/';
		while (*from && *from != '/')
			*to++ = *from++;
	}
	*to = '\0';
	return to - path;
}

/**
 * pv_path_is_normal - is a path as pv_path_normalise() would leave it?
 * @path: the path; a ".." counts as a component like any other
 *
 * Return: true if it is.
 */
bool pv_path_is_normal(const char *path)
{
	const char *slash;

	if (*path != '/' && pv_path_skip_noops(path) != path)
		return false;
	for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		if (!slash[1] || pv_path_skip_noops(slash + 1) != slash + 1)
			return false;
	return true;
}

/**
 * pv_path_squeeze - take out of an absolute path what changes nothing
 * @path: the path, changed in place
 *
 * Unlike pv_path_normalise() it leaves the end as it means something there: a
 * "/" or "/." behind the last component.
 */
void pv_path_squeeze(char *path)
{
	const char *from = path, *next;
	char *to = path;

	while (*from) {
		next = *from == '/' ? pv_path_skip_noops(from + 1) : from + 1;
		*to++ = *from;
		if (!*next && next > from + 1 && next[-1] == '.')
			*to++ = '.';
		from = next;
	}
	*to = '\0';
}

/**
 * pv_path_fold - take ".." components out of an absolute path by name
 * @path: the path, changed in place
 *
 * Right where no component before a ".." is a symbolic link.  All else in the
 * path stays as it is.
 */
void pv_path_fold(char *path)
{
	char *from = path, *to = path;

	while (*from) {
		if (!strncmp(from, "/..", 3) && (from[3] == '/' || !from[3])) {
			from += 3;
			/* Back over what changes nothing, then a component. */
			while (to > path && (to[-1] == '/' ||
					     (to[-1] == '.' && to[-2] == '/')))
				to--;
			while (to > path && *--to != '/')
				;
			continue;
		}
		do {
			*to++ = *from++;
		} while (*from && *from != '/');
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
}
