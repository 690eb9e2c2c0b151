// SPDX-License-Identifier: GPL-2.0
/*
 * Settings of the network.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/procfs.h"
#include "ns/file.h"
#include "ns/report.h"
#include "ns/sysctl.h"

#define SYSCTL	"/proc/sys/"

/* Without the end of the line; NULL if it cannot be read. */
static char *read_value(const char *name)
{
	char path[PATH_MAX], *text;
	size_t length;

	snprintf(path, sizeof(path), SYSCTL "%s", name);
	text = procfs_read(path);
	if (!text)
		return NULL;
	length = strlen(text);
	if (length && text[length - 1] == '\n')
		text[length - 1] = '\0';
	return text;
}

static bool is_writable(const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), SYSCTL "%s", name);
	return !stat(path, &st) && st.st_mode & 0222;
}

/* ---- Saving ---- */

/* struct reading - what is read: see ns_sysctl_read() */
struct reading {
	struct json_object *values, *fixed;
};

static int read_directory(const struct reading *reading, const char *name);

/* Some only who is more privileged may read, and some have no value. */
static int not_there(void)
{
	return error_is_shortage(errno) ? -errno : 0;
}

static int put_value(const struct reading *reading, const char *name,
		     mode_t mode)
{
	CLEANUP_FREE char *value = read_value(name);

	if (!value)
		return not_there();
	ns_put_string(reading->values, name, value);
	if (reading->fixed && !(mode & 0222))
		ns_put_bool(reading->fixed, name, true);
	return 0;
}

static int put_entry(const struct reading *reading, int dirfd,
		     const char *directory, const char *entry)
{
	char name[PATH_MAX];
	struct stat st;

	if (*entry == '.')
		return 0;
	if (fstatat(dirfd, entry, &st, AT_SYMLINK_NOFOLLOW))
		return not_there();
	snprintf(name, sizeof(name), "%s/%s", directory, entry);
	return S_ISDIR(st.st_mode) ? read_directory(reading, name) :
				     put_value(reading, name, st.st_mode);
}

static int read_directory(const struct reading *reading, const char *name)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	int err = 0;
	CLEANUP_DIR DIR *dir = NULL;

	snprintf(path, sizeof(path), SYSCTL "%s", name);
	dir = opendir(path);
	if (!dir)
		return not_there();
	while (!err) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			break;
		err = put_entry(reading, dirfd(dir), name, entry->d_name);
	}
	/* What was removed meanwhile is not there. */
	if (!err)
		err = not_there();
	return err;
}

int ns_sysctl_read(struct json_object *values, struct json_object *fixed)
{
	const struct reading reading = { .values = values, .fixed = fixed };

	return read_directory(&reading, "net");
}

/*
 * What a new namespace has in place of one that is a link's own: it lacks the link, but has
 * what all links begin with.
 */
static void name_default(const char *name, char text[PATH_MAX])
{
	static const char *const kinds[] = { "/conf/", "/neigh/" };
	const char *at = NULL, *end;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !at; i++) {
		at = strstr(name, kinds[i]);
		at = at ? at + strlen(kinds[i]) : NULL;
	}
	end = at ? strchr(at, '/') : NULL;
	if (end)
		snprintf(text, PATH_MAX, "%.*sdefault%s", (int)(at - name), name,
			 end);
	else
		snprintf(text, PATH_MAX, "%s", name);
}

static bool is_as_new(const struct json_object *new, const char *name,
		      const char *value)
{
	char text[PATH_MAX];

	if (ns_get(new, name))
		return !strcmp(ns_get_string(new, name), value);
	name_default(name, text);
	return ns_get(new, text) && !strcmp(ns_get_string(new, text), value);
}

void ns_sysctl_save(struct json_object *net, const struct json_object *here,
		    const struct json_object *fixed,
		    const struct json_object *new)
{
	struct json_object *sysctls = json_object_new_object();
	struct json_object *defaults = json_object_new_object();

	json_object_object_foreach(here, name, value) {
		const char *text = json_object_get_string(value);

		if (!is_as_new(new, name, text))
			ns_put_string(sysctls, name, text);
		else if (!ns_get_bool(fixed, name))
			ns_put_string(defaults, name, text);
	}
	json_object_object_add(net, "sysctls", sysctls);
	json_object_object_add(net, "defaults", defaults);
}

/* ---- Restoring ---- */

/* Whether it is as it was, or could be made so; else 0 or -errno is in @err. */
static bool set_value(const char *name, const char *value, int *err)
{
	char path[PATH_MAX], *text = read_value(name);
	bool same = text && !strcmp(text, value);

	*err = text ? 0 : -errno;
	free(text);
	if (same || *err == -ENOENT)
		return same;
	snprintf(path, sizeof(path), SYSCTL "%s", name);
	/* To write nothing would be to do nothing. */
	*err = procfs_write(path, *value ? value : "\n");
	text = read_value(name);
	same = text && !strcmp(text, value);
	free(text);
	return same;
}

/* One that is all links' changes those of each. */
static int order_of(const char *name)
{
	if (!strstr(name, "/conf/") && !strstr(name, "/neigh/"))
		return 0;
	if (strstr(name, "/conf/all/"))
		return 1;
	return strstr(name, "/conf/default/") || strstr(name, "/neigh/default/") ?
	       2 : 3;
}

static void set_all(const struct ns_settings *values)
{
	int order, err;
	size_t i;

	for (order = 0; order <= 3; order++)
		for (i = 0; i < values->count; i++)
			if (order_of(values->pair[i].name) == order)
				set_value(values->pair[i].name,
					  values->pair[i].text, &err);
}

void ns_sysctl_set(const struct ns_net *net)
{
	set_all(&net->defaults);
	set_all(&net->sysctls);
}

static const char *explain(const char *name, int err)
{
	if (err == -ENOENT)
		return "there is none here";
	if (err == -EROFS)
		return "/proc/sys is read-only here";
	if (!is_writable(name))
		return "it can only be read";
	if (err == -EACCES || err == -EPERM)
		return "it needs more privilege";
	return err ? strerror(-err) : "the kernel takes another value";
}

/* A kernel that lacks what nobody set has its own way in place of it. */
static void check_one(const char *name, const char *value, bool set,
		      struct json_object *report)
{
	int err;

	if (set_value(name, value, &err) || (err == -ENOENT && !set))
		return;
	ns_report_add(report, "net", "%s cannot be set to \"%s\": %s", name,
		      value, explain(name, err));
}

static void check_all(const struct ns_settings *values, bool set,
		      struct json_object *report)
{
	size_t i;

	for (i = 0; i < values->count; i++)
		check_one(values->pair[i].name, values->pair[i].text, set, report);
}

void ns_sysctl_check(const struct ns_net *net, struct json_object *report)
{
	/* Some have changed others that were right before. */
	ns_sysctl_set(net);
	check_all(&net->defaults, false, report);
	check_all(&net->sysctls, true, report);
}
