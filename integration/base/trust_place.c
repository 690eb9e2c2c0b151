// SPDX-License-Identifier: GPL-2.0
/*
 * Who may change where a path leads.
 *
 * The path is walked as the kernel would, one component after the other, but by
 * descriptors, so what was looked at is what is gone through.  As long as all directories
 * so far are root's alone, nobody can put something else at the next name, and the same
 * path leads to the same place when it is looked up once more.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "trust.h"
#include "why.h"

/* As many as the kernel follows. */
#define MOST_LINKS	40

/*
 * struct walk - a walk that is under way
 *
 * @dir: the directory that has been reached, O_PATH
 * @rest: what is still to be walked, on the heap
 * @links: symbolic links followed
 * @use: what its end is to be used as
 * @why: as with trust_place()
 */
struct walk {
	int dir;
	char *rest;
	unsigned int links;
	enum trust_use use;
	char **why;
};

/* What @fd is called now; for messages only. */
static const char *name_of(int fd, char name[PATH_MAX])
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, name, PATH_MAX - 1);
	if (length < 0)
		return "a directory on the way";
	name[length] = '\0';
	return name;
}

static int lookup_failed(struct walk *walk, const char *name, int err)
{
	char dir[PATH_MAX];

	return why_set(walk->why, -err, "cannot look up \"%s\" in %s: %s", name,
		       name_of(walk->dir, dir), strerror(err));
}

/* What cannot be asked may be that one. */
static bool is_on(int fd, unsigned int magic)
{
	struct statfs fs;

	return fstatfs(fd, &fs) || (unsigned int)fs.f_type == magic;
}

/* A mask that lets somebody of an access control list write shows as the group's bit. */
static int check_object(struct walk *walk, int fd, const struct stat *status, bool last)
{
	bool sticky = last && walk->use == TRUST_TEMPORARY && status->st_mode & S_ISVTX;
	char name[PATH_MAX];

	if (status->st_uid)
		return why_set(walk->why, -EPERM, "%s belongs to user %u",
			       name_of(fd, name), status->st_uid);
	if (status->st_mode & 022 && !sticky)
		return why_set(walk->why, -EPERM, "%s may be written by others (mode %04o%s)",
			       name_of(fd, name), status->st_mode & 07777,
			       status->st_mode & 020 ? ", group or ACL" : "");
	/* Some user's program, which says of owners and modes what it likes. */
	if (is_on(fd, FUSE_SUPER_MAGIC))
		return why_set(walk->why, -EPERM, "%s is what a FUSE server says",
			       name_of(fd, name));
	return 0;
}

/* Takes the next component out of the rest, NULL at its end; and is it the last one? */
static char *next_component(struct walk *walk, bool *last)
{
	char *begin = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(begin, "/");
	char *name = strndup(begin, length);

	*last = !begin[length + strspn(begin + length, "/")];
	if (name)
		memmove(walk->rest, begin + length, strlen(begin + length) + 1);
	return name;
}

static int go_to(struct walk *walk, int fd)
{
	close(walk->dir);
	walk->dir = fd;
	return 0;
}

static int go_to_root(struct walk *walk)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return -errno;
	go_to(walk, fd);
	if (fstat(fd, &status))
		return -errno;
	return check_object(walk, fd, &status, false);
}

/* The link @fd, named @name: its target comes in front of the rest. */
static int follow(struct walk *walk, int fd, const char *name)
{
	char target[PATH_MAX], *rest;
	ssize_t length;

	/* Such a link leads to a place, whatever it reads: a working directory, a file. */
	if (is_on(fd, PROC_SUPER_MAGIC))
		return why_set(walk->why, -EPERM, "%s is a link of a process",
			       name_of(fd, target));
	if (++walk->links > MOST_LINKS)
		return lookup_failed(walk, name, ELOOP);
	length = readlinkat(fd, "", target, sizeof(target) - 1);
	if (length < 0)
		return lookup_failed(walk, name, errno);
	target[length] = '\0';
	if (asprintf(&rest, "%s/%s", target, walk->rest) < 0)
		return -ENOMEM;
	free(walk->rest);
	walk->rest = rest;
	return *target == '/' ? go_to_root(walk) : 0;
}

static int step(struct walk *walk, const char *name, bool last)
{
	int fd = openat(walk->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	int err;

	if (fd < 0 || fstat(fd, &status)) {
		err = lookup_failed(walk, name, errno);
	} else if (S_ISLNK(status.st_mode)) {
		err = follow(walk, fd, name);
	} else {
		err = check_object(walk, fd, &status, last);
		if (!err)
			return go_to(walk, fd);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int walk_on(struct walk *walk)
{
	int err = go_to_root(walk);
	bool last = false;
	char *name;

	while (!err) {
		name = next_component(walk, &last);
		if (!name)
			return -ENOMEM;
		if (!*name) {
			free(name);
			break;
		}
		err = step(walk, name, last);
		free(name);
	}
	return err;
}

int trust_place(const char *path, enum trust_use use, char **why)
{
	struct walk walk = {
		.dir = -1, .rest = strdup(path), .use = use, .why = why,
	};
	int err = -ENOMEM;

	if (walk.rest)
		err = walk_on(&walk);
	if (walk.dir >= 0)
		close(walk.dir);
	free(walk.rest);
	return err;
}
