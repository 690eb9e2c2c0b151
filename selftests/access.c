// SPDX-License-Identifier: GPL-2.0
/*
 * P1, P2 and P4: who may attach whom, and that it grants nothing.
 *
 * The rule is always the same: DIR/old leads to DIR/new, and DIR/old/who says
 * 'o', DIR/new/who 'n'.
 */
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "kselftest_harness.h"

#include "attaching.h"

#define NOBODY	65534
#define OTHER	12345

FIXTURE(access)
{
	char *dir;
	char *old;
	char *new;
	char *who;
	char *new_who;
};

FIXTURE_SETUP(access)
{
	self->dir = pvt_tree_new();
	self->old = pvt_path("%s/old", self->dir);
	self->new = pvt_path("%s/new", self->dir);
	self->who = pvt_path("%s/who", self->old);
	self->new_who = pvt_path("%s/who", self->new);
	pvt_mkdir(self->old);
	pvt_mkdir(self->new);
	pvt_write(self->who, "o", 0644);
	pvt_write(self->new_who, "n", 0644);
}

FIXTURE_TEARDOWN(access)
{
	pvt_tree_free(self->dir);
	EXPECT_EQ(0, what_stays());
}

static void become(uid_t id)
{
	if (setgroups(0, NULL) || setresgid(id, id, id) ||
	    setresuid(id, id, id))
		pvt_die("cannot become user %d", id);
	/* What changed its user is not dumpable; an ordinary process is. */
	prctl(PR_SET_DUMPABLE, 1);
}

/* A child that does nothing, or nothing more than @prepare, which is done by now. */
static pid_t sleeper_after(void (*prepare)(unsigned int), unsigned int argument)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC))
		pvt_die("pipe");
	pid = fork();
	if (!pid) {
		if (prepare)
			prepare(argument);
		if (write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(ready[0], &byte, 1) != 1)
		pvt_die("read");
	close(ready[0]);
	close(ready[1]);
	return pid;
}

/* As user @id. */
static pid_t sleeper(uid_t id)
{
	return sleeper_after(id ? become : NULL, id);
}

static void sleeper_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/*
 * What @code is in a child of its own, negative: 0 or an errno.  A child that
 * dies of something else gives another number; pvt_die() does.
 */
#define IN_CHILD(code)							\
	({								\
		pid_t __pid = fork();					\
		int __status;						\
									\
		if (!__pid)						\
			_exit(100 - (code));				\
		if (waitpid(__pid, &__status, 0) != __pid)		\
			pvt_die("waitpid");				\
		WIFEXITED(__status) ? WEXITSTATUS(__status) - 100 : 255; \
	})

static int attach_as(FIXTURE_DATA(access) *self, uid_t id, pid_t pid)
{
	become(id);
	return attach_pid(pid, self->old, self->new, 0);
}

TEST_F(access, root_may_attach_anybody)
{
	pid_t pid = sleeper(NOBODY);

	EXPECT_EQ(0, attach_pid(pid, self->old, self->new, 0));
	EXPECT_EQ(1, layers_of(pid, NULL));
	sleeper_end(pid);
}

TEST_F(access, a_user_may_not_attach_a_process_of_root)
{
	pid_t pid = sleeper(0);

	EXPECT_EQ(EPERM, IN_CHILD(attach_as(self, NOBODY, pid)));
	EXPECT_EQ(0, layers_of(pid, NULL));
	sleeper_end(pid);
}

TEST_F(access, a_user_may_not_attach_a_process_of_another_user)
{
	pid_t pid = sleeper(OTHER);

	EXPECT_EQ(EPERM, IN_CHILD(attach_as(self, NOBODY, pid)));
	EXPECT_EQ(0, layers_of(pid, NULL));
	sleeper_end(pid);
}

/* P1 asks for CAP_SYS_ADMIN, though ptrace would be allowed. */
TEST_F(access, a_user_may_not_attach_another_process_of_his_own)
{
	pid_t pid = sleeper(NOBODY);

	EXPECT_EQ(EPERM, IN_CHILD(attach_as(self, NOBODY, pid)));
	EXPECT_EQ(0, layers_of(pid, NULL));
	sleeper_end(pid);
}

static int detach_as(uid_t id, pid_t pid, unsigned int flags)
{
	become(id);
	return detach_pid(pid, flags);
}

TEST_F(access, a_user_may_not_detach_another_process)
{
	pid_t pid = sleeper(NOBODY);

	ASSERT_EQ(0, attach_pid(pid, self->old, self->new, 0));
	EXPECT_EQ(EPERM, IN_CHILD(detach_as(NOBODY, pid, 0)));
	EXPECT_EQ(EPERM, IN_CHILD(detach_as(NOBODY, pid, PV_TREE)));
	EXPECT_EQ(EPERM, IN_CHILD(detach_as(NOBODY, pid, PV_ALL)));
	EXPECT_EQ(1, layers_of(pid, NULL));
	sleeper_end(pid);
}

static int get_as(uid_t id, pid_t pid)
{
	become(id);
	return layers_of(pid, NULL);
}

TEST_F(access, a_user_may_see_the_table_of_his_own_process_only)
{
	pid_t own = sleeper(NOBODY), other = sleeper(OTHER);

	ASSERT_EQ(0, attach_pid(own, self->old, self->new, 0));
	ASSERT_EQ(0, attach_pid(other, self->old, self->new, 0));
	EXPECT_EQ(-1, IN_CHILD(get_as(NOBODY, own)));	/* one layer */
	EXPECT_EQ(EPERM, IN_CHILD(get_as(NOBODY, other)));
	sleeper_end(own);
	sleeper_end(other);
}

static int count_one(const struct pv_process *process, void *arg)
{
	(void)process;
	++*(int *)arg;
	return 0;
}

static int list_as(uid_t id)
{
	struct pv *pv;
	int nr = 0;

	become(id);
	pv = module_open();
	if (pv_list(pv, count_one, &nr))
		return -99;
	pv_close(pv);
	return -nr;
}

TEST_F(access, a_user_sees_only_his_own_processes_in_the_list)
{
	pid_t own = sleeper(NOBODY), other = sleeper(OTHER);

	ASSERT_EQ(0, attach_pid(own, self->old, self->new, 0));
	ASSERT_EQ(0, attach_pid(other, self->old, self->new, 0));
	EXPECT_EQ(1, IN_CHILD(list_as(NOBODY)));
	EXPECT_EQ(2, IN_CHILD(list_as(0)));
	sleeper_end(own);
	sleeper_end(other);
}

/* ---- Oneself ---- */

static int attach_self_as(FIXTURE_DATA(access) *self, uid_t id,
			  bool no_new_privs)
{
	int err;

	become(id);
	if (no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		pvt_die("no_new_privs");
	err = attach_pidfd(PV_SELF, self->old, self->new, 0);
	if (err)
		return err;
	return look(self->who) == 'n' ? 0 : -1000;
}

TEST_F(access, a_user_may_not_attach_himself_without_no_new_privs)
{
	EXPECT_EQ(EPERM, IN_CHILD(attach_self_as(self, NOBODY, false)));
}

TEST_F(access, a_user_may_attach_himself_with_no_new_privs)
{
	EXPECT_EQ(0, IN_CHILD(attach_self_as(self, NOBODY, true)));
}

static int attach_self_by_pid(FIXTURE_DATA(access) *self)
{
	become(NOBODY);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		pvt_die("no_new_privs");
	if (attach_pid(getpid(), self->old, self->new, 0))
		return -1;
	return look(self->who) == 'n' ? 0 : -2;
}

TEST_F(access, to_name_oneself_by_a_pidfd_is_the_same)
{
	EXPECT_EQ(0, IN_CHILD(attach_self_by_pid(self)));
}

TEST_F(access, root_may_attach_himself_without_no_new_privs)
{
	EXPECT_EQ(0, IN_CHILD(attach_self_as(self, 0, false)));
}

/* no_new_privs is no key to others. */
static int attach_other_with_no_new_privs(FIXTURE_DATA(access) *self, pid_t pid)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		pvt_die("no_new_privs");
	return attach_as(self, NOBODY, pid);
}

TEST_F(access, no_new_privs_does_not_help_to_attach_others)
{
	pid_t pid = sleeper(NOBODY);

	EXPECT_EQ(EPERM, IN_CHILD(attach_other_with_no_new_privs(self, pid)));
	sleeper_end(pid);
}

static pthread_barrier_t barrier;

static void *idle(void *arg)
{
	pthread_barrier_wait(&barrier);
	pause();
	return arg;
}

static int attach_threaded(FIXTURE_DATA(access) *self, bool all)
{
	pthread_t thread;
	int err;

	become(NOBODY);
	pthread_barrier_init(&barrier, NULL, 2);
	/* A thread inherits no_new_privs from the one that makes it. */
	if (all)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (pthread_create(&thread, NULL, idle, NULL))
		pvt_die("no thread");
	pthread_barrier_wait(&barrier);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	err = attach_pidfd(PV_SELF, self->old, self->new, 0);
	if (!err && look(self->who) != 'n')
		err = -1000;
	return err;
}

TEST_F(access, one_thread_without_no_new_privs_is_one_too_many)
{
	EXPECT_EQ(EPERM, IN_CHILD(attach_threaded(self, false)));
	EXPECT_EQ(0, IN_CHILD(attach_threaded(self, true)));
}

/* A set-uid copy of id(1), in @dir; says "0" if the bit works. */
static char *setuid_program(const char *dir)
{
	char *path = pvt_path("%s/setuid-id", dir);

	pvt_copy("/usr/bin/id", path);
	if (chown(path, 0, 0) || chmod(path, 04755))
		pvt_die("%s", path);
	return path;
}

static int effective_user_of(const char *program)
{
	char *command = pvt_path("%s -u", program);
	FILE *out = popen(command, "re");
	int user = -1;

	if (!out || fscanf(out, "%d", &user) != 1)
		user = -1;
	if (out)
		pclose(out);
	free(command);
	return user;
}

static int setuid_gains(FIXTURE_DATA(access) *self, bool attached)
{
	char *program = setuid_program(self->dir);
	int user;

	if (attached && attach_self_as(self, NOBODY, true))
		return -3;
	if (!attached)
		become(NOBODY);
	user = effective_user_of(program);
	return user == 0 ? -1 : user == NOBODY ? -2 : -4;
}

TEST_F(access, a_set_uid_program_gets_no_privilege_under_a_users_table)
{
	/* It would, without the table. */
	ASSERT_EQ(1, IN_CHILD(setuid_gains(self, false)));
	EXPECT_EQ(2, IN_CHILD(setuid_gains(self, true)));
}

/* What root attached may run set-uid programs: no_new_privs is not set for it. */
static int attached_by_root(FIXTURE_DATA(access) *self)
{
	char *program = setuid_program(self->dir);

	if (attach_pidfd(PV_SELF, self->old, self->new, 0))
		return -3;
	become(NOBODY);
	if (look(self->who) != 'n')
		return -4;
	return effective_user_of(program) ? -2 : -1;
}

TEST_F(access, roots_table_does_not_take_privileges_away)
{
	EXPECT_EQ(1, IN_CHILD(attached_by_root(self)));
}

/* ---- Detaching oneself ---- */

static int detach_inherited(FIXTURE_DATA(access) *self, bool no_new_privs)
{
	become(NOBODY);
	if (no_new_privs)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!detach_pid(getpid(), 0))
		return -1;
	return look(self->who) == 'n' ? -2 : -3;
}

TEST_F(access, a_user_cannot_take_away_what_he_inherited)
{
	ASSERT_EQ(0, attach_pid(getpid(), self->old, self->new, 0));
	EXPECT_EQ(2, IN_CHILD(detach_inherited(self, false)));
	EXPECT_EQ(2, IN_CHILD(detach_inherited(self, true)));
	EXPECT_EQ(0, detach_pid(getpid(), 0));
}

static int detach_own_only(FIXTURE_DATA(access) *self)
{
	become(NOBODY);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (attach_pidfd(PV_SELF, "/virtual", self->old, 0))
		return -1;
	if (look("/virtual/who") != 'n')
		return -2;
	if (detach_pid(getpid(), 0))
		return -3;
	if (look("/virtual/who") != '!')
		return -4;
	/* The second time there is nothing of its own. */
	if (!detach_pid(getpid(), 0))
		return -5;
	return look(self->who) == 'n' ? 0 : -6;
}

TEST_F(access, a_user_can_take_away_his_own_layer_and_no_more)
{
	ASSERT_EQ(0, attach_pid(getpid(), self->old, self->new, 0));
	EXPECT_EQ(0, IN_CHILD(detach_own_only(self)));
	EXPECT_EQ(0, detach_pid(getpid(), 0));
}

/* ---- CAP_SYS_ADMIN is not all ---- */

static void drop_all_but(int capability)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	data[CAP_TO_INDEX(capability)].effective = CAP_TO_MASK(capability);
	data[CAP_TO_INDEX(capability)].permitted = CAP_TO_MASK(capability);
	if (syscall(SYS_capset, &header, data))
		pvt_die("capset");
}

static void keep_only(unsigned int capability)
{
	drop_all_but(capability);
	/* What changed its capabilities is not dumpable; an ordinary process is. */
	prctl(PR_SET_DUMPABLE, 1);
}

static void hide(unsigned int unused)
{
	(void)unused;
	prctl(PR_SET_DUMPABLE, 0);
}

static int attach_with(FIXTURE_DATA(access) *self, int capability, pid_t pid)
{
	drop_all_but(capability);
	return attach_pid(pid, self->old, self->new, 0);
}

TEST_F(access, cap_sys_admin_without_ptrace_access_is_not_enough)
{
	pid_t pid = sleeper(NOBODY);

	EXPECT_EQ(EPERM, IN_CHILD(attach_with(self, CAP_SYS_ADMIN, pid)));
	EXPECT_EQ(0, layers_of(pid, NULL));
	sleeper_end(pid);
}

TEST_F(access, cap_sys_ptrace_without_cap_sys_admin_is_not_enough)
{
	pid_t pid = sleeper(NOBODY);

	EXPECT_EQ(EPERM, IN_CHILD(attach_with(self, CAP_SYS_PTRACE, pid)));
	EXPECT_EQ(0, layers_of(pid, NULL));
	sleeper_end(pid);
}

TEST_F(access, cap_sys_admin_is_enough_where_ptrace_needs_no_capability)
{
	/* Same user, and no capability that the other lacks. */
	pid_t pid = sleeper_after(keep_only, CAP_SYS_ADMIN);

	EXPECT_EQ(0, IN_CHILD(attach_with(self, CAP_SYS_ADMIN, pid)));
	sleeper_end(pid);
}

static void write_proc(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		pvt_die("%s", path);
	close(fd);
}

#define YAMA	"/proc/sys/kernel/yama/ptrace_scope"

/* Once 3 it stays so until the next boot, hence 2: CAP_SYS_PTRACE. */
TEST_F(access, yama_has_its_say)
{
	char before[8];
	pid_t pid;

	if (pvt_read(YAMA, before, sizeof(before)) < 0)
		SKIP(return, "this kernel has no yama");
	pid = sleeper_after(keep_only, CAP_SYS_ADMIN);
	write_proc(YAMA, "2");
	EXPECT_EQ(EPERM, IN_CHILD(attach_with(self, CAP_SYS_ADMIN, pid)));
	EXPECT_EQ(0, attach_pid(pid, self->old, self->new, 0));
	write_proc(YAMA, before);
	sleeper_end(pid);
}

/* ---- User namespaces ---- */

static void write_map(pid_t pid, const char *name, const char *text)
{
	char *path = pvt_path("/proc/%d/%s", pid, name);

	write_proc(path, text);
	free(path);
}

/*
 * Root of a user namespace that NOBODY made attaches a process inside of it, or
 * one outside.
 */
static int in_user_namespace(FIXTURE_DATA(access) *self, pid_t outside,
			     bool inwards)
{
	pid_t inside;
	int up[2], down[2], err;
	char byte;
	pid_t mapper, me = getpid();

	if (pipe2(up, O_CLOEXEC) || pipe2(down, O_CLOEXEC))
		pvt_die("pipe");
	mapper = fork();
	if (!mapper) {
		if (read(up[0], &byte, 1) != 1)
			_exit(1);
		write_map(me, "uid_map", "0 100000 1000");
		write_map(me, "gid_map", "0 100000 1000");
		_exit(write(down[1], "m", 1) != 1);
	}
	become(NOBODY);
	if (unshare(CLONE_NEWUSER))
		pvt_die("unshare");
	if (write(up[1], "u", 1) != 1 || read(down[0], &byte, 1) != 1)
		pvt_die("no map");
	waitpid(mapper, NULL, 0);
	if (setresgid(0, 0, 0) || setresuid(0, 0, 0))
		pvt_die("cannot become root of the namespace");
	prctl(PR_SET_DUMPABLE, 1);
	inside = sleeper(0);
	err = attach_pid(inwards ? inside : outside, self->old, self->new, 0);
	if (!err && inwards && layers_of(inside, NULL) != 1)
		err = -1000;
	sleeper_end(inside);
	return err;
}

TEST_F(access, root_of_a_user_namespace_may_attach_its_processes)
{
	EXPECT_EQ(0, IN_CHILD(in_user_namespace(self, 0, true)));
}

TEST_F(access, root_of_a_user_namespace_may_not_attach_those_of_its_parent)
{
	pid_t owner = sleeper(NOBODY), root = sleeper(0);

	EXPECT_EQ(EPERM, IN_CHILD(in_user_namespace(self, owner, false)));
	EXPECT_EQ(EPERM, IN_CHILD(in_user_namespace(self, root, false)));
	EXPECT_EQ(0, layers_of(owner, NULL));
	EXPECT_EQ(0, layers_of(root, NULL));
	sleeper_end(owner);
	sleeper_end(root);
}

static int detach_all_as_namespace_root(void)
{
	become(NOBODY);
	if (unshare(CLONE_NEWUSER))
		pvt_die("unshare");
	return detach_pid(getpid(), PV_ALL);
}

TEST_F(access, root_of_a_user_namespace_may_not_detach_everybody)
{
	pid_t pid = sleeper(NOBODY);

	ASSERT_EQ(0, attach_pid(pid, self->old, self->new, 0));
	EXPECT_EQ(EPERM, IN_CHILD(detach_all_as_namespace_root()));
	EXPECT_EQ(1, layers_of(pid, NULL));
	sleeper_end(pid);
}

static int tree_with_a_stranger(FIXTURE_DATA(access) *self, pid_t *child)
{
	int ready[2];
	char byte;
	pid_t pid;
	int err;

	/* The root of the tree is ours, a child of it is more than we are. */
	if (pipe2(ready, O_CLOEXEC))
		pvt_die("pipe");
	pid = fork();
	if (!pid) {
		if (write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	*child = pid;	/* shared: the child must not write it, too */
	if (read(ready[0], &byte, 1) != 1)
		pvt_die("read");
	become(NOBODY);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	err = attach_pid(getpid(), self->old, self->new, PV_TREE);
	if (err && look(self->who) != 'o')
		err = -1000;
	return err;
}

TEST_F(access, a_tree_with_one_who_may_not_be_attached_is_left_as_it_was)
{
	pid_t *child = pvt_shared(sizeof(*child));

	EXPECT_EQ(EPERM, IN_CHILD(tree_with_a_stranger(self, child)));
	EXPECT_EQ(0, layers_of(*child, NULL));
	kill(*child, SIGKILL);
}

static int detach_tree_with_a_stranger(FIXTURE_DATA(access) *self)
{
	pid_t stranger;
	int err;

	if (attach_pid(getpid(), self->old, self->new, 0))
		return -1000;
	stranger = sleeper(0);	/* has more capabilities than we will */
	drop_all_but(CAP_SYS_ADMIN);
	err = detach_pid(getpid(), PV_TREE);
	if (look(self->who) != 'n' || layers_of(getpid(), NULL) != 1)
		err = -1001;
	kill(stranger, SIGKILL);
	waitpid(stranger, NULL, 0);
	return err;
}

TEST_F(access, a_tree_with_one_who_may_not_be_detached_keeps_its_tables)
{
	EXPECT_EQ(EPERM, IN_CHILD(detach_tree_with_a_stranger(self)));
}

#define CHAINS	8

/*
 * struct chains - processes each of which makes the next one and ends
 *
 * @stop: they shall look and end
 * @alive: how many have not
 * @attached: how many saw the new tree
 * @made: how many there were
 */
struct chains {
	atomic_int stop;
	atomic_int alive;
	atomic_int attached;
	atomic_int made;
};

static void chain_run(struct chains *chains, const char *who)
{
	while (!atomic_load(&chains->stop)) {
		atomic_fetch_add(&chains->made, 1);
		if (fork() > 0)
			_exit(0);
	}
	if (look(who) != 'o')
		atomic_fetch_add(&chains->attached, 1);
	atomic_fetch_sub(&chains->alive, 1);
	_exit(0);
}

static int attach_chains_with_a_stranger(FIXTURE_DATA(access) *self,
					 struct chains *chains)
{
	pid_t stranger;
	time_t end;
	int i, err;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	keep_only(CAP_SYS_ADMIN);
	signal(SIGCHLD, SIG_IGN);
	atomic_store(&chains->alive, CHAINS);
	for (i = 0; i < CHAINS; i++)
		if (!fork())
			chain_run(chains, self->who);
	stranger = sleeper_after(hide, 0);
	/* Often, so that some fork just then; less often where it takes long. */
	end = time(NULL) + 20;
	for (i = 0; !i || (i < 100 && time(NULL) < end); i++) {
		err = attach_pid(getpid(), self->old, self->new, PV_TREE);
		if (err != -EPERM)
			break;
	}
	atomic_store(&chains->stop, 1);
	while (atomic_load(&chains->alive))
		usleep(1000);
	kill(stranger, SIGKILL);
	return err;
}

TEST_F_TIMEOUT(access, children_made_while_a_tree_is_refused_are_left_alone_too,
	       120)
{
	struct chains *chains = pvt_shared(sizeof(*chains));
	pid_t other = sleeper(0);

	/* The hooks stay armed: to arm them takes longer than all else. */
	ASSERT_EQ(0, attach_pid(other, self->old, self->new, 0));
	EXPECT_EQ(EPERM, IN_CHILD(attach_chains_with_a_stranger(self, chains)));
	EXPECT_EQ(0, atomic_load(&chains->attached));
	EXPECT_LT(2 * CHAINS, atomic_load(&chains->made));
	sleeper_end(other);
	EXPECT_EQ(0, what_is_left());
}

/* ---- P4 ---- */

static int open_as(FIXTURE_DATA(access) *self, uid_t id, const char *path)
{
	int fd;

	if (attach_pidfd(PV_SELF, self->old, self->new, 0))
		return -1000;
	become(id);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

TEST_F(access, the_real_path_is_opened_with_the_processes_own_rights)
{
	/* What ORIGINAL allows does not matter, what NEW forbids does. */
	ASSERT_EQ(0, chmod(self->new_who, 0600));
	EXPECT_EQ(EACCES, IN_CHILD(open_as(self, NOBODY, self->who)));
	EXPECT_EQ(0, IN_CHILD(open_as(self, 0, self->who)));
	ASSERT_EQ(0, chmod(self->new_who, 0644));
	ASSERT_EQ(0, chmod(self->who, 0600));
	EXPECT_EQ(0, IN_CHILD(open_as(self, NOBODY, self->who)));

	/* A directory on the way to NEW that may not be searched. */
	ASSERT_EQ(0, chmod(self->new, 0700));
	EXPECT_EQ(EACCES, IN_CHILD(open_as(self, NOBODY, self->who)));
	/* And one on the way to ORIGINAL, which nobody walks. */
	ASSERT_EQ(0, chmod(self->new, 0755));
	ASSERT_EQ(0, chmod(self->old, 0000));
	EXPECT_EQ(0, IN_CHILD(open_as(self, NOBODY, self->who)));
}

TEST_HARNESS_MAIN
