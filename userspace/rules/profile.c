// SPDX-License-Identifier: GPL-2.0
/*
 * What a profile of AppArmor has against rules.
 *
 * Its names are real ones for whom we attach without being able to mount.  What it says
 * of a name the kernel tells, to everybody; see aa_query_file_path(3).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/cleanup.h"
#include "base/files.h"
#include "base/message.h"
#include "base/pidref.h"
#include "base/procfs.h"
#include "rules/profile.h"

#define ACCESS		"/sys/kernel/security/apparmor/.access"
#define QUERY		"label"
#define CLASS_FILE	2
#define MAY_ANY		7	/* read, write, execute */

/* More entries of a NEW than these are not asked for. */
#define SAMPLE		64

/* Who is confined by a profile in force: its name.  False for all others. */
static bool read_profile(pid_t pid, char profile[PROFILE_NAME])
{
	static const char mode[] = " (enforce)";
	static const char * const files[] = { "apparmor/current", "current" };
	char path[64], *text = NULL, *end = NULL;
	size_t i;

	for (i = 0; !text && i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/attr/%s", pid, files[i]);
		text = procfs_read(path);
	}
	if (text)
		text[strcspn(text, "\n")] = '\0';
	if (text && strlen(text) > strlen(mode))
		end = text + strlen(text) - strlen(mode);
	if (!end || strcmp(end, mode) || end - text >= PROFILE_NAME) {
		free(text);
		return false;
	}
	*end = '\0';
	strcpy(profile, text);
	free(text);
	return true;
}

/* Is the user namespace @owner ours, or one below it?  @owner is closed. */
static bool is_below_ours(int owner)
{
	CLEANUP_CLOSE int ours = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	int next;
	bool below = false;

	while (owner >= 0 && !(below = files_same(owner, ours))) {
		next = ioctl(owner, NS_GET_PARENT);
		close(owner);
		owner = next;
	}
	if (owner >= 0)
		close(owner);
	return below;
}

/* Could we mount something for that process? */
static bool could_mount(pid_t pid)
{
	char path[64], ours[PROFILE_NAME];
	bool could = false;
	int mounts;

	if (!caps_have(CAP_SYS_ADMIN) || read_profile(getpid(), ours))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	mounts = open(path, O_RDONLY | O_CLOEXEC);
	if (mounts >= 0) {
		could = is_below_ours(ioctl(mounts, NS_GET_USERNS));
		close(mounts);
	}
	return could;
}

/* What a profile lets one do with a file: MAY_ANY, or a negative errno. */
static int ask(const char *profile, const char *path)
{
	char query[sizeof(QUERY) + PROFILE_NAME + 1 + PATH_MAX + NAME_MAX + 2];
	unsigned int allow, deny;
	char answer[256];
	ssize_t length;
	int fd, err;

	length = snprintf(query, sizeof(query), QUERY "%c%s%c%c%s", 0, profile, 0,
			  CLASS_FILE, path);
	fd = open(ACCESS, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	length = write(fd, query, length);
	if (length >= 0)
		length = read(fd, answer, sizeof(answer) - 1);
	err = -errno;
	close(fd);
	if (length < 0)
		return err;
	answer[length] = '\0';
	if (sscanf(answer, "allow %x deny %x", &allow, &deny) != 2)
		return -EPROTO;
	return allow & ~deny & MAY_ANY;
}

/* What it lets one do with some of what lies in a directory; @path ends in "/". */
static int ask_inside(const char *profile, int dir, char *path, size_t size)
{
	size_t end = strlen(path), tried = 0;
	const struct dirent *entry;
	CLEANUP_DIR DIR *entries = NULL;
	int may;

	/* A profile that has all of it has one that is not there. */
	snprintf(path + end, size - end, "x");
	may = ask(profile, path);
	entries = may ? NULL : files_opendir(dir, ".");
	while (entries && !may && tried++ < SAMPLE && (entry = readdir(entries))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(path + end, size - end, "%s%s", entry->d_name,
			 entry->d_type == DT_DIR ? "/" : "");
		may = ask(profile, path);
	}
	return may;
}

/* The same with NEW or anything in it, by its real name. */
static int ask_new(const char *profile, int new)
{
	char link[32], path[PATH_MAX + NAME_MAX + 2];
	struct stat st;
	ssize_t length;
	int may;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", new);
	length = readlink(link, path, PATH_MAX - 1);
	if (length <= 0 || fstat(new, &st))
		return -errno;
	path[length] = '\0';
	if (S_ISDIR(st.st_mode) && path[length - 1] != '/')
		strcat(path, "/");
	may = ask(profile, path);
	if (may || !S_ISDIR(st.st_mode))
		return may;
	return ask_inside(profile, new, path, sizeof(path));
}

bool profile_find(pid_t pid, const struct pv_rules *rules,
		  struct profile_finding *finding)
{
	size_t i, count = pv_rules_count(rules);
	bool found = false;
	char path[64];
	CLEANUP_CLOSE int root = -1;
	int new, may;

	if (!read_profile(pid, finding->profile) || could_mount(pid))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; root >= 0 && !found && i < count; i++) {
		if (!strcmp(pv_rules_original(rules, i), pv_rules_target(rules, i)))
			continue;
		new = files_openat(root, pv_rules_target(rules, i), O_PATH,
				   RESOLVE_IN_ROOT);
		if (new < 0)
			continue;
		may = ask_new(finding->profile, new);
		close(new);
		found = may <= 0;
		finding->rule = i;
		finding->certain = may == 0;
	}
	return found;
}

void profile_warn(const struct profile_finding *finding, const char *who,
		  const struct pv_rules *rules)
{
	char *new = pv_path_escape(pv_rules_target(rules, finding->rule));

	message_warning("%s is confined by the AppArmor profile %s, which goes by real names here and %s %s",
			who, finding->profile,
			finding->certain ? "lets it do nothing with" : "may not have",
			new ? new : "NEW");
	free(new);
}

bool profile_warn_process(pid_t pid, const struct pv_rules *rules)
{
	struct profile_finding finding;
	char who[64], comm[PIDREF_COMM];

	if (!profile_find(pid, rules, &finding))
		return false;
	snprintf(who, sizeof(who), "process %d (%s)", pid, pidref_comm(pid, comm));
	profile_warn(&finding, who, rules);
	return true;
}
