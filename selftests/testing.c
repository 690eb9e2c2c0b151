// SPDX-License-Identifier: GPL-2.0
/* Worlds, trees and snapshots for the test programs; see testing.h. */
#include "testing.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <sched.h>
#include <unistd.h>

#if __SIZEOF_POINTER__ == 8
#include <libpathvirt.h>
#endif

/* A file's time that a test set itself, not the clock. */
#define PVT_TIME_SET	1500000000

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE		1
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH	0x4
#endif

/**
 * pvt_die - say why a test cannot be made, and end
 * @format: as for printf(), of one line
 */
void pvt_die(const char *format, ...)
{
	int err = errno;
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(" (%s)\n", strerror(err));
	fflush(stdout);
	_exit(1);
}

/**
 * pvt_path - a string, printed
 * @format: as for printf()
 *
 * Return: the string, for free().
 */
char *pvt_path(const char *format, ...)
{
	va_list args;
	char *path;

	va_start(args, format);
	if (vasprintf(&path, format, args) < 0)
		pvt_die("no memory");
	va_end(args);
	return path;
}

/**
 * pvt_shared - zeroed memory that children share with their parent
 * @size: how much
 *
 * Return: the memory.
 */
void *pvt_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		pvt_die("mmap of %zu bytes", size);
	return memory;
}

/* ---- Worlds ---- */

#if __SIZEOF_POINTER__ == 8

static struct pv_rules *pvt_rules(const struct pvt_rule *rules, size_t nr, bool under)
{
	struct pv_rules *list = pv_rules_new();
	size_t i;

	if (!list)
		pvt_die("no memory");
	for (i = 0; i < nr; i++) {
		if (pv_rules_add(list, rules[i].original, rules[i].target))
			pvt_die("rule %zu: %s", i, pv_rules_error(list));
		pv_rules_set_under(list, i, under);
	}
	return list;
}

static void pvt_attach_pidfd(int pidfd, const struct pvt_rule *rules, size_t nr,
			     bool under, unsigned int flags)
{
	struct pv_rules *list = pvt_rules(rules, nr, under);
	struct pv *pv;

	if (pv_open(&pv))
		pvt_die("pv_open: %s", pv_error(pv));
	if (pv_attach(pv, pidfd, list, flags))
		pvt_die("pv_attach: %s", pv_error(pv));
	pv_close(pv);
	pv_rules_free(list);
}

static void pvt_attach_anyway(pid_t pid, const struct pvt_rule *rules,
			      size_t nr, bool under)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0)
		pvt_die("pidfd_open of %d", pid);
	pvt_attach_pidfd(pidfd, rules, nr, under, 0);
	close(pidfd);
}

/**
 * pvt_push - give the calling process one more layer, on top
 * @rules: the table
 * @nr: how many rules
 */
void pvt_push(const struct pvt_rule *rules, size_t nr)
{
	int pidfd = syscall(SYS_pidfd_open, getpid(), 0);

	if (pidfd < 0)
		pvt_die("pidfd_open of itself");
	pvt_attach_pidfd(pidfd, rules, nr, false, PV_PUSH);
	close(pidfd);
}

#else /* The library has no 32-bit build; what speaks for us is pvadm. */

static void pvt_exec_pvadm(pid_t pid, const struct pvt_rule *rules, size_t nr,
			   bool under)
{
	char **argv = calloc(2 * nr + 4, sizeof(*argv));
	size_t i, n = 0;

	if (!argv)
		pvt_die("no memory");
	argv[n++] = "pvadm";
	argv[n++] = "attach";
	argv[n++] = pvt_path("%d", pid);
	for (i = 0; i < nr; i++) {
		argv[n++] = under ? "--under" : "--map";
		argv[n++] = pvt_path("%s=%s", rules[i].original,
				     rules[i].target);
	}
	execvp(argv[0], argv);
	pvt_die("cannot execute pvadm");
}

static void pvt_attach_anyway(pid_t pid, const struct pvt_rule *rules,
			      size_t nr, bool under)
{
	pid_t pvadm = fork();
	int status;

	if (!pvadm)
		pvt_exec_pvadm(pid, rules, nr, under);
	if (waitpid(pvadm, &status, 0) != pvadm || status)
		pvt_die("pvadm attach failed");
}

#endif

static void pvt_attach_as(pid_t pid, const struct pvt_rule *rules, size_t nr, bool under)
{
	const char *sabotage = getenv("PV_SELFTEST_SABOTAGE");

	if (!sabotage || strcmp(sabotage, "1"))
		pvt_attach_anyway(pid, rules, nr, under);
}

/**
 * pvt_attach - give a process a table, unless sabotaged
 * @pid: the process
 * @rules: the table
 * @nr: how many rules
 */
void pvt_attach(pid_t pid, const struct pvt_rule *rules, size_t nr)
{
	pvt_attach_as(pid, rules, nr, false);
}

/**
 * pvt_keep_armed - keep the hooks armed until the calling process ends
 *
 * They are armed while anyone is attached, so somebody is: arming them anew
 * for each test takes ten times as long as the tests.
 */
void pvt_keep_armed(void)
{
	static const struct pvt_rule nobodys = { PVT_BASE "/pvt.nobody's", "/" };
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		pvt_die("fork");
	if (pid) {
		pvt_attach(pid, &nobodys, 1);
		return;
	}
	/* Whoever reads our output must not wait for this process to end. */
	close(0);
	close(1);
	close(2);
	if (!prctl(PR_SET_PDEATHSIG, SIGKILL) && getppid() == parent)
		for (;;)
			pause();
	_exit(0);
}

/**
 * pvt_private_mounts - go to a mount namespace whose changes nobody sees
 */
void pvt_private_mounts(void)
{
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		pvt_die("no private mount namespace");
}

/**
 * pvt_mount - make the oracle's world around the calling process
 * @rules: the table
 * @nr: how many rules
 *
 * All NEWs are taken hold of before the first is mounted, as a translated name
 * is never matched again; the last rule is mounted first, so that the first
 * one wins.
 */
void pvt_mount(const struct pvt_rule *rules, size_t nr)
{
	int *trees = calloc(nr, sizeof(*trees));
	size_t i;

	if (!trees)
		pvt_die("no memory");
	pvt_private_mounts();
	for (i = 0; i < nr; i++) {
		trees[i] = syscall(SYS_open_tree, AT_FDCWD, rules[i].target,
				   OPEN_TREE_CLONE | O_CLOEXEC);
		if (trees[i] < 0)
			pvt_die("open_tree of %s", rules[i].target);
	}
	for (i = nr; i-- > 0;) {
		if (syscall(SYS_move_mount, trees[i], "", AT_FDCWD,
			    rules[i].original, MOVE_MOUNT_F_EMPTY_PATH))
			pvt_die("move_mount to %s", rules[i].original);
		close(trees[i]);
	}
	free(trees);
}

static void pvt_child(const struct pvt_job *job, int ready, int go)
{
	char byte = 0;

	if (job->before)
		job->before(job->arg);
	if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1)
		_exit(1);
	if (job->world == PVT_MOUNTED)
		pvt_mount(job->rules, job->nr);
	job->body(job->arg);
	fflush(stdout);
	_exit(0);
}

static int pvt_attend(const struct pvt_job *job, pid_t pid, int ready, int go)
{
	char byte = 0;
	int status;

	if (read(ready, &byte, 1) == 1) {
		if (job->world == PVT_ATTACHED || job->world == PVT_UNION)
			pvt_attach_as(pid, job->rules, job->nr,
				      job->world == PVT_UNION);
		if (write(go, &byte, 1) != 1)
			pvt_die("the child is gone");
	}
	if (waitpid(pid, &status, 0) != pid)
		pvt_die("waitpid");
	return status;
}

/**
 * pvt_run - have a child do a job
 * @job: the job
 *
 * Return: the child's wait status; 0 if the body returned.
 */
int pvt_run(const struct pvt_job *job)
{
	int ready[2], go[2], status;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) || pipe2(go, O_CLOEXEC))
		pvt_die("pipe");
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		pvt_die("fork");
	if (!pid)
		pvt_child(job, ready[1], go[0]);
	close(ready[1]);
	close(go[0]);
	status = pvt_attend(job, pid, ready[0], go[1]);
	close(ready[0]);
	close(go[1]);
	return status;
}

/* ---- Trees ---- */

/**
 * pvt_tree_new - a directory for one test
 *
 * It is made where PV_SELFTEST_BASE says, which has no symbolic link in its name.
 *
 * Return: its path, without symbolic links; for pvt_tree_free().
 */
char *pvt_tree_new(void)
{
	const char *base = getenv("PV_SELFTEST_BASE");
	char *dir = pvt_path("%s/pvt.XXXXXX", base ?: PVT_BASE);

	if (!mkdtemp(dir))
		pvt_die("mkdtemp of %s", dir);
	if (chmod(dir, 0755))
		pvt_die("chmod of %s", dir);
	return dir;
}

static int pvt_remove(const char *path, const struct stat *stat, int type,
		      struct FTW *ftw)
{
	(void)stat;
	(void)type;
	return remove(ftw->level ? path + ftw->base : path);
}

/**
 * pvt_tree_free - remove a tree with all that is in it
 * @dir: from pvt_tree_new(), or NULL; freed
 */
void pvt_tree_free(char *dir)
{
	/* FTW_CHDIR: there are trees whose names only just fit PATH_MAX. */
	if (dir)
		nftw(dir, pvt_remove, 20, FTW_DEPTH | FTW_PHYS | FTW_CHDIR |
		     FTW_MOUNT);
	free(dir);
}

/**
 * pvt_mkdir - make a directory
 * @path: its path
 */
void pvt_mkdir(const char *path)
{
	if (mkdir(path, 0755))
		pvt_die("mkdir of %s", path);
}

/**
 * pvt_write - make a file, or write an old one anew
 * @path: its path
 * @text: its contents
 * @mode: its mode, whatever the umask
 */
void pvt_write(const char *path, const char *text, mode_t mode)
{
	size_t len = strlen(text);
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len || fchmod(fd, mode))
		pvt_die("cannot write %s", path);
	close(fd);
}

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		pvt_die("cannot write %s", path);
	close(fd);
}

/**
 * pvt_user_namespace - be root of a user namespace of one's own
 *
 * Outside of it the running process stays the user and the group that it is.
 */
void pvt_user_namespace(void)
{
	char users[32], groups[32];

	snprintf(users, sizeof(users), "0 %u 1", geteuid());
	snprintf(groups, sizeof(groups), "0 %u 1", getegid());
	if (unshare(CLONE_NEWUSER))
		pvt_die("no user namespace");
	write_to("/proc/self/setgroups", "deny");
	write_to("/proc/self/uid_map", users);
	write_to("/proc/self/gid_map", groups);
}

/**
 * pvt_symlink - make a symbolic link
 * @target: what it says
 * @path: where it is
 */
void pvt_symlink(const char *target, const char *path)
{
	if (symlink(target, path))
		pvt_die("symlink of %s", path);
}

/**
 * pvt_read - the contents of a file
 * @path: its path
 * @buf: receives them as a string
 * @size: room in @buf
 *
 * Return: their length, or -1 with errno set and @buf empty.
 */
ssize_t pvt_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	buf[0] = '\0';
	if (fd < 0)
		return -1;
	len = read(fd, buf, size - 1);
	close(fd);
	if (len >= 0)
		buf[len] = '\0';
	return len;
}

/**
 * pvt_copy - copy a file with its mode
 * @from: its path
 * @to: where to
 */
void pvt_copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0755);
	char buf[65536];
	ssize_t len;

	if (in < 0 || out < 0 || fchmod(out, 0755))
		pvt_die("cannot copy %s to %s", from, to);
	while ((len = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, len) != len)
			pvt_die("cannot write %s", to);
	close(in);
	close(out);
}

/**
 * pvt_helper - where a helper program lies
 * @name: its name
 *
 * Return: the path, beside that of the test program.
 */
const char *pvt_helper(const char *name)
{
	static char path[PATH_MAX + 64];
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	if (len < 0)
		pvt_die("readlink of /proc/self/exe");
	path[len] = '\0';
	slash = strrchr(path, '/');
	snprintf(slash, sizeof(path) - (slash - path), "/helpers/%s", name);
	return path;
}

/* ---- Names written with a "B" ---- */

/**
 * pvt_expand - the name that a template stands for
 * @base: the directory for which a "B" at the beginning stands
 * @text: the template
 *
 * Return: the name, for free().
 */
char *pvt_expand(const char *base, const char *text)
{
	if (text[0] == 'B')
		return pvt_path("%s%s", base, text + 1);
	return pvt_path("%s", text);
}

/**
 * pvt_expand_rules - the rules that templates stand for
 * @base: the directory for which a "B" at the beginning stands
 * @rules: the templates
 * @nr: how many
 *
 * Return: the rules.  They are not freed: the process that asks is short-lived.
 */
struct pvt_rule *pvt_expand_rules(const char *base,
				  const struct pvt_rule *rules, size_t nr)
{
	struct pvt_rule *list = calloc(nr, sizeof(*list));
	size_t i;

	if (!list)
		pvt_die("no memory");
	for (i = 0; i < nr; i++) {
		list[i].original = pvt_expand(base, rules[i].original);
		list[i].target = pvt_expand(base, rules[i].target);
	}
	return list;
}

/**
 * pvt_make_parents - make all directories above a path that are not there
 * @path: the path
 */
void pvt_make_parents(const char *path)
{
	char *copy = pvt_path("%s", path), *slash = copy;

	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		if (mkdir(copy, 0755) && errno != EEXIST)
			pvt_die("mkdir of %s", copy);
		*slash = '/';
	}
	free(copy);
}

/**
 * pvt_plant - make files that hold their own names, and the directories above
 * @base: the directory for which a "B" at the beginning stands
 * @files: the templates, NULL after the last; they are what the files hold
 */
void pvt_plant(const char *base, const char * const *files)
{
	char *path;

	for (; *files; files++) {
		path = pvt_expand(base, *files);
		pvt_make_parents(path);
		pvt_write(path, *files, 0755);
		free(path);
	}
}

/**
 * pvt_seed - where random tests begin
 *
 * Return: the number in the environment variable PV_SEED, or 1.
 */
unsigned int pvt_seed(void)
{
	const char *seed = getenv("PV_SEED");

	return seed ? atoi(seed) : 1;
}

/* ---- Snapshots ---- */

struct pvt_note {
	char *at;
	size_t room;
};

__attribute__((format(printf, 2, 3)))
static void pvt_note(struct pvt_note *note, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(note->at, note->room, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= note->room)
		pvt_die("a snapshot is longer than %d", PVT_SNAPSHOT);
	note->at += len;
	note->room -= len;
}

static void pvt_note_contents(struct pvt_note *note, const char *path,
			      const struct stat *stat)
{
	char text[256];
	ssize_t len = -1;

	if (S_ISREG(stat->st_mode)) {
		pvt_note(note, " size=%lld", (long long)stat->st_size);
		len = pvt_read(path, text, sizeof(text));
	} else if (S_ISLNK(stat->st_mode)) {
		len = readlink(path, text, sizeof(text) - 1);
		if (len >= 0)
			text[len] = '\0';
	} else if (S_ISCHR(stat->st_mode) || S_ISBLK(stat->st_mode)) {
		pvt_note(note, " rdev=%llx", (long long)stat->st_rdev);
	}
	if (len >= 0)
		pvt_note(note, " \"%s\"", text);
}

static void pvt_note_xattrs(struct pvt_note *note, const char *path)
{
	char names[512], value[256];
	ssize_t len = llistxattr(path, names, sizeof(names)), got;
	const char *name;

	for (name = names; len > 0 && name < names + len;
	     name += strlen(name) + 1) {
		got = lgetxattr(path, name, value, sizeof(value));
		pvt_note(note, " %s=%.*s", name, (int)got, value);
	}
}

/* What begins with "~" changes by itself; that it is there is enough. */
static void pvt_note_entry(struct pvt_note *note, const char *path,
			   const char *shown)
{
	struct stat stat;

	if (lstat(path, &stat))
		pvt_die("lstat of %s", path);
	pvt_note(note, "%s %o", shown, stat.st_mode);
	if (!strchr(shown, '~')) {
		pvt_note(note, " %u:%u links=%lu", stat.st_uid, stat.st_gid,
			 (unsigned long)stat.st_nlink);
		if (stat.st_mtim.tv_sec < PVT_TIME_SET)
			pvt_note(note, " mtime=%lld.%ld",
				 (long long)stat.st_mtim.tv_sec,
				 stat.st_mtim.tv_nsec);
		pvt_note_contents(note, path, &stat);
		pvt_note_xattrs(note, path);
	}
	pvt_note(note, "\n");
}

static void pvt_note_tree(struct pvt_note *note, const char *path,
			  const char *shown)
{
	struct dirent **entries;
	struct stat stat;
	char *below, *name;
	int i, nr;

	pvt_note_entry(note, path, shown);
	if (lstat(path, &stat) || !S_ISDIR(stat.st_mode))
		return;
	nr = scandir(path, &entries, NULL, alphasort);
	for (i = 0; i < nr; i++) {
		name = entries[i]->d_name;
		if (strcmp(name, ".") && strcmp(name, "..")) {
			below = pvt_path("%s/%s", path, name);
			name = pvt_path("%s/%s", shown, name);
			pvt_note_tree(note, below, name);
			free(below);
			free(name);
		}
		free(entries[i]);
	}
	free(entries);
}

/**
 * pvt_snapshot - all that is to be known of a tree, as text
 * @dir: the tree, named relative to itself; it need not exist
 * @buf: receives the text, %PVT_SNAPSHOT bytes at most
 *
 * Two trees that are alike, times by the clock aside, have the same text.
 */
void pvt_snapshot(const char *dir, char *buf)
{
	struct pvt_note note = { .at = buf, .room = PVT_SNAPSHOT };
	struct stat stat;

	if (lstat(dir, &stat) && errno == ENOENT)
		pvt_note(&note, "does not exist\n");
	else
		pvt_note_tree(&note, dir, ".");
}

struct pvt_look {
	const char *dir;
	char *buf;
};

static void pvt_look_at(void *arg)
{
	struct pvt_look *look = arg;

	pvt_snapshot(look->dir, look->buf);
}

/**
 * pvt_snapshot_union - all that is to be known of what lies in a union
 * @rule: which one
 * @buf: as with pvt_snapshot(), in memory that is shared with children
 *
 * Return: as pvt_snapshot_below().
 */
const char *pvt_snapshot_union(const struct pvt_rule *rule, char *buf)
{
	struct pvt_look look = { .dir = rule->original, .buf = buf };
	const struct pvt_job job = {
		.world = PVT_UNION,
		.rules = rule,
		.nr = 1,
		.body = pvt_look_at,
		.arg = &look,
	};

	if (pvt_run(&job))
		pvt_die("cannot look at %s", rule->original);
	return pvt_snapshot_below(buf);
}

/**
 * pvt_snapshot_below - a snapshot without the directory itself
 * @text: the snapshot
 *
 * Return: what it has of what lies in that.
 */
const char *pvt_snapshot_below(const char *text)
{
	return strchr(text, '\n') + 1;
}
