// SPDX-License-Identifier: GPL-2.0
/*
 * W2, W3 and W5: what a hostile process can do with names, links and descriptors.
 *
 * In the tree, DIR/jail is the root that a process has changed to, and DIR/secret
 * what it cannot come to from there: a file in it says 's'.
 */
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "attaching.h"
#include "swapping.h"

#define NOBODY		65534
#define LAPS		3000	/* unless PV_HOSTILE_LAPS says another number */
#define CROWD		20000

/* Whoever is in a jail: is he root of a user namespace that he has made? */
static bool in_namespace;
/* Are his rules unions? */
static bool in_union;

FIXTURE(hostile)
{
	char *dir;
};

FIXTURE(jailed)
{
	char *dir;
};

FIXTURE_VARIANT(jailed)
{
	bool in_namespace;
	bool in_union;
};

FIXTURE_VARIANT_ADD(jailed, nobody) { };
FIXTURE_VARIANT_ADD(jailed, root_of_a_namespace) { .in_namespace = true };
FIXTURE_VARIANT_ADD(jailed, nobody_in_a_union) { .in_union = true };
FIXTURE_VARIANT_ADD(jailed, root_of_a_namespace_in_a_union) {
	.in_namespace = true, .in_union = true
};

#define IN(path)	pvt_path("%s/" path, self->dir)

static void make_file(const char *path, const char *text)
{
	pvt_make_parents(path);
	pvt_write(path, text, 0644);
}

static char *make_tree(void)
{
	char *dir = pvt_tree_new();

	make_file(pvt_path("%s/secret/f", dir), "s");
	make_file(pvt_path("%s/jail/f", dir), "j");
	make_file(pvt_path("%s/jail/d/f", dir), "d");
	make_file(pvt_path("%s/new/f", dir), "n");
	make_file(pvt_path("%s/new/sub/f", dir), "n");
	pvt_mkdir(pvt_path("%s/jail/data", dir));
	return dir;
}

FIXTURE_SETUP(hostile)
{
	self->dir = make_tree();
}

FIXTURE_TEARDOWN(hostile)
{
	pvt_tree_free(self->dir);
}

FIXTURE_SETUP(jailed)
{
	in_namespace = variant->in_namespace;
	in_union = variant->in_union;
	self->dir = make_tree();
}

FIXTURE_TEARDOWN(jailed)
{
	pvt_tree_free(self->dir);
}

static void become(uid_t id)
{
	if (setgroups(0, NULL) || setresgid(id, id, id) ||
	    setresuid(id, id, id))
		pvt_die("cannot be user %d", id);
	prctl(PR_SET_DUMPABLE, 1);
}

/* No namespace is to be had once the root is another. */
static void become_root_of_a_namespace(void)
{
	become(NOBODY);
	pvt_user_namespace();
}

/*
 * Attached from outside, with the root changed, and without any privilege outside of a
 * namespace of its own.
 */
static void go_to_jail(const char *jail)
{
	if (chdir(jail))
		pvt_die("cannot go to %s", jail);
	if (in_namespace)
		become_root_of_a_namespace();
	if (chroot(".") || chdir("/"))
		pvt_die("cannot chroot to %s", jail);
	if (!in_namespace)
		become(NOBODY);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		pvt_die("no no_new_privs");
}

static int run_attached(const struct pvt_rule *rules, size_t nr,
			void (*body)(void *arg), void *arg)
{
	const struct pvt_job job = {
		.world = in_union ? PVT_UNION : PVT_ATTACHED,
		.rules = rules,
		.nr = nr,
		.body = body,
		.arg = arg,
	};

	return pvt_run(&job);
}

/* ---- Races ---- */

/**
 * struct race - somebody swaps what somebody else looks at
 *
 * @jail: where both have their root
 * @name: what is looked at
 * @swapping: what is swapped
 * @seen: how often each byte was seen
 */
struct race {
	const char *jail;
	const char *name;
	struct swapping swapping;
	unsigned int seen[256];
};

static void run_race(void *arg)
{
	const char *number = getenv("PV_HOSTILE_LAPS");
	int laps = number ? atoi(number) : LAPS;
	struct race *race = arg;
	pthread_t thread;
	int i;

	go_to_jail(race->jail);
	if (pthread_create(&thread, NULL, swap, &race->swapping))
		pvt_die("no thread");
	for (i = 0; i < laps; i++)
		race->seen[(unsigned char)look(race->name)]++;
	race->swapping.done = true;
	pthread_join(thread, NULL);
}

static struct race *race_of(const char *jail)
{
	struct race *race = pvt_shared(sizeof(*race));

	race->jail = jail;
	return race;
}

/* While NAME is looked at, NEW's directory and a link to @target change places. */
static struct race *race_against_link(const char *dir, const char *name,
				      const char *target)
{
	const struct pvt_rule rule = {
		pvt_path("%s/jail/data", dir), pvt_path("%s/new", dir),
	};
	struct race *race = race_of(pvt_path("%s/jail", dir));

	race->name = name;
	race->swapping.one = "/data/sub";
	race->swapping.other = "/data/link";
	pvt_symlink(target, pvt_path("%s/new/link", dir));
	if (chmod(pvt_path("%s/new", dir), 0777) ||
	    run_attached(&rule, 1, run_race, race))
		pvt_die("the race");
	return race;
}

TEST_F_TIMEOUT(jailed, W3_a_directory_swapped_for_a_link_leads_nowhere_else, 300)
{
	struct race *race = race_against_link(self->dir, "/data/sub/f",
					      IN("secret"));

	EXPECT_LT(0, race->seen['n']);
	EXPECT_EQ(0, race->seen['s']);
}

TEST_F_TIMEOUT(jailed, W3_nor_does_a_link_that_climbs, 300)
{
	struct race *race = race_against_link(self->dir, "/data/sub/../sub/f",
					      "../secret");

	EXPECT_LT(0, race->seen['n']);
	EXPECT_EQ(0, race->seen['s']);
}

TEST_F_TIMEOUT(jailed, W3_nor_does_a_directory_that_is_moved_up_meanwhile, 300)
{
	const struct pvt_rule rule = { IN("jail/data"), IN("new") };
	struct race *race = race_of(IN("jail"));

	/* From where it is moved to, ".." twice is above NEW. */
	race->name = "/data/sub/deep/../../../secret/f";
	race->swapping.one = "/data/sub/deep";
	race->swapping.other = "/data/deep";
	pvt_mkdir(IN("new/sub/deep"));
	pvt_mkdir(IN("new/deep"));
	make_file(IN("jail/secret/f"), "j");
	ASSERT_EQ(0, chmod(IN("new"), 0777));
	ASSERT_EQ(0, chmod(IN("new/sub"), 0777));
	EXPECT_EQ(0, run_attached(&rule, 1, run_race, race));
	EXPECT_LT(0, race->seen['j']);
	EXPECT_EQ(0, race->seen['s']);
}

/* ---- Layers and links in a jail ---- */

/**
 * struct report - what a process in its jail has seen
 *
 * @dir: the tree
 * @attached: what attaching itself returned
 * @saw: the first bytes of files, by look()
 */
struct report {
	const char *dir;
	int attached;
	char saw[8];
};

static struct report *report_of(const char *dir)
{
	struct report *report = pvt_shared(sizeof(*report));

	report->dir = dir;
	return report;
}

static void add_layer(void *arg)
{
	struct report *report = arg;

	go_to_jail(pvt_path("%s/jail", report->dir));
	report->attached =
		attach_pid(getpid(), pvt_path("%s/jail/x", report->dir), "/",
			   PV_PUSH);
	report->saw[0] = look(pvt_path("/x%s/secret/f", report->dir));
	report->saw[1] = look("/data/f");
	report->attached |= attach_pid(getpid(), "/y", "/d", 0);
	report->saw[2] = look("/y/f");
	report->saw[3] = look("/y/../f");
	report->saw[4] = look("/data/../y/../data/f");
	report->attached |= attach_pid(getpid(), "/z", "/data", PV_PUSH);
	report->saw[5] = look("/z/f");
	report->attached |= attach_pid(getpid(), "/top", "/", PV_PUSH);
	report->saw[6] = look("/top/f");
}

TEST_F_TIMEOUT(jailed, W3_a_layer_added_in_a_jail_stays_there, 300)
{
	const struct pvt_rule rule = { IN("jail/data"), IN("new") };
	struct report *report = report_of(self->dir);

	EXPECT_EQ(0, run_attached(&rule, 1, add_layer, report));
	EXPECT_EQ(0, report->attached);
	EXPECT_EQ('!', report->saw[0]);
	EXPECT_EQ('n', report->saw[1]);
	EXPECT_EQ('d', report->saw[2]);
	EXPECT_EQ('j', report->saw[3]);
	EXPECT_EQ('n', report->saw[4]);
	EXPECT_EQ('n', report->saw[5]);
	EXPECT_EQ('j', report->saw[6]);
}

static void replace_new(void *arg)
{
	struct report *report = arg;

	go_to_jail(pvt_path("%s/jail", report->dir));
	report->saw[0] = look("/x/f");
	if (rename("/data/sub", "/data/old") || symlink("/", "/data/sub"))
		pvt_die("cannot replace NEW");
	report->saw[1] = look(pvt_path("/x%s/secret/f", report->dir));
	report->saw[2] = look("/v/f");
}

TEST_F_TIMEOUT(jailed, W3_nor_does_a_new_that_became_a_link_lead_out, 300)
{
	const struct pvt_rule rules[] = {
		{ IN("jail/data"), IN("new") },
		{ IN("jail/x"), IN("new/sub") },
		/* Of a link that nobody in there can make, nothing is wrong. */
		{ IN("jail/v"), IN("way/sub") },
	};
	struct report *report = report_of(self->dir);

	make_file(IN("real/sub/f"), "r");
	pvt_symlink(IN("real"), IN("way"));
	ASSERT_EQ(0, chmod(IN("new"), 0777));
	EXPECT_EQ(0, run_attached(rules, ARRAY_SIZE(rules), replace_new, report));
	EXPECT_EQ('n', report->saw[0]);
	EXPECT_EQ('!', report->saw[1]);
	EXPECT_EQ('r', report->saw[2]);
}

/* ---- Links in sticky directories ---- */

static void follow_as_one(void *arg)
{
	struct report *report = arg;

	setfsgid(1);
	setfsuid(1);
	report->saw[0] = look(pvt_path("%s/mapped/tmp/link", report->dir));
	report->saw[1] = look(pvt_path("%s/jail/data/../../mapped/tmp/link",
				       report->dir));
	report->saw[2] = look(pvt_path("%s/jail/data/f", report->dir));
}

static int namespace_of(int first)
{
	int ready[2], fd;
	char byte, *path;
	pid_t pid;
	FILE *map;

	if (pipe2(ready, O_CLOEXEC))
		pvt_die("pipe");
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWUSER) || write(ready[1], "r", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	if (read(ready[0], &byte, 1) != 1)
		pvt_die("read");
	path = pvt_path("/proc/%d/uid_map", pid);
	map = fopen(path, "w");
	fprintf(map, "0 %d 1000\n", first);
	if (fclose(map))
		pvt_die("%s", path);
	path = pvt_path("/proc/%d/gid_map", pid);
	map = fopen(path, "w");
	fprintf(map, "0 %d 1000\n", first);
	if (fclose(map))
		pvt_die("%s", path);
	fd = open(pvt_path("/proc/%d/ns/user", pid), O_RDONLY);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd;
}

static void mount_mapped(const char *dir, const char *point)
{
	struct {
		__u64 set, clear, propagation, userns;
	} attributes = { .set = 0x100000, .userns = namespace_of(20000) };
	int tree = syscall(SYS_open_tree, AT_FDCWD, dir, 1);

	if (tree < 0 ||
	    syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes,
		    sizeof(attributes)) ||
	    syscall(SYS_move_mount, tree, "", AT_FDCWD, point, 4))
		pvt_die("no idmapped mount");
}

TEST_F_TIMEOUT(hostile, W3_links_in_sticky_directories_are_the_mount_s, 300)
{
	const struct pvt_rule rule = { IN("jail/data"), IN("new") };
	struct report *report = report_of(self->dir);
	int fd = open("/proc/sys/fs/protected_symlinks", O_WRONLY | O_CLOEXEC);

	ASSERT_EQ(1, write(fd, "1", 1));
	pvt_private_mounts();
	pvt_mkdir(IN("fs"));
	pvt_mkdir(IN("mapped"));
	pvt_mkdir(IN("fs/tmp"));
	pvt_symlink(IN("secret/f"), IN("fs/tmp/link"));
	ASSERT_EQ(0, lchown(IN("fs/tmp/link"), 1, 1));
	ASSERT_EQ(0, chmod(IN("fs/tmp"), 01777));
	mount_mapped(IN("fs"), IN("mapped"));
	EXPECT_EQ(0, run_attached(&rule, 1, follow_as_one, report));
	EXPECT_EQ('!', report->saw[0]);
	EXPECT_EQ('!', report->saw[1]);
	EXPECT_EQ('n', report->saw[2]);
	ASSERT_EQ(0, umount2(IN("mapped"), MNT_DETACH));
}

/* ---- Notes about directories ---- */

/* By which of its two names has it come there? */
static char came_by(void)
{
	char now[PATH_MAX], *end;

	if (!getcwd(now, sizeof(now)))
		return '!';
	end = strrchr(now, '/');
	return end[-1];
}

static void hold_many(const char *path)
{
	struct rlimit limit = { CROWD + 100, CROWD + 100 };
	int i;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		pvt_die("setrlimit");
	become(NOBODY);
	for (i = 0; i < CROWD; i++)
		if (open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) < 0)
			pvt_die("open number %d", i);
}

static void come_by_the_second(void *arg)
{
	struct report *report = arg;
	char *path = pvt_path("%s/b/d", report->dir);
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	int status;
	pid_t pid;

	if (fd < 0 || chdir(path))
		pvt_die("cannot go to %s", path);
	pid = fork();
	if (!pid) {
		/* What a child inherits is its own. */
		report->saw[0] = came_by();
		if (chdir("/") || fchdir(fd))
			pvt_die("fchdir");
		report->saw[1] = came_by();
		hold_many(path);
		report->saw[2] = 'x';
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		pvt_die("waitpid");
	report->saw[3] = came_by();
	if (chdir("/") || fchdir(fd))
		pvt_die("fchdir");
	report->saw[4] = came_by();
}

TEST_F_TIMEOUT(hostile, W2_how_a_directory_was_come_to_is_pushed_out_by_nobody, 300)
{
	const struct pvt_rule rules[] = {
		{ IN("a"), IN("new") },
		{ IN("b"), IN("new") },
	};
	struct report *report = report_of(self->dir);

	pvt_mkdir(IN("new/d"));
	EXPECT_EQ(0, run_attached(rules, ARRAY_SIZE(rules), come_by_the_second, report));
	EXPECT_EQ('b', report->saw[0]);
	EXPECT_EQ('b', report->saw[1]);
	EXPECT_EQ('x', report->saw[2]);
	EXPECT_EQ('b', report->saw[3]);
	EXPECT_EQ('b', report->saw[4]);
}

/* ---- Work ---- */

#define DEPTH		600
#define LINKS		39

/* @part, @times. */
static char *times(char *to, const char *part, int times)
{
	while (times--)
		to = stpcpy(to, part);
	return to;
}

static void make_maze(const char *dir)
{
	char target[4096], *path = pvt_path("%s/maze", dir), *end;
	int i;

	pvt_mkdir(path);
	if (chdir(path))
		pvt_die("chdir");
	end = times(target, "d/", DEPTH);
	end = times(end, "../", DEPTH);
	for (i = 0; i < LINKS; i++) {
		sprintf(end, i + 1 < LINKS ? "l%d" : "f", i + 1);
		pvt_symlink(target, pvt_path("l%d", i));
	}
	pvt_write("f", "m", 0644);
	for (i = 0; i < DEPTH; i++)
		if (mkdir("d", 0755) || chdir("d"))
			pvt_die("mkdir number %d", i);
	if (chdir("/"))
		pvt_die("chdir");
}

static void lose_oneself(void *arg)
{
	struct report *report = arg;

	become(NOBODY);
	report->saw[1] = look(pvt_path("%s/jail/data/f", report->dir));
	report->saw[0] = look(pvt_path("%s/maze/d/../l0", report->dir));
}

static pid_t lost(const struct pvt_rule *rule, struct report *report)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pvt_attach(getpid(), rule, 1);
		lose_oneself(report);
		_exit(0);
	}
	return pid;
}

TEST_F_TIMEOUT(hostile, W5_a_name_is_resolved_in_bounded_time_and_can_be_killed, 300)
{
	const struct pvt_rule rule = { IN("jail/data"), IN("new") };
	struct report *report = report_of(self->dir);
	struct pollfd ended = { .events = POLLIN };
	struct rusage usage;
	pid_t pid;

	make_maze(self->dir);
	pid = lost(&rule, report);
	while (!report->saw[1])
		usleep(1000);
	usleep(50000);
	ended.fd = pidfd_of(pid);
	kill(pid, SIGKILL);
	EXPECT_EQ(1, poll(&ended, 1, 5000));
	waitpid(pid, NULL, 0);

	report->saw[0] = 0;
	pid = lost(&rule, report);
	ASSERT_EQ(pid, wait4(pid, NULL, 0, &usage));
	EXPECT_EQ('m', report->saw[0]);
	EXPECT_EQ('n', report->saw[1]);
	EXPECT_GT(20, usage.ru_stime.tv_sec);
}

PVT_HARNESS_MAIN
