// SPDX-License-Identifier: GPL-2.0
/*
 * What stays as it is when a process is attached: what it has open, mapped and current;
 * and what it will not be let have.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/command.h"
#include "base/descendants.h"
#include "base/files.h"
#include "base/json.h"
#include "base/message.h"
#include "base/output.h"
#include "base/procfs.h"
#include "rules/attach_check.h"
#include "rules/check_new.h"
#include "rules/profile.h"

/*
 * struct check - how far the check has come
 *
 * @rules: whose ORIGINALs count
 * @json: how it is printed
 * @headed: the heading has been printed
 * @pid: the process that is looked at
 */
struct check {
	const struct pv_rules *rules;
	bool json;
	bool headed;
	pid_t pid;
};

static bool lies_under(const char *path, const char *above)
{
	size_t length = strlen(above);

	/* "/" has one already. */
	while (length && above[length - 1] == '/')
		length--;
	return !strncmp(path, above, length) &&
	       (!path[length] || path[length] == '/');
}

/* Do rules lead it elsewhere?  The first that matches counts. */
static bool is_moved(const struct pv_rules *rules, const char *path)
{
	size_t i;

	for (i = 0; i < pv_rules_count(rules); i++)
		if (lies_under(path, pv_rules_original(rules, i)))
			return strcmp(pv_rules_original(rules, i),
				      pv_rules_target(rules, i));
	return false;
}

static void print_json(const struct check *check, const char *what, const char *path)
{
	json_begin_object(NULL);
	json_number("pid", check->pid);
	json_string("what", isdigit((unsigned char)*what) ? "fd" : what);
	if (isdigit((unsigned char)*what))
		json_number("fd", strtoul(what, NULL, 10));
	json_string("path", path);
	json_end_object();
}

/* @what: "cwd", "root", "exe", "map", "profile", or the number of a descriptor. */
static void print(struct check *check, const char *what, const char *path)
{
	char *escaped;

	if (check->json) {
		print_json(check, what, path);
		return;
	}
	if (!check->headed)
		printf("%7s  %-8s  %s\n", "PID", "HOLDS", "PATH");
	check->headed = true;
	escaped = pv_path_escape(path);
	printf("%7d  %s%-*s  %s\n", check->pid,
	       isdigit((unsigned char)*what) ? "fd " : "",
	       isdigit((unsigned char)*what) ? 5 : 8, what,
	       escaped ? escaped : path);
	free(escaped);
}

/* The same, if it lies below an ORIGINAL. */
static void print_held(struct check *check, const char *what, const char *path)
{
	if (*path == '/' && is_moved(check->rules, path))
		print(check, what, path);
}

static void look_at_link(struct check *check, int dirfd, const char *name)
{
	char path[PATH_MAX + 16];
	ssize_t length = readlinkat(dirfd, name, path, sizeof(path) - 1);

	if (length < 0)
		return;
	path[length] = '\0';
	print_held(check, name, path);
}

static void look_at_descriptors(struct check *check, int proc)
{
	DIR *dir = files_opendir(proc, "fd");
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at_link(check, dirfd(dir), entry->d_name);
	closedir(dir);
}

/* Behind five fields; what is mapped twice in a row is told once. */
static void look_at_maps(struct check *check, int proc)
{
	int fd = openat(proc, "maps", O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : procfs_read_fd(fd);
	char *line, *rest = text, *path, *before = "";

	while (rest && (line = strsep(&rest, "\n"))) {
		path = strchr(line, '/');
		if (!path || !strcmp(path, before))
			continue;
		print_held(check, "map", path);
		before = path;
	}
	free(text);
	if (fd >= 0)
		close(fd);
}

/* Where it will be in the way, NEW. */
static void look_at_profile(struct check *check, pid_t pid)
{
	struct profile_finding finding;

	if (profile_find(pid, check->rules, &finding))
		print(check, "profile", pv_rules_target(check->rules, finding.rule));
}

static int look_at_process(struct check *check, pid_t pid)
{
	static const char * const links[] = { "cwd", "root", "exe" };
	char path[32];
	size_t i;
	int proc;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* It has ended. */
	if (proc < 0)
		return STATUS_DONE;
	if (faccessat(proc, "fd", R_OK | X_OK, AT_EACCESS)) {
		close(proc);
		return message_failed("cannot look at process %d: %s", pid,
				      strerror(errno));
	}
	check->pid = pid;
	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		look_at_link(check, proc, links[i]);
	look_at_descriptors(check, proc);
	look_at_maps(check, proc);
	look_at_profile(check, pid);
	close(proc);
	return STATUS_DONE;
}

static int look_at_tree(struct check *check, pid_t root)
{
	int status = STATUS_DONE, err;
	CLEANUP(pids_free) struct pids pids;
	size_t i;

	err = descendants_add(&pids, root);
	if (err)
		status = message_failed("cannot find the descendants of process %d: %s",
					root, strerror(-err));
	for (i = 0; status == STATUS_DONE && i < pids.count; i++)
		status = look_at_process(check, pids.pid[i]);
	return status;
}

static int look_for_news(const struct pidref *pidref, const struct pv_rules *rules)
{
	size_t first;
	CLEANUP_FREE char *path = NULL;

	if (!check_new(pidref, rules, &first) || first >= pv_rules_count(rules))
		return STATUS_DONE;
	path = pv_path_escape(pv_rules_target(rules, first));
	return message_failed("process %d could not be attached: NEW %s is not there; make it, or say --late",
			      pidref->pid, path ? path : "");
}

int attach_check(const struct pidrefs *pidrefs, const struct pv_rules *rules,
		 bool tree, bool late, bool json)
{
	struct check check = { .rules = rules, .json = json };
	int status = STATUS_DONE;
	size_t i;

	if (json)
		json_begin_array(NULL);
	for (i = 0; status == STATUS_DONE && i < pidrefs->count; i++)
		status = tree ? look_at_tree(&check, pidrefs->pidref[i].pid) :
				look_at_process(&check, pidrefs->pidref[i].pid);
	if (json)
		json_end_array();
	for (i = 0; status == STATUS_DONE && !late && i < pidrefs->count; i++)
		status = look_for_news(&pidrefs->pidref[i], rules);
	return status ?: output_finish();
}
