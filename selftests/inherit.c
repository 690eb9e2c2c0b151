// SPDX-License-Identifier: GPL-2.0
/*
 * A1 to A5 and A7: who has a table, from when on, and until when.
 *
 * Each test has a directory with three trees, DIR/old, DIR/new and DIR/newer,
 * in each of them a file "who" that begins with o, n or r.  Rules lead from
 * DIR/old to one of the others, so one look at DIR/old/who tells which table a
 * process has: 'o' none.
 */
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <linux/sched.h>

#include "kselftest_harness.h"

#include "attaching.h"
#include "calls.h"

#define STACK		(64 * 1024)

static char *make_trees(void)
{
	static const char *const trees[] = { "old", "new", "newer" };
	char *dir = pvt_tree_new(), *path;
	const char *says = "onr";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(trees); i++) {
		path = pvt_path("%s/%s", dir, trees[i]);
		pvt_mkdir(path);
		free(path);
		path = pvt_path("%s/%s/who", dir, trees[i]);
		pvt_write(path, (char [2]){ says[i] }, 0644);
		free(path);
	}
	return dir;
}

/* struct trees - paths that all tests use */
struct trees {
	char *dir;
	char *old;
	char *new;
	char *newer;
	char *who;	/* in old */
};

static struct trees trees_new(void)
{
	struct trees trees = { .dir = make_trees() };

	trees.old = pvt_path("%s/old", trees.dir);
	trees.new = pvt_path("%s/new", trees.dir);
	trees.newer = pvt_path("%s/newer", trees.dir);
	trees.who = pvt_path("%s/who", trees.old);
	return trees;
}

static void trees_free(struct trees *trees)
{
	pvt_tree_free(trees->dir);
	free(trees->old);
	free(trees->new);
	free(trees->newer);
	free(trees->who);
}

static void nap(void)
{
	usleep(2000);
}

/* A child that looks when it is told to, and tells what it saw. */
struct watcher {
	pid_t pid;
	int ask;
	int answer;
};

static void watch(const char *path, int ask, int answer)
{
	char byte;

	while (read(ask, &byte, 1) == 1 && byte != 'q') {
		byte = look(path);
		if (write(answer, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

static struct watcher watcher_start(const char *path)
{
	struct watcher watcher;
	int ask[2], answer[2];

	signal(SIGPIPE, SIG_IGN);
	if (pipe2(ask, O_CLOEXEC) || pipe2(answer, O_CLOEXEC))
		pvt_die("pipe");
	watcher.pid = fork();
	if (watcher.pid < 0)
		pvt_die("fork");
	if (!watcher.pid) {
		close(ask[1]);
		watch(path, ask[0], answer[1]);
	}
	close(ask[0]);
	close(answer[1]);
	watcher.ask = ask[1];
	watcher.answer = answer[0];
	return watcher;
}

static char watcher_look(const struct watcher *watcher)
{
	char byte = 0;

	if (write(watcher->ask, &byte, 1) != 1 ||
	    read(watcher->answer, &byte, 1) != 1)
		return '!';
	return byte;
}

static int watcher_end(struct watcher *watcher)
{
	int status;

	if (write(watcher->ask, "q", 1) != 1 && errno != EPIPE)
		pvt_die("write");
	close(watcher->ask);
	close(watcher->answer);
	if (waitpid(watcher->pid, &status, 0) != watcher->pid)
		pvt_die("waitpid");
	return status;
}

/* ---- Ways to make a child ---- */

FIXTURE(child)
{
	struct trees trees;
	char *seen;	/* shared with the child */
};

FIXTURE_VARIANT(child)
{
	pid_t (*make)(unsigned long flags, int (*body)(void *), void *arg);
	unsigned long flags;
};

static pid_t by_fork(unsigned long flags, int (*body)(void *), void *arg)
{
	pid_t pid = pvt_old_fork();

	(void)flags;
	if (!pid)
		_exit(body(arg));
	return pid;
}

static pid_t by_vfork(unsigned long flags, int (*body)(void *), void *arg)
{
	pid_t pid = vfork();

	(void)flags;
	if (!pid)
		_exit(body(arg));
	return pid;
}

static pid_t by_clone(unsigned long flags, int (*body)(void *), void *arg)
{
	char *stack = pvt_shared(STACK);

	return clone(body, stack + STACK, flags, arg);
}

static pid_t by_clone3(unsigned long flags, int (*body)(void *), void *arg)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid)
		_exit(body(arg));
	return pid;
}

#define WAY(name, how, ...)						\
	FIXTURE_VARIANT_ADD(child, name) { .make = how, .flags = __VA_ARGS__ }

WAY(fork, by_fork, 0);
WAY(vfork, by_vfork, 0);
WAY(clone, by_clone, SIGCHLD);
WAY(clone_vm, by_clone, CLONE_VM | SIGCHLD);
WAY(clone_vm_vfork, by_clone, CLONE_VM | CLONE_VFORK | SIGCHLD);
WAY(clone_fs_files, by_clone, CLONE_FS | CLONE_FILES | SIGCHLD);
WAY(clone_newpid, by_clone, CLONE_NEWPID | SIGCHLD);
WAY(clone_newuser, by_clone, CLONE_NEWUSER | SIGCHLD);
WAY(clone_newns, by_clone, CLONE_NEWNS | SIGCHLD);
WAY(clone_parent, by_clone, CLONE_PARENT | SIGCHLD);
WAY(clone3, by_clone3, 0);
WAY(clone3_clear_sighand, by_clone3, CLONE_CLEAR_SIGHAND);

FIXTURE_SETUP(child)
{
	self->trees = trees_new();
	self->seen = pvt_shared(1);
}

FIXTURE_TEARDOWN(child)
{
	trees_free(&self->trees);
}

/* struct sight - what a child looks at, and where it writes what it saw */
struct sight {
	const char *path;
	char *seen;
};

static int body_look(void *arg)
{
	struct sight *sight = arg;

	*sight->seen = look(sight->path);
	return 0;
}

static char seen_by_child(struct sight *sight, pid_t pid, unsigned long flags)
{
	int i;

	if (!(flags & CLONE_PARENT)) {
		if (waitpid(pid, NULL, 0) != pid)
			pvt_die("waitpid");
	}
	for (i = 0; i < 5000 && !*(volatile char *)sight->seen; i++)
		nap();
	return *sight->seen;
}

TEST_F(child, has_the_table_before_its_first_call)
{
	struct sight sight = { self->trees.who, self->seen };
	pid_t pid;

	ASSERT_EQ('o', look(self->trees.who));
	ASSERT_EQ(0, attach_pid(getpid(), self->trees.old, self->trees.new, 0));
	pid = variant->make(variant->flags, body_look, &sight);
	ASSERT_LT(0, pid);
	EXPECT_EQ('n', seen_by_child(&sight, pid, variant->flags));
}

/* What it does to itself is its own, also where it shares its memory. */
static int body_detach(void *arg)
{
	struct sight *sight = arg;

	*sight->seen = detach_pid(getpid(), 0) ? '!' : look(sight->path);
	return 0;
}

TEST_F(child, that_detaches_leaves_its_parent_attached)
{
	struct sight sight = { self->trees.who, self->seen };
	pid_t pid;

	if (variant->flags & (CLONE_NEWPID | CLONE_NEWUSER))
		SKIP(return, "its getpid() or its rights are other ones");
	if (variant->make == by_vfork || variant->flags & CLONE_VM)
		SKIP(return, "it must not use the library in shared memory");
	ASSERT_EQ(0, attach_pid(getpid(), self->trees.old, self->trees.new, 0));
	pid = variant->make(variant->flags, body_detach, &sight);
	ASSERT_LT(0, pid);
	EXPECT_EQ('o', seen_by_child(&sight, pid, variant->flags));
	EXPECT_EQ('n', look(self->trees.who));
}

/* ---- Processes ---- */

FIXTURE(process)
{
	struct trees trees;
};

FIXTURE_SETUP(process)
{
	self->trees = trees_new();
	ASSERT_EQ(0, what_stays());
}

FIXTURE_TEARDOWN(process)
{
	detach_pid(getpid(), 0);
	EXPECT_EQ(0, what_stays());
	trees_free(&self->trees);
}

TEST_F(process, already_running_is_attached_with_its_next_call)
{
	struct watcher watcher = watcher_start(self->trees.who);

	EXPECT_EQ('o', watcher_look(&watcher));
	ASSERT_EQ(0, attach_pid(watcher.pid, self->trees.old, self->trees.new,
				0));
	EXPECT_EQ('n', watcher_look(&watcher));
	ASSERT_EQ(0, attach_pid(watcher.pid, self->trees.old, self->trees.newer,
				0));
	EXPECT_EQ('r', watcher_look(&watcher));
	ASSERT_EQ(0, detach_pid(watcher.pid, 0));
	EXPECT_EQ('o', watcher_look(&watcher));
	EXPECT_EQ('o', look(self->trees.who));
	EXPECT_EQ(0, watcher_end(&watcher));
}

TEST_F(process, made_before_the_attach_of_its_parent_is_not_attached)
{
	struct watcher watcher = watcher_start(self->trees.who);

	ASSERT_EQ(0, attach_pid(getpid(), self->trees.old, self->trees.new, 0));
	EXPECT_EQ('n', look(self->trees.who));
	EXPECT_EQ('o', watcher_look(&watcher));
	EXPECT_EQ(0, layers_of(watcher.pid, NULL));
	EXPECT_EQ(0, watcher_end(&watcher));
}

/* struct looker - a thread that looks when its turn comes */
struct looker {
	pthread_t thread;
	const char *path;
	pthread_barrier_t turn;
	char seen;
};

static void *looker_run(void *arg)
{
	struct looker *looker = arg;

	pthread_barrier_wait(&looker->turn);
	looker->seen = look(looker->path);
	return NULL;
}

static void looker_start(struct looker *looker, const char *path)
{
	looker->path = path;
	looker->seen = 0;
	if (pthread_barrier_init(&looker->turn, NULL, 2) ||
	    pthread_create(&looker->thread, NULL, looker_run, looker))
		pvt_die("no thread");
}

static char looker_look(struct looker *looker)
{
	pthread_barrier_wait(&looker->turn);
	pthread_join(looker->thread, NULL);
	return looker->seen;
}

TEST_F(process, shares_its_table_with_all_its_threads)
{
	struct looker before, after;

	looker_start(&before, self->trees.who);
	ASSERT_EQ(0, attach_pid(getpid(), self->trees.old, self->trees.new, 0));
	looker_start(&after, self->trees.who);
	EXPECT_EQ('n', looker_look(&before));
	EXPECT_EQ('n', looker_look(&after));
}

static char seen_by_cat(const char *path)
{
	char byte = '!';
	int out[2];
	pid_t pid;

	if (pipe2(out, O_CLOEXEC))
		pvt_die("pipe");
	pid = fork();
	if (!pid) {
		dup2(out[1], 1);
		execl("/bin/cat", "cat", path, NULL);
		_exit(127);
	}
	close(out[1]);
	if (read(out[0], &byte, 1) != 1)
		byte = '!';
	close(out[0]);
	waitpid(pid, NULL, 0);
	return byte;
}

TEST_F(process, keeps_its_table_over_exec)
{
	EXPECT_EQ('o', seen_by_cat(self->trees.who));
	ASSERT_EQ(0, attach_pid(getpid(), self->trees.old, self->trees.new, 0));
	EXPECT_EQ('n', seen_by_cat(self->trees.who));
}

static void *exec_cat(void *path)
{
	execl("/bin/cat", "cat", path, NULL);
	_exit(127);
}

TEST_F(process, keeps_its_table_over_exec_in_a_thread_that_is_not_the_first)
{
	pthread_t thread;
	char byte = '!';
	int out[2];
	pid_t pid;

	ASSERT_EQ(0, pipe2(out, O_CLOEXEC));
	pid = fork();
	if (!pid) {
		if (attach_pid(getpid(), self->trees.old, self->trees.new, 0))
			_exit(1);
		dup2(out[1], 1);
		pthread_create(&thread, NULL, exec_cat, self->trees.who);
		pause();
	}
	close(out[1]);
	EXPECT_EQ(1, read(out[0], &byte, 1));
	EXPECT_EQ('n', byte);
	close(out[0]);
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
}

TEST_F(process, made_by_posix_spawn_has_the_table_before_its_file_actions)
{
	char *argv[] = { "grep", "-qx", "n", NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status;

	ASSERT_EQ(0, attach_pid(getpid(), self->trees.old, self->trees.new, 0));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, self->trees.who, O_RDONLY,
					 0);
	ASSERT_EQ(0, posix_spawnp(&pid, "grep", &actions, NULL, argv, environ));
	posix_spawn_file_actions_destroy(&actions);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(process, keeps_inherited_layers_below_its_own)
{
	char *virtual = pvt_path("%s/virtual", self->trees.dir);
	char *other = pvt_path("%s/other", self->trees.dir);
	char *virtual_who = pvt_path("%s/who", virtual);
	char *other_who = pvt_path("%s/who", other);
	struct watcher watcher, inner;
	bool own = true;

	ASSERT_EQ(0, attach_pid(getpid(), self->trees.old, self->trees.new, 0));
	watcher = watcher_start(virtual_who);
	inner = watcher_start(other_who);
	EXPECT_EQ(1, layers_of(watcher.pid, &own));
	EXPECT_FALSE(own);
	EXPECT_EQ('!', watcher_look(&watcher));

	/* virtual -> old -> new: the inner layer, then the outer. */
	ASSERT_EQ(0, attach_pid(watcher.pid, virtual, self->trees.old, 0));
	EXPECT_EQ(2, layers_of(watcher.pid, &own));
	EXPECT_TRUE(own);
	EXPECT_EQ('n', watcher_look(&watcher));

	/* Its own layer goes, the inherited one stays. */
	ASSERT_EQ(0, attach_pid(watcher.pid, other, self->trees.old, 0));
	EXPECT_EQ(2, layers_of(watcher.pid, &own));
	EXPECT_EQ('!', watcher_look(&watcher));

	ASSERT_EQ(0, attach_pid(inner.pid, other, self->trees.old, 0));
	EXPECT_EQ('n', watcher_look(&inner));
	ASSERT_EQ(0, detach_pid(inner.pid, 0));
	EXPECT_EQ('!', watcher_look(&inner));
	EXPECT_EQ(0, layers_of(inner.pid, NULL));

	/* The parent's table is another one now, the child's is not. */
	ASSERT_EQ(0, attach_pid(getpid(), self->trees.old, self->trees.newer,
				0));
	ASSERT_EQ(0, attach_pid(watcher.pid, virtual, self->trees.old, 0));
	EXPECT_EQ('n', watcher_look(&watcher));

	EXPECT_EQ(0, watcher_end(&watcher));
	EXPECT_EQ(0, watcher_end(&inner));
	free(virtual);
	free(virtual_who);
	free(other);
	free(other_who);
}

TEST_F(process, that_ends_leaves_nothing_behind)
{
	struct watcher watcher[100];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(watcher); i++) {
		watcher[i] = watcher_start(self->trees.who);
		ASSERT_EQ(0, attach_pid(watcher[i].pid, self->trees.old,
					self->trees.new, 0));
	}
	EXPECT_LT(2 * ARRAY_SIZE(watcher) - 1, what_is_left());
	for (i = 0; i < ARRAY_SIZE(watcher); i++) {
		if (i % 2)
			kill(watcher[i].pid, SIGKILL);
		watcher_end(&watcher[i]);
	}
	EXPECT_EQ(0, what_is_left());
}

/* The next process has this number, if nobody is faster. */
static void wish_pid(pid_t pid)
{
	char text[16];
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	int len = snprintf(text, sizeof(text), "%d", pid - 1);

	if (fd < 0 || write(fd, text, len) != len)
		pvt_die("cannot set ns_last_pid");
	close(fd);
}

TEST_F(process, with_a_reused_number_is_another_process)
{
	struct watcher old, new;
	int i, pidfd, reused = 0;

	for (i = 0; i < 200 && reused < 20; i++) {
		old = watcher_start(self->trees.who);
		ASSERT_EQ(0, attach_pid(old.pid, self->trees.old,
					self->trees.new, 0));
		ASSERT_EQ('n', watcher_look(&old));
		pidfd = pidfd_of(old.pid);
		kill(old.pid, SIGKILL);
		watcher_end(&old);

		wish_pid(old.pid);
		new = watcher_start(self->trees.who);
		if (new.pid == old.pid) {
			reused++;
			EXPECT_EQ('o', watcher_look(&new));
			EXPECT_EQ(0, layers_of(new.pid, NULL));
			/* The pidfd is that of the one that is dead. */
			EXPECT_EQ(-ESRCH, attach_pidfd(pidfd, self->trees.old,
						       self->trees.new, 0));
			EXPECT_EQ('o', watcher_look(&new));
		}
		close(pidfd);
		watcher_end(&new);
	}
	EXPECT_EQ(20, reused);
}

TEST_F(process, that_is_dead_cannot_be_attached)
{
	struct watcher watcher = watcher_start(self->trees.who);
	int pidfd = pidfd_of(watcher.pid);
	siginfo_t info;

	ASSERT_EQ(0, attach_pidfd(pidfd, self->trees.old, self->trees.new, 0));
	kill(watcher.pid, SIGKILL);
	ASSERT_EQ(0, waitid(P_PID, watcher.pid, &info, WEXITED | WNOWAIT));
	/* First a zombie, then gone. */
	EXPECT_EQ(-ESRCH, attach_pidfd(pidfd, self->trees.old, self->trees.new,
				       0));
	EXPECT_EQ(-ESRCH, attach_pidfd(pidfd, self->trees.old, self->trees.new,
				       PV_TREE));
	watcher_end(&watcher);
	EXPECT_EQ(-ESRCH, attach_pidfd(pidfd, self->trees.old, self->trees.new,
				       0));
	close(pidfd);
}

/* struct errand - what a thread is to watch() */
struct errand {
	const char *path;
	int ask;
	int answer;
};

static void *run_errand(void *arg)
{
	struct errand *errand = arg;

	watch(errand->path, errand->ask, errand->answer);
	return NULL;
}

static char first_thread_state(pid_t pid)
{
	char *path = pvt_path("/proc/%d/task/%d/stat", pid, pid);
	char line[512], *end;

	if (pvt_read(path, line, sizeof(line)) < 0)
		pvt_die("%s", path);
	free(path);
	end = strrchr(line, ')');
	return end ? end[2] : '?';
}

/* Its first thread ends, another one watches. */
static struct watcher headless_start(const char *path)
{
	static struct errand errand;
	struct watcher watcher;
	int ask[2], answer[2];
	pthread_t thread;

	if (pipe2(ask, O_CLOEXEC) || pipe2(answer, O_CLOEXEC))
		pvt_die("pipe");
	watcher.pid = fork();
	if (!watcher.pid) {
		close(ask[1]);
		errand = (struct errand){ path, ask[0], answer[1] };
		pthread_create(&thread, NULL, run_errand, &errand);
		pthread_exit(NULL);
	}
	close(ask[0]);
	close(answer[1]);
	watcher.ask = ask[1];
	watcher.answer = answer[0];
	while (first_thread_state(watcher.pid) != 'Z')
		nap();
	return watcher;
}

TEST_F(process, whose_first_thread_has_ended_can_be_attached)
{
	struct watcher watcher = headless_start(self->trees.who);

	EXPECT_EQ('o', watcher_look(&watcher));
	EXPECT_EQ(0, attach_pid(watcher.pid, self->trees.old, self->trees.new,
				0));
	EXPECT_EQ('n', watcher_look(&watcher));
	EXPECT_EQ(0, detach_pid(watcher.pid, 0));
	EXPECT_EQ('o', watcher_look(&watcher));
	EXPECT_EQ(0, watcher_end(&watcher));
}

TEST_F(process, whose_first_thread_ends_stays_attached)
{
	struct watcher watcher;

	ASSERT_EQ(0, attach_pid(getpid(), self->trees.old, self->trees.new, 0));
	watcher = headless_start(self->trees.who);
	EXPECT_EQ('n', watcher_look(&watcher));
	EXPECT_EQ(1, layers_of(watcher.pid, NULL));
	EXPECT_EQ(0, watcher_end(&watcher));
}

/* ---- Trees of processes ---- */

#define RUNNERS		24
#define ROUNDS		5

/*
 * struct storm - processes that fork as fast as they can, in shared memory
 *
 * @go: they may begin
 * @look: enough of it; everyone looks once and ends
 * @alive: how many there are
 * @native: how many saw the old tree
 * @attached: how many saw a new one
 * @twice: how many had more layers than one
 * @made: how many were made
 * @deadline: when they end in any case, should the test have failed meanwhile
 */
struct storm {
	atomic_int go;
	atomic_int look;
	atomic_int alive;
	atomic_int native;
	atomic_int attached;
	atomic_int twice;
	atomic_int made;
	time_t deadline;
	const char *path;
};

static bool storm_fork(struct storm *storm)
{
	pid_t pid;

	atomic_fetch_add(&storm->alive, 1);
	pid = pvt_old_fork();
	if (pid < 0)
		atomic_fetch_sub(&storm->alive, 1);
	else if (!pid)
		atomic_fetch_add(&storm->made, 1);
	return !pid;
}

static bool storm_is_over(struct storm *storm)
{
	return atomic_load(&storm->look) || time(NULL) > storm->deadline;
}

static void storm_end(struct storm *storm)
{
	atomic_fetch_sub(&storm->alive, 1);
	_exit(0);
}

/* Every process of the chain makes the next one and ends: a daemon again and again. */
static void storm_run(struct storm *storm)
{
	char seen;

	while (!atomic_load(&storm->go) && !storm_is_over(storm))
		usleep(100);
	while (!storm_is_over(storm)) {
		if (!storm_fork(storm))
			storm_end(storm);
		if (!(atomic_load(&storm->made) % 3))
			setsid();
	}
	seen = look(storm->path);
	atomic_fetch_add(seen == 'o' ? &storm->native : &storm->attached, 1);
	if (layers_of(getpid(), NULL) > 1)
		atomic_fetch_add(&storm->twice, 1);
	storm_end(storm);
}

/*
 * The root of the tree.  It is the first to be attached; with @late the others
 * begin when it sees that it is: from then on who is a descendant is decided,
 * and their parents begin to die.  Who loses its parent goes to init, unless
 * @reaper.
 */
static void storm_root(struct storm *storm, bool late, bool reaper)
{
	int i;

	if (reaper)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (i = 0; i < RUNNERS; i++)
		if (storm_fork(storm))
			storm_run(storm);
	if (!late)
		atomic_store(&storm->go, 1);
	while (look(storm->path) == 'o' && !storm_is_over(storm))
		;
	atomic_store(&storm->go, 1);
	while (!storm_is_over(storm))
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	while (atomic_load(&storm->alive))
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	_exit(0);
}

static pid_t storm_start(struct storm *storm, const char *path, bool late,
			 bool reaper)
{
	pid_t root;

	memset(storm, 0, sizeof(*storm));
	storm->path = path;
	storm->deadline = time(NULL) + 60;
	root = fork();
	if (root < 0)
		pvt_die("fork");
	if (!root)
		storm_root(storm, late, reaper);
	while (atomic_load(&storm->alive) < RUNNERS)
		nap();
	return root;
}

static void storm_stop(struct storm *storm, pid_t root)
{
	atomic_store(&storm->look, 1);
	if (waitpid(root, NULL, 0) != root)
		pvt_die("waitpid");
	while (atomic_load(&storm->alive))
		nap();
}

FIXTURE(storms)
{
	struct trees trees;
	struct watcher other;
	unsigned int left;
};

/* The hooks stay armed: to arm them in a storm takes longer than all else. */
FIXTURE_SETUP(storms)
{
	self->trees = trees_new();
	ASSERT_EQ(0, what_stays());
	self->other = watcher_start(self->trees.who);
	ASSERT_EQ(0, attach_pid(self->other.pid, self->trees.old,
				self->trees.new, 0));
	self->left = what_is_left();
}

FIXTURE_TEARDOWN(storms)
{
	EXPECT_EQ(0, watcher_end(&self->other));
	EXPECT_EQ(0, what_stays());
	trees_free(&self->trees);
}

/* Until more were made than it began with: a tree at rest would show nothing. */
static void storm_go_on(struct storm *storm)
{
	while (atomic_load(&storm->made) <= RUNNERS + 1)
		nap();
	usleep(20000);
}

TEST_F_TIMEOUT(storms, tree_attaches_all_descendants_while_they_fork, 200)
{
	struct storm *storm = pvt_shared(sizeof(*storm));
	int round, made = 0;
	pid_t root;

	for (round = 0; round < ROUNDS; round++) {
		root = storm_start(storm, self->trees.who, false, true);
		usleep(1000 * round);
		EXPECT_EQ(0, attach_pid(root, self->trees.old, self->trees.new,
					PV_TREE));
		storm_go_on(storm);
		storm_stop(storm, root);
		EXPECT_EQ(0, atomic_load(&storm->native));
		EXPECT_EQ(0, atomic_load(&storm->twice));
		EXPECT_LE(RUNNERS, atomic_load(&storm->attached));
		made += atomic_load(&storm->made);
	}
	TH_LOG("%d processes in %d storms", made, ROUNDS);
	EXPECT_LT(ROUNDS * (RUNNERS + 1), made);
}

TEST_F_TIMEOUT(storms, tree_attaches_descendants_whose_parents_die_meanwhile,
	       200)
{
	struct storm *storm = pvt_shared(sizeof(*storm));
	int round, made = 0;
	pid_t root;

	for (round = 0; round < ROUNDS; round++) {
		root = storm_start(storm, self->trees.who, true, false);
		EXPECT_EQ(0, attach_pid(root, self->trees.old, self->trees.new,
					PV_TREE));
		storm_go_on(storm);
		storm_stop(storm, root);
		EXPECT_EQ(0, atomic_load(&storm->native));
		EXPECT_EQ(0, atomic_load(&storm->twice));
		EXPECT_LE(RUNNERS, atomic_load(&storm->attached));
		made += atomic_load(&storm->made);
	}
	TH_LOG("%d processes in %d storms", made, ROUNDS);
	EXPECT_LT(ROUNDS * (RUNNERS + 1), made);
}

TEST_F_TIMEOUT(storms, detach_of_a_tree_misses_nobody_who_forks, 200)
{
	struct storm *storm = pvt_shared(sizeof(*storm));
	int round;
	pid_t root;

	for (round = 0; round < ROUNDS; round++) {
		root = storm_start(storm, self->trees.who, false, true);
		EXPECT_EQ(0, attach_pid(root, self->trees.old, self->trees.new,
					PV_TREE));
		usleep(1000 * round);
		EXPECT_EQ(0, detach_pid(root, PV_TREE));
		usleep(20000);
		storm_stop(storm, root);
		EXPECT_EQ(0, atomic_load(&storm->attached));
		EXPECT_LE(RUNNERS, atomic_load(&storm->native));
		EXPECT_EQ(self->left, what_is_left());
	}
}

TEST_F(process, tree_moves_the_layer_that_descendants_inherited)
{
	char *virtual = pvt_path("%s/virtual", self->trees.dir);
	struct watcher plain, layered, late;
	bool own = true;

	/* The root is this process. */
	ASSERT_EQ(0, attach_pid(getpid(), self->trees.old, self->trees.new, 0));
	plain = watcher_start(self->trees.who);
	layered = watcher_start(self->trees.who);
	ASSERT_EQ(0, attach_pid(layered.pid, virtual, self->trees.old, 0));
	EXPECT_EQ('n', watcher_look(&plain));
	EXPECT_EQ('n', watcher_look(&layered));

	ASSERT_EQ(0, attach_pid(getpid(), self->trees.old, self->trees.newer,
				PV_TREE));
	EXPECT_EQ('r', look(self->trees.who));
	EXPECT_EQ('r', watcher_look(&plain));
	EXPECT_EQ('r', watcher_look(&layered));
	EXPECT_EQ(1, layers_of(plain.pid, &own));
	EXPECT_FALSE(own);
	EXPECT_EQ(2, layers_of(layered.pid, &own));
	EXPECT_TRUE(own);
	late = watcher_start(self->trees.who);
	EXPECT_EQ('r', watcher_look(&late));

	ASSERT_EQ(0, detach_pid(getpid(), PV_TREE));
	EXPECT_EQ('o', watcher_look(&plain));
	EXPECT_EQ('o', watcher_look(&layered));
	EXPECT_EQ('o', watcher_look(&late));
	watcher_end(&plain);
	watcher_end(&layered);
	watcher_end(&late);
	free(virtual);
}

TEST_F(process, tree_leaves_others_alone)
{
	struct watcher inside, outside = watcher_start(self->trees.who);
	int stop[2];
	pid_t root;
	char byte;

	ASSERT_EQ(0, pipe2(stop, O_CLOEXEC));
	root = fork();
	if (!root) {
		close(stop[1]);
		_exit(read(stop[0], &byte, 1));
	}
	close(stop[0]);
	inside = watcher_start(self->trees.who);
	ASSERT_EQ(0, attach_pid(root, self->trees.old, self->trees.new,
				PV_TREE));
	EXPECT_EQ(1, layers_of(root, NULL));
	EXPECT_EQ('o', watcher_look(&outside));
	EXPECT_EQ('o', watcher_look(&inside));
	EXPECT_EQ('o', look(self->trees.who));
	close(stop[1]);
	watcher_end(&outside);
	watcher_end(&inside);
	EXPECT_EQ(root, waitpid(root, NULL, 0));
}

/* ---- The hooks ---- */

/* How many lines of @file begin with @word and do, or do not, hold @mark. */
static int lines_with(const char *file, const char *word, const char *mark,
		      bool marked)
{
	FILE *stream = fopen(file, "re");
	size_t len = strlen(word);
	char line[1024];
	int nr = 0;

	if (!stream)
		pvt_die("%s", file);
	while (fgets(line, sizeof(line), stream))
		if (strstr(line, word) &&
		    strspn(strstr(line, word) + len, "+ \t\n") &&
		    !strstr(line, mark) == !marked)
			nr++;
	fclose(stream);
	return nr;
}

#define FUNCTIONS	"/sys/kernel/tracing/enabled_functions"
#define KPROBES		"/sys/kernel/debug/kprobes/list"

/* How many of the sites are hooked, by what the kernel itself says. */
static size_t sites_hooked(size_t *sites)
{
	struct pv *pv = module_open();
	struct pv_status *status;
	size_t i, hooked = 0;

	if (pv_status(pv, &status))
		pvt_die("pv_status: %s", pv_error(pv));
	for (i = 0; i < status->site_count; i++)
		hooked += lines_with(FUNCTIONS, status->sites[i], "", true) ||
			  lines_with(KPROBES, status->sites[i], "DISABLED",
				     false);
	*sites = status->site_count;
	pv_status_free(status);
	pv_close(pv);
	return hooked;
}

/* They are disarmed some seconds after the last one has gone. */
static size_t sites_hooked_for_long(size_t *sites)
{
	unsigned int tries = 1200;
	size_t hooked;

	while ((hooked = sites_hooked(sites)) && tries--)
		usleep(100000);
	return hooked;
}

TEST_F_TIMEOUT(process,
	       hooks_are_armed_while_there_are_attached_ones_and_only_then, 300)
{
	struct watcher watcher = watcher_start(self->trees.who);
	size_t sites;

	EXPECT_EQ(0, sites_hooked_for_long(&sites));
	EXPECT_LT(0, sites);
	ASSERT_EQ(0, attach_pid(watcher.pid, self->trees.old, self->trees.new,
				0));
	EXPECT_EQ(sites, sites_hooked(&sites));
	ASSERT_EQ(0, detach_pid(watcher.pid, 0));
	EXPECT_EQ(0, sites_hooked_for_long(&sites));
	ASSERT_EQ(0, attach_pid(watcher.pid, self->trees.old, self->trees.new,
				0));
	EXPECT_EQ(sites, sites_hooked(&sites));
	watcher_end(&watcher);
	EXPECT_EQ(0, what_is_left());
	EXPECT_EQ(0, sites_hooked_for_long(&sites));
}

/* ---- Unloading ---- */

FIXTURE(module)
{
	struct trees trees;
};

static char *parameter(const char *name)
{
	char *path = pvt_path("/sys/module/pathvirt/parameters/%s", name);
	char value[64];

	if (pvt_read(path, value, sizeof(value)) < 0)
		pvt_die("%s", path);
	free(path);
	value[strcspn(value, "\n")] = '\0';
	return pvt_path("%s=%s", name, value);
}

static int unload(void)
{
	return syscall(SYS_delete_module, "pathvirt", O_NONBLOCK) ? errno : 0;
}

static void load(const char *hook, const char *probe)
{
	char *command = pvt_path("modprobe pathvirt %s %s", hook, probe);

	if (system(command))
		pvt_die("%s", command);
	free(command);
}

FIXTURE_SETUP(module)
{
	self->trees = trees_new();
	ASSERT_EQ(0, what_stays());
}

FIXTURE_TEARDOWN(module)
{
	trees_free(&self->trees);
}

TEST_F(module, can_be_unloaded_only_when_nothing_is_attached)
{
	char *hook = parameter("hook"), *probe = parameter("probe");
	struct watcher watcher = watcher_start(self->trees.who);

	ASSERT_EQ(0, attach_pid(watcher.pid, self->trees.old, self->trees.new,
				0));
	EXPECT_EQ(EWOULDBLOCK, unload());
	EXPECT_EQ('n', watcher_look(&watcher));
	EXPECT_EQ(0, detach_pid(watcher.pid, 0));
	EXPECT_EQ(0, unload());
	EXPECT_EQ('o', watcher_look(&watcher));
	load(hook, probe);
	EXPECT_EQ('o', watcher_look(&watcher));
	EXPECT_EQ(0, watcher_end(&watcher));
}

static bool is_in_open(pid_t pid)
{
	char *path = pvt_path("/proc/%d/syscall", pid);
	char text[256];
	bool in;

	pvt_read(path, text, sizeof(text));
	free(path);
	in = atoi(text) == SYS_openat;
	return in;
}

TEST_F(module, waits_for_one_who_is_blocked_in_an_open_through_a_hook)
{
	char *hook = parameter("hook"), *probe = parameter("probe");
	char *fifo = pvt_path("%s/fifo", self->trees.new);
	char *virtual = pvt_path("%s/fifo", self->trees.old);
	struct watcher watcher = watcher_start(virtual);
	struct pv *pv = module_open();
	char byte = 0;
	int fd;

	ASSERT_EQ(0, mkfifo(fifo, 0600));
	ASSERT_EQ(0, attach_pid(watcher.pid, self->trees.old, self->trees.new,
				0));
	ASSERT_EQ(1, write(watcher.ask, &byte, 1));
	while (!is_in_open(watcher.pid))
		nap();
	usleep(100000);
	ASSERT_TRUE(is_in_open(watcher.pid));
	EXPECT_EQ(EWOULDBLOCK, unload());
	ASSERT_EQ(0, pv_detach(pv, PV_SELF, PV_ALL));
	pv_close(pv);

	/* Nobody is attached, but it will return through our code. */
	EXPECT_EQ(EWOULDBLOCK, unload());
	fd = open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, write(fd, "f", 1));
	EXPECT_EQ(1, read(watcher.answer, &byte, 1));
	EXPECT_EQ('f', byte);
	close(fd);

	/* Nothing more is in the way. */
	EXPECT_EQ(0, unload());
	EXPECT_EQ('!', watcher_look(&watcher));
	load(hook, probe);
	EXPECT_EQ(0, watcher_end(&watcher));
}

TEST_HARNESS_MAIN
