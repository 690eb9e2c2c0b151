// SPDX-License-Identifier: GPL-2.0
/*
 * W4, W8: what a hostile user's processes do, or leave undone, costs others
 * nothing: nobody waits for them, and no CPU but theirs has work with them.
 *
 * They are those of uid 65534, who attaches himself, and of the root of a user
 * namespace, who attaches a whole tree.
 */
#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "attaching.h"
#include "calls.h"
#include "kselftest_harness.h"

#define NOBODY		65534
#define STOPPED		12
#define ORIGINAL	"/pvt.hostile"
#define TRIES		10

/* What a hostile user and the test share. */
struct stage {
	pid_t attacher;		/* who asks for the attach */
	pid_t tid;		/* his thread that is to stand still */
	int ready;		/* he is about to */
	int go;			/* he may */
};

/* An attached process that changes its root directory each time it is asked. */
struct changer {
	pid_t pid;
	int asked;
	int done;
};

static struct stage *stage_new(void)
{
	struct stage *stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (stage == MAP_FAILED)
		pvt_die("mmap");
	return stage;
}

/* From here on the running process is a hostile user's, and ends with us. */
static void become_hostile(bool namespace)
{
	if (setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY) ||
	    prctl(PR_SET_DUMPABLE, 1) || prctl(PR_SET_PDEATHSIG, SIGKILL) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		pvt_die("become nobody");
	if (namespace)
		pvt_user_namespace();
}

static void await_flag(const int *flag)
{
	while (!__atomic_load_n(flag, __ATOMIC_ACQUIRE))
		usleep(1000);
}

static void set_flag(int *flag)
{
	__atomic_store_n(flag, 1, __ATOMIC_RELEASE);
}

/* The running thread, known by @tid then, waits for its tracer and renames. */
static void *rename_traced(void *tid)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		pvt_die("PTRACE_TRACEME");
	/* Only a thread that is traced can be waited for by who is not its process. */
	if (tid)
		__atomic_store_n((pid_t *)tid, gettid(), __ATOMIC_RELEASE);
	syscall(SYS_tgkill, getpid(), gettid(), SIGSTOP);
	pvt_old_rename("/pvt.a", "/pvt.b");
	for (;;)
		pause();
	return NULL;
}

/* Lets a tracee go on to the entry of rename(), and no further. */
static void stop_at_rename(pid_t tid)
{
	struct __ptrace_syscall_info info;
	int status;

	if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status))
		pvt_die("tracee");
	ptrace(PTRACE_SETOPTIONS, tid, 0,
	       PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD);
	do {
		if (ptrace(PTRACE_SYSCALL, tid, 0, 0) ||
		    waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status) ||
		    ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) < 0)
			pvt_die("PTRACE_SYSCALL");
	} while (info.op != PTRACE_SYSCALL_INFO_ENTRY ||
		 !pvt_old_is_rename(info.entry.nr));
}

static _Noreturn void attach_when_told(struct stage *stage, pid_t pid,
				       unsigned int flags)
{
	stage->attacher = getpid();
	set_flag(&stage->ready);
	await_flag(&stage->go);
	_exit(attach_pid(pid, ORIGINAL, "/usr", flags) ? 1 : 0);
}

/* A process that attaches itself, with a thread at the entry of rename(). */
static void hostile_self(struct stage *stage)
{
	pthread_t thread;

	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (pthread_create(&thread, NULL, rename_traced, &stage->tid))
			pvt_die("pthread_create");
		attach_when_told(stage, getpid(), 0);
	}
	await_flag(&stage->tid);
	stop_at_rename(stage->tid);
	await_flag(&stage->ready);
}

/* A tree of processes, each at the entry of rename(), and one that attaches it. */
static void hostile_tree(struct stage *stage)
{
	pid_t pid[STOPPED], boss = getpid();
	int i;

	for (i = 0; i < STOPPED; i++) {
		pid[i] = fork();
		if (!pid[i])
			rename_traced(NULL);
	}
	for (i = 0; i < STOPPED; i++)
		stop_at_rename(pid[i]);
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		attach_when_told(stage, boss, PV_TREE);
	}
	await_flag(&stage->ready);
}

static char state_of(pid_t pid)
{
	char *path = pvt_path("/proc/%d/stat", pid), text[512], *end;
	int len = pvt_read(path, text, sizeof(text) - 1);

	free(path);
	if (len <= 0)
		return 'X';
	text[len] = '\0';
	end = strrchr(text, ')');
	return end ? end[2] : 'X';
}

FIXTURE(hostile)
{
	struct stage *stage;
	pid_t boss;
	pid_t other;
};

FIXTURE_VARIANT(hostile)
{
	bool namespace;
};

FIXTURE_VARIANT_ADD(hostile, nobody) { };
FIXTURE_VARIANT_ADD(hostile, root_of_a_namespace) { .namespace = true };

/* Somebody else's process. */
static pid_t bystander(void)
{
	pid_t pid = fork();

	if (pid < 0)
		pvt_die("fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

FIXTURE_SETUP(hostile)
{
	pvt_keep_armed();
	self->other = bystander();
}

FIXTURE_TEARDOWN(hostile)
{
	end(self->other);
}

/* A user whose calls stand still, and his request that waits for them. */
static void hostile_begin(FIXTURE_DATA(hostile) *self, bool namespace)
{
	self->stage = stage_new();
	self->boss = fork();
	if (!self->boss) {
		become_hostile(namespace);
		if (namespace)
			hostile_tree(self->stage);
		else
			hostile_self(self->stage);
		set_flag(&self->stage->go);
		for (;;)
			pause();
	}
	await_flag(&self->stage->go);
	while (state_of(self->stage->attacher) != 'D' &&
	       state_of(self->stage->attacher) != 'Z' &&
	       state_of(self->stage->attacher) != 'X')
		usleep(1000);
}

static bool hostile_waits(FIXTURE_DATA(hostile) *self)
{
	return state_of(self->stage->attacher) == 'D';
}

static void hostile_end(FIXTURE_DATA(hostile) *self)
{
	kill(self->stage->attacher, SIGKILL);
	end(self->boss);
	munmap(self->stage, sizeof(*self->stage));
}

/* Whether @ask is done while the hostile user still waits; a few tries. */
static bool done_meanwhile(FIXTURE_DATA(hostile) *self, bool namespace,
			   int (*ask)(pid_t pid))
{
	bool meanwhile = false;
	int i, err = 0;

	for (i = 0; i < TRIES && !meanwhile && !err; i++) {
		hostile_begin(self, namespace);
		err = ask(self->other);
		meanwhile = !err && hostile_waits(self);
		hostile_end(self);
	}
	return meanwhile;
}

static int ask_status(pid_t pid __attribute__((unused)))
{
	return what_is_left() ? 0 : -ENOENT;
}

static int ask_attach(pid_t pid)
{
	return attach_pid(pid, ORIGINAL, "/usr", 0) ?: detach_pid(pid, 0);
}

/* A socket of a family that shares the lock of ours, which is told when one closes. */
static int ask_close(pid_t pid __attribute__((unused)))
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };

	if (sock < 0 || bind(sock, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	return close(sock) ? -errno : 0;
}

static struct changer *changer;

static void changer_new(void)
{
	pid_t pid;

	changer = mmap(NULL, sizeof(*changer), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (changer == MAP_FAILED)
		pvt_die("mmap");
	pid = fork();
	if (pid) {
		changer->pid = pid;
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		while (!__atomic_exchange_n(&changer->asked, 0,
					    __ATOMIC_ACQUIRE))
			usleep(1000);
		/* From the second time on it is there already. */
		if (chroot("/usr") && chroot("/"))
			_exit(1);
		set_flag(&changer->done);
	}
}

static int ask_chroot(pid_t other __attribute__((unused)))
{
	changer->done = 0;
	set_flag(&changer->asked);
	while (!__atomic_load_n(&changer->done, __ATOMIC_ACQUIRE))
		if (kill(changer->pid, 0) || state_of(changer->pid) == 'Z')
			return -ECHILD;
	return 0;
}

TEST_F(hostile, W4_root_s_status_does_not_wait_for_a_call_of_others)
{
	EXPECT_TRUE(done_meanwhile(self, variant->namespace, ask_status));
}

TEST_F(hostile, W4_root_s_attach_does_not_wait_for_a_call_of_others)
{
	EXPECT_TRUE(done_meanwhile(self, variant->namespace, ask_attach));
}

TEST_F(hostile, W4_closing_another_socket_does_not_wait_for_a_call_of_others)
{
	EXPECT_TRUE(done_meanwhile(self, variant->namespace, ask_close));
}

TEST_F(hostile, W4_a_chroot_does_not_wait_for_a_call_of_others)
{
	changer_new();
	ASSERT_EQ(0, attach_pid(changer->pid, "/usr/pvt.jail", "/usr", 0));
	EXPECT_TRUE(done_meanwhile(self, variant->namespace, ask_chroot));
	end(changer->pid);
}

TEST_F(hostile, W4_who_waits_for_a_call_can_be_killed)
{
	int i;

	for (i = 0; i < TRIES; i++) {
		hostile_begin(self, variant->namespace);
		if (hostile_waits(self))
			break;
		hostile_end(self);
	}
	ASSERT_NE(TRIES, i);
	kill(self->stage->attacher, SIGKILL);
	while (state_of(self->stage->attacher) == 'D')
		usleep(1000);
	hostile_end(self);
}

/* ---- An attach is an attach ---- */

static void *rename_on_and_on(void *unused)
{
	for (;;)
		pvt_old_rename("/pvt.a", "/pvt.b");
	return unused;
}

/* It ends calls while another call of the process is waited for. */
TEST(A1_an_attach_is_not_lost_to_calls_that_come_and_go)
{
	pthread_t thread;
	pid_t pid;

	pvt_keep_armed();
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pthread_create(&thread, NULL, rename_on_and_on, NULL);
		rename_traced(NULL);
	}
	stop_at_rename(pid);
	EXPECT_EQ(0, attach_pid(pid, ORIGINAL, "/usr", 0));
	EXPECT_EQ(1, layers_of(pid, NULL));
	end(pid);
}

static void *end_at_once(void *unused)
{
	return unused;
}

/* What its threads do is looked up on their stacks: for a KASAN kernel. */
TEST(W4_threads_begin_and_end_while_their_process_is_attached)
{
	pthread_attr_t attr;
	pthread_t thread;
	pid_t pid;
	int i;

	pvt_keep_armed();
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pthread_attr_init(&attr);
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		pthread_attr_setstacksize(&attr, 1 << 16);
		for (;;)
			pthread_create(&thread, &attr, end_at_once, NULL);
	}
	for (i = 0; i < 300; i++) {
		ASSERT_EQ(0, attach_pid(pid, ORIGINAL, "/usr", 0));
		ASSERT_EQ(1, layers_of(pid, NULL));
		ASSERT_EQ(0, detach_pid(pid, 0));
	}
	end(pid);
}

/* ---- Arming ---- */

/* Calls of functions on other CPUs, all together. */
static unsigned long calls_of_cpus(void)
{
	FILE *stream = fopen("/proc/interrupts", "re");
	unsigned long sum = 0, number;
	char line[4096], *word, *end;

	if (!stream)
		pvt_die("/proc/interrupts");
	while (fgets(line, sizeof(line), stream)) {
		word = strstr(line, "CAL:");
		if (!word)
			continue;
		for (word += 4;; word = end) {
			number = strtoul(word, &end, 10);
			if (end == word)
				break;
			sum += number;
		}
	}
	fclose(stream);
	return sum;
}

#define LAPS	200

static bool self_end(bool attached)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		become_hostile(false);
		_exit(attached && attach_pid(getpid(), ORIGINAL, "/usr", 0));
	}
	return waitpid(pid, &status, 0) == pid && !status;
}

/* Calls while LAPS processes end, one after the other; ULONG_MAX if one fails. */
static unsigned long calls_of_laps(bool attached)
{
	unsigned long before = calls_of_cpus();
	int i;

	for (i = 0; i < LAPS; i++)
		if (!self_end(attached))
			return ULONG_MAX;
	return calls_of_cpus() - before;
}

/* Processes that begin and end cause some by themselves, the more the slower they are. */
TEST(W8_who_attaches_and_ends_in_a_loop_stops_no_other_cpu)
{
	unsigned long native, calls;

	native = calls_of_laps(false);
	ASSERT_TRUE(self_end(true));
	calls = calls_of_laps(true);
	TH_LOG("%lu calls in %d laps, %lu where nobody attaches", calls, LAPS, native);
	ASSERT_NE(ULONG_MAX, calls);
	EXPECT_GT(native + 10 * LAPS, calls);
}

TEST_HARNESS_MAIN
