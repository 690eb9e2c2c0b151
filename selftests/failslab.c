// SPDX-License-Identifier: GPL-2.0
/*
 * T8: a failed allocation is ENOMEM, and nothing is half done.
 *
 * Each call is made with its first allocation failing, then with its second, and
 * so on until none is left to fail.  Every time it either does all that it is
 * asked to, or says ENOMEM and has done nothing.
 */
#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "attaching.h"
#include "calls.h"
#include "failing.h"
#include "relinking.h"

/* More allocations than any call makes. */
#define MANY	3000

/* What a call returns that did something else than it was asked to. */
#define WRONG	(-EBADMSG)

/* The module's own allocations and those of the kernel right above it. */
#define SHALLOW	9
#define DEEP	32

#define LONG_NAME "a_long_name_a_long_name_a_long_name_a_long_name_a_long_name_" \
		  "a_long_name_a_long_name_a_long_name_a_long_name_a_long_name"

/*
 * struct trial - a call and what to do about it
 *
 * @name: what to call it
 * @make: makes it; returns 0, a negative errno, or WRONG
 * @right: is everything as it should be after that?  Or NULL.
 * @undo: as it was before, whatever make() returned; or NULL
 * @least: how many allocations there are at least
 */
struct trial {
	const char *name;
	long (*make)(void *arg);
	bool (*right)(void *arg, bool done);
	void (*undo)(void *arg);
	unsigned int least;
};

/* Make the call until it has no allocation left to fail. */
static void try_all(struct __test_metadata *_metadata,
		    const struct trial *trial, void *arg)
{
	int file = failing_open(FAIL_NTH);
	unsigned int nth, refused = 0;
	bool failed = true;
	long ret = 0;

	for (nth = 1; failed && nth < MANY; nth++) {
		failing_begin(file, nth);
		ret = trial->make(arg);
		failed = failing_end(file);
		refused += ret < 0;
		if (trial->right && !trial->right(arg, !ret))
			ret = WRONG;
		if (ret != -ENOMEM && ret)
			TH_LOG("%s, allocation %u: %s", trial->name, nth,
			       ret == WRONG ? "half done" : strerror(-ret));
		EXPECT_TRUE(!ret || (failed && ret == -ENOMEM));
		if (trial->undo)
			trial->undo(arg);
	}
	close(file);
	EXPECT_FALSE(failed);
	EXPECT_EQ(0, ret);
	TH_LOG("%s: %u allocations, %u of them needed", trial->name, nth - 2,
	       refused);
	EXPECT_LE(trial->least, nth - 2);
}

/* ---- Names ---- */

/* struct tree - files to use, and the name in front of theirs */
struct tree {
	char *base;
	char *dir;	/* how the process spells BASE/new/dir */
	int old;	/* a descriptor of BASE/outside, not translated */
};

static char *spelled(const struct tree *tree, const char *name)
{
	return pvt_path("%s/%s", tree->dir, name);
}

static char *real(const struct tree *tree, const char *name)
{
	return pvt_path("%s/new/dir/%s", tree->base, name);
}

static bool is_there(const struct tree *tree, const char *name)
{
	char *path = real(tree, name);
	struct stat st;
	bool there = !lstat(path, &st);

	free(path);
	return there;
}

static long result_of(long ret)
{
	return ret < 0 ? -errno : 0;
}

static long make_open(void *arg)
{
	char *name = spelled(arg, "file");
	char byte = 0;
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	long ret = result_of(fd);

	free(name);
	if (ret)
		return ret;
	if (read(fd, &byte, 1) != 1 || byte != 'n')
		ret = WRONG;
	close(fd);
	return ret;
}

static long make_stat(void *arg)
{
	char *name = spelled(arg, "file");
	struct stat st;
	long ret = result_of(stat(name, &st));

	free(name);
	return !ret && st.st_size != 1 ? WRONG : ret;
}

static long make_readlink(void *arg)
{
	char *name = spelled(arg, "link"), buf[16] = "";
	long ret = result_of(readlink(name, buf, sizeof(buf)));

	free(name);
	return !ret && strcmp(buf, "file") ? WRONG : ret;
}

static long make_file(void *arg)
{
	char *name = spelled(arg, "made");
	int fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	long ret = result_of(fd);

	if (fd >= 0)
		close(fd);
	free(name);
	return ret;
}

static long make_directory(void *arg)
{
	char *name = spelled(arg, "made");
	long ret = result_of(mkdir(name, 0700));

	free(name);
	return ret;
}

static long make_symlink(void *arg)
{
	char *name = spelled(arg, "made");
	long ret = result_of(symlink("file", name));

	free(name);
	return ret;
}

static long make_link(void *arg)
{
	char *from = spelled(arg, "file"), *to = spelled(arg, "made");
	long ret = result_of(link(from, to));

	free(from);
	free(to);
	return ret;
}

static long make_rename(void *arg)
{
	char *from = spelled(arg, "file"), *to = spelled(arg, "made");
	long ret = result_of(rename(from, to));

	free(from);
	free(to);
	return ret;
}

static long make_unlink(void *arg)
{
	char *name = spelled(arg, "file");
	long ret = result_of(unlink(name));

	free(name);
	return ret;
}

static long make_socket(void *arg)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char *name = spelled(arg, "made");
	long ret = 0;
	int fd;

	/* What does not fit is another test's business. */
	if (strlen(name) < sizeof(address.sun_path)) {
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		strcpy(address.sun_path, name);
		ret = result_of(bind(fd, (struct sockaddr *)&address,
				     sizeof(address)));
		close(fd);
	}
	free(name);
	return ret;
}

static bool is_made(void *arg, bool done)
{
	return is_there(arg, "made") == done;
}

/* The kernel may have made a file, as ever, that it then cannot open. */
static bool is_created(void *arg, bool done)
{
	return !done || is_there(arg, "made");
}

static bool is_renamed(void *arg, bool done)
{
	return is_made(arg, done) && is_there(arg, "file") == !done;
}

static bool is_unlinked(void *arg, bool done)
{
	return is_there(arg, "file") == !done;
}

static bool is_bound(void *arg, bool done)
{
	char *name = spelled(arg, "made");
	bool fits = strlen(name) < sizeof(((struct sockaddr_un *)0)->sun_path);

	free(name);
	return is_made(arg, done && fits);
}

/* All that the calls above change. */
static void undo_names(void *arg)
{
	char *made = real(arg, "made"), *file = real(arg, "file");

	if (!is_there(arg, "file"))
		pvt_write(file, "n", 0600);
	if (unlink(made) && errno == EISDIR)
		rmdir(made);
	free(made);
	free(file);
}

static const struct trial names[] = {
	{ "open", make_open, NULL, NULL, 0 },
	{ "stat", make_stat, NULL, NULL, 0 },
	{ "readlink", make_readlink, NULL, NULL, 0 },
	{ "open to create", make_file, is_created, undo_names, 0 },
	{ "mkdir", make_directory, is_made, undo_names, 0 },
	{ "symlink", make_symlink, is_made, undo_names, 0 },
	{ "link", make_link, is_made, undo_names, 0 },
	{ "rename", make_rename, is_renamed, undo_names, 0 },
	{ "unlink", make_unlink, is_unlinked, undo_names, 0 },
	{ "bind", make_socket, is_bound, undo_names, 0 },
};

FIXTURE(names)
{
	struct tree tree;
};

/*
 * @from: where the process has its working directory, below its tree; NULL: in /
 * @dir: how it spells the directory from there; "B" is the tree
 * @least: how many allocations an open makes at least
 */
FIXTURE_VARIANT(names)
{
	const char *from;
	const char *dir;
	unsigned int least;
};

#define SPELLED(name, few, start, path)					\
	FIXTURE_VARIANT_ADD(names, name) {				\
		.least = few, .from = start, .dir = path }

SPELLED(absolute,		  0, NULL, "B/virt/dir");
SPELLED(long,			  1, NULL,
	"B/virt/" LONG_NAME "/../dir/../" LONG_NAME "/dir");
SPELLED(long_without_dots,	  1, NULL, "B/virt/" LONG_NAME "/dir");
SPELLED(dotted,			  1, NULL, "B/virt/other/../dir");
SPELLED(relative,		  1, "B", "virt/dir");
SPELLED(relative_in_new,	  1, "B/new/dir", ".");
SPELLED(relative_and_up,	  1, "B/new/other", "../dir");
SPELLED(behind_an_absolute_link, 1, NULL, "B/outside/into");
SPELLED(behind_a_relative_link,	  0, NULL, "B/virt/same");

FIXTURE_SETUP(names)
{
	static const char *const files[] = {
		"B/new/dir/x", "B/new/other/x", "B/new/" LONG_NAME "/x",
		"B/outside/x", NULL,
	};
	struct tree *tree = &self->tree;
	char *into, *up;

	if (!failing_possible())
		SKIP(return, "the kernel has no failslab");
	tree->base = pvt_tree_new();
	pvt_plant(tree->base, files);
	pvt_write(real(tree, "file"), "n", 0600);
	pvt_symlink("file", real(tree, "link"));
	into = pvt_path("%s/virt/dir", tree->base);
	pvt_symlink(into, pvt_path("%s/outside/into", tree->base));
	pvt_symlink("dir", pvt_path("%s/new/same", tree->base));
	up = pvt_path("%s/new/%s/dir", tree->base, LONG_NAME);
	pvt_symlink("../dir", up);

	tree->dir = pvt_expand(tree->base, variant->dir);
	if (chdir(variant->from ? pvt_expand(tree->base, variant->from) : "/"))
		pvt_die("chdir");
	pvt_keep_armed();
	ASSERT_EQ(0, attach_pidfd(PV_SELF, pvt_path("%s/virt", tree->base),
				  pvt_path("%s/new", tree->base), 0));
	failing_setup(DEEP);
}

FIXTURE_TEARDOWN(names)
{
	if (!self->tree.base)
		return;
	if (chdir("/"))
		pvt_die("chdir");
	pvt_tree_free(self->tree.base);
}

TEST_F_TIMEOUT(names, T8_without_memory_is_ENOMEM_and_not_half_done, 300)
{
	struct trial trial;
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		trial = names[i];
		if (!i)
			trial.least = variant->least;
		try_all(_metadata, &trial, &self->tree);
	}
}

/* ---- What the kernel tells, forks and execs of an attached process ---- */

FIXTURE(process)
{
	struct tree tree;
};

FIXTURE_SETUP(process)
{
	static const char *const files[] = { "B/new/dir/x", NULL };
	struct tree *tree = &self->tree;

	if (!failing_possible())
		SKIP(return, "the kernel has no failslab");
	tree->base = pvt_tree_new();
	pvt_plant(tree->base, files);
	pvt_write(real(tree, "file"), "n", 0600);
	pvt_copy("/bin/busybox", pvt_path("%s/new/busybox", tree->base));
	pvt_write(pvt_path("%s/new/script", tree->base),
		  pvt_path("#!%s/virt/busybox cat\nn\n", tree->base), 0700);
	tree->dir = pvt_path("%s/virt/dir", tree->base);
	pvt_keep_armed();
	ASSERT_EQ(0, attach_pidfd(PV_SELF, pvt_path("%s/virt", tree->base),
				  pvt_path("%s/new", tree->base), 0));
	ASSERT_EQ(0, chdir(tree->dir));
	failing_setup(DEEP);
}

FIXTURE_TEARDOWN(process)
{
	if (!self->tree.base)
		return;
	if (chdir("/"))
		pvt_die("chdir");
	pvt_tree_free(self->tree.base);
}

static long make_getcwd(void *arg)
{
	const struct tree *tree = arg;
	char buf[4096] = "";
	long ret = result_of(syscall(SYS_getcwd, buf, sizeof(buf)));

	return !ret && strcmp(buf, tree->dir) ? WRONG : ret;
}

static long make_proc_readlink(void *arg)
{
	const struct tree *tree = arg;
	char buf[4096] = "";
	long ret = result_of(readlink("/proc/self/cwd", buf, sizeof(buf) - 1));

	return !ret && strcmp(buf, tree->dir) ? WRONG : ret;
}

static long make_maps(void *arg)
{
	char *name = spelled(arg, "file"), *hidden = real(arg, "file");
	static char buf[65536];
	long ret = 0, len = 0, part;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	do {
		part = read(fd, buf + len, sizeof(buf) - 1 - len);
		if (part < 0)
			ret = -errno;
		else
			len += part;
	} while (part > 0);
	close(fd);
	buf[len] = '\0';
	if (!ret && (!strstr(buf, name) || strstr(buf, hidden)))
		ret = WRONG;
	free(name);
	free(hidden);
	return ret;
}

/* To NEW by what it really is called. */
static long make_chdir(void *arg)
{
	const struct tree *tree = arg;
	char *dir = pvt_path("%s/new/dir", tree->base);
	long ret = result_of(chdir(dir));

	free(dir);
	return ret;
}

static long make_fchdir(void *arg)
{
	const struct tree *tree = arg;
	char *dir = pvt_path("%s/new/dir", tree->base);
	int fd = open(dir, O_PATH | O_CLOEXEC);
	long ret = result_of(fd);

	free(dir);
	if (ret)
		return ret;
	ret = result_of(fchdir(fd));
	close(fd);
	return ret;
}

static bool is_called_so(void *arg, bool done)
{
	const struct tree *tree = arg;
	char *dir = pvt_path("%s/new/dir", tree->base);
	char buf[4096] = "";
	bool right;

	right = syscall(SYS_getcwd, buf, sizeof(buf)) > 0 &&
		!strcmp(buf, done ? dir : tree->dir);
	free(dir);
	return right;
}

static void undo_chdir(void *arg)
{
	const struct tree *tree = arg;

	if (chdir(tree->dir))
		pvt_die("chdir");
}

TEST_F_TIMEOUT(process, T9_is_called_as_it_was_come_to_or_ENOMEM, 300)
{
	static const struct trial trials[] = {
		{ "chdir", make_chdir, is_called_so, undo_chdir, 1 },
		{ "fchdir", make_fchdir, is_called_so, undo_chdir, 1 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(trials) / sizeof(*trials); i++)
		try_all(_metadata, &trials[i], &self->tree);
}

TEST_F_TIMEOUT(process, T9_is_told_the_virtual_path_or_ENOMEM, 300)
{
	static const struct trial trials[] = {
		{ "getcwd", make_getcwd, NULL, NULL, 1 },
		{ "readlink of /proc/self/cwd", make_proc_readlink, NULL, NULL, 1 },
		{ "maps", make_maps, NULL, NULL, 1 },
	};
	int fd = open("file", O_RDONLY);
	unsigned int i;

	ASSERT_NE(MAP_FAILED, mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0));
	for (i = 0; i < sizeof(trials) / sizeof(*trials); i++)
		try_all(_metadata, &trials[i], &self->tree);
}

static long reaped(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		pvt_die("waitpid");
	return WIFEXITED(status) ? -WEXITSTATUS(status) : WRONG;
}

static long make_fork(void *arg)
{
	char *name = spelled(arg, "file");
	pid_t pid = fork();

	if (!pid)
		_exit(look(name) == 'n' ? 0 : EBADMSG);
	free(name);
	return pid < 0 ? -errno : reaped(pid);
}

static long make_vfork(void *arg)
{
	char *name = spelled(arg, "file");
	pid_t pid = vfork();

	if (!pid)
		_exit(look(name) == 'n' ? 0 : EBADMSG);
	free(name);
	return pid < 0 ? -errno : reaped(pid);
}

TEST_F_TIMEOUT(process, A1_a_child_inherits_or_is_not_made, 300)
{
	static const struct trial trials[] = {
		{ "fork", make_fork, NULL, NULL, 1 },
		{ "vfork", make_vfork, NULL, NULL, 1 },
	};
	static const struct trial in_new =
		{ "fork in NEW by its own name", make_fork, NULL, NULL, 2 };
	unsigned int i;

	/* Deeper than that the kernel says EAGAIN for some, as ever. */
	failing_setup(SHALLOW);
	for (i = 0; i < sizeof(trials) / sizeof(*trials); i++)
		try_all(_metadata, &trials[i], &self->tree);
	ASSERT_EQ(0, make_chdir(&self->tree));
	try_all(_metadata, &in_new, &self->tree);
}

/*
 * Run a program that prints a file and what is left of its fail-nth, with the
 * Nth allocation of the child failing from the exec on.  Return what is left, 0
 * if one failed.
 */
static unsigned long exec_failing(char *const argv[], unsigned int nth,
				  int *status, char *out, size_t size)
{
	char *end = out;
	int pipes[2];
	pid_t pid;

	if (pipe(pipes))
		pvt_die("pipe");
	pid = fork();
	if (!pid) {
		dup2(pipes[1], 1);
		dup2(pipes[1], 2);
		failing_begin(failing_open(FAIL_NTH), nth);
		execv(argv[0], argv);
		_exit(errno);
	}
	close(pipes[1]);
	memset(out, 0, size);
	while (end < out + size - 1) {
		ssize_t len = read(pipes[0], end, out + size - 1 - end);

		if (len <= 0)
			break;
		end += len;
	}
	close(pipes[0]);
	if (waitpid(pid, status, 0) != pid)
		pvt_die("waitpid");
	/* It comes last. */
	while (end > out && (end[-1] == '\n' || isdigit(end[-1])))
		end--;
	return strtoul(end, NULL, 10);
}

/*
 * As ever, attached or not: the kernel calls what it has no memory for no
 * program, and once exec is past the point of no return it kills the process.
 * If the program itself was refused something, it has said so.  And execvp()
 * gives to the shell what the kernel calls no program.
 */
static bool ended_well(int status, const char *out)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGKILL ||
		       WTERMSIG(status) == SIGSEGV;
	return WEXITSTATUS(status) == ENOMEM ||
	       WEXITSTATUS(status) == ENOEXEC ||
	       strstr(out, "Cannot allocate memory") ||
	       strstr(out, "Syntax error");
}

static void exec_all(struct __test_metadata *_metadata, char *const argv[],
		     const char *wanted)
{
	unsigned int nth, refused = 0;
	unsigned long left = 0;
	char out[512];
	int status;

	for (nth = 1; !left && nth < MANY; nth++) {
		left = exec_failing(argv, nth, &status, out, sizeof(out));
		if (WIFEXITED(status) && !WEXITSTATUS(status)) {
			EXPECT_NE(NULL, strstr(out, wanted));
			continue;
		}
		refused++;
		EXPECT_EQ(0, left);
		EXPECT_TRUE(ended_well(status, out))
			TH_LOG("allocation %u: status 0x%x: %s", nth, status,
			       out);
	}
	EXPECT_NE(0, left);
	EXPECT_LE(2, nth - 2);
	TH_LOG("%s: %u allocations, %u of them needed", argv[1], nth - 2,
	       refused);
}

TEST_F_TIMEOUT(process, A1_exec_goes_on_or_fails, 300)
{
	char *program = pvt_path("%s/virt/dir/../busybox", self->tree.base);
	char *script = pvt_path("%s/virt/dir/../script", self->tree.base);
	char *direct[] = { program, "cat", "file", FAIL_NTH, NULL };
	char *by_script[] = { script, FAIL_NTH, NULL };

	failing_setup(SHALLOW);
	exec_all(_metadata, direct, "n");
	exec_all(_metadata, by_script, "");
}

/* ---- Requests ---- */

/* struct victim - another process with a child, and what is done to it */
struct victim {
	pid_t pid;
	pid_t *child;
	struct pv *pv;		/* does it */
	struct pv *ears;	/* hears of it */
	int pidfd;
	struct pv_rules *rules;
	unsigned int flags;
	int layers;		/* how many it has before, */
	int wanted;		/* and afterwards */
	bool cold;		/* unarmed before */
	bool heard;
};

/* Its last call is one that attaching waits for, though it is over. */
static void sleeper(pid_t *child)
{
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	*child = pid;
	pvt_old_rename(PVT_BASE "/pvt.none", PVT_BASE "/pvt.none");
	for (;;)
		;
}

static struct pv_rules *some_rules(void)
{
	struct pv_rules *rules = pv_rules_new();

	if (!rules || pv_rules_add(rules, "/pvt.a", "/tmp") ||
	    pv_rules_add(rules, "/pvt.a/b/c", "/usr"))
		pvt_die("no rules");
	return rules;
}

/* More than one message holds. */
static struct pv_rules *many_rules(void)
{
	struct pv_rules *rules = some_rules();
	char path[3000];
	int i;

	for (i = 0; i < 24; i++) {
		memset(path, 'x', sizeof(path) - 1);
		path[sizeof(path) - 1] = '\0';
		memcpy(path, "/pvt.", 5);
		path[5] = 'a' + i;
		path[6] = '/';
		if (pv_rules_add(rules, path, "/tmp"))
			pvt_die("no rules");
	}
	return rules;
}

static int note_event(const struct pv_event *event, void *arg)
{
	struct victim *victim = arg;

	if (event->type == PV_EVENT_LOST || event->type == PV_EVENT_ATTACH ||
	    event->type == PV_EVENT_DETACH)
		victim->heard = true;
	return 0;
}

/* What happened is told, or that something could not be. */
static bool told(struct victim *victim, bool changed)
{
	struct pollfd ready = {
		.fd = pv_monitor_start(victim->ears),
		.events = POLLIN,
	};

	victim->heard = false;
	if (changed && poll(&ready, 1, 10000) != 1)
		return false;
	if (pv_monitor_read(victim->ears, note_event, victim))
		return false;
	return !changed || victim->heard;
}

/* The process has the layers, its child has them too or never any. */
static bool is_as_wanted(void *arg, bool done)
{
	struct victim *victim = arg;
	int layers = done ? victim->wanted : victim->layers;
	int below = victim->flags & PV_TREE ? layers : 0;

	return layers_of(victim->pid, NULL) == layers &&
	       layers_of(*victim->child, NULL) == below && told(victim, done);
}

static long make_attach(void *arg)
{
	struct victim *victim = arg;

	return pv_attach(victim->pv, victim->pidfd, victim->rules,
			 victim->flags);
}

static long make_detach(void *arg)
{
	struct victim *victim = arg;

	return pv_detach(victim->pv, victim->pidfd, victim->flags);
}

/* The hooks go some seconds after the last process. */
static void await_disarmed(struct pv *pv)
{
	unsigned int tries = 1200;
	struct pv_status *status;
	bool armed;

	do {
		if (pv_status(pv, &status))
			pvt_die("pv_status: %s", pv_error(pv));
		armed = status->armed;
		pv_status_free(status);
		if (!armed)
			return;
		usleep(100000);
	} while (tries--);
	pvt_die("the hooks stay armed");
}

/* Bring it to the layers that it had before. */
static void undo_request(void *arg)
{
	struct victim *victim = arg;
	unsigned int flags = victim->flags & PV_TREE ? PV_TREE : PV_PUSH;
	int i;

	pv_detach(victim->pv, victim->pidfd, PV_TREE);
	for (i = 0; i < victim->layers; i++)
		if (pv_attach(victim->pv, victim->pidfd, victim->rules,
			      flags))
			pvt_die("attach: %s", pv_error(victim->pv));
	/* Requests tell before they end; this is none of the next one's. */
	told(victim, false);
	if (victim->cold)
		await_disarmed(victim->pv);
}

FIXTURE(request)
{
	struct victim victim;
	unsigned int left;
};

static void victim_new(struct victim *victim)
{
	victim->child = pvt_shared(sizeof(*victim->child));
	victim->pid = fork();
	if (!victim->pid)
		sleeper(victim->child);
	while (!*(volatile pid_t *)victim->child)
		usleep(1000);
	victim->pv = module_open();
	victim->ears = module_open();
	if (pv_monitor_start(victim->ears) < 0)
		pvt_die("%s", pv_error(victim->ears));
	victim->pidfd = pidfd_of(victim->pid);
	victim->rules = some_rules();
}

static void victim_end(struct victim *victim)
{
	if (victim->pid > 0)
		kill(victim->pid, SIGKILL);
}

/* What is asked for, of a process with how many layers; @cold: unarmed before. */
FIXTURE_VARIANT(request)
{
	long (*make)(void *arg);
	unsigned int flags;
	int layers;
	int wanted;
	bool many;
	bool cold;
	unsigned int least;
};

FIXTURE_SETUP(request)
{
	if (!failing_possible())
		SKIP(return, "the kernel has no failslab");
	if (!variant->cold)
		pvt_keep_armed();
	self->left = what_is_left();
	victim_new(&self->victim);
	failing_setup(variant->cold ? SHALLOW : DEEP);
}

FIXTURE_TEARDOWN(request)
{
	victim_end(&self->victim);
}

/* @before and @after: how many layers the process has */
#define REQUEST(name, call, before, after, few, ...)			\
	FIXTURE_VARIANT_ADD(request, name) {				\
		.make = make_##call, .layers = before, .wanted = after,	\
		.least = few, ## __VA_ARGS__ }

/*	name			call	before after least */
REQUEST(attach,			attach,	0, 1, 8);
REQUEST(attach_anew,		attach,	1, 1, 5);
REQUEST(attach_on_top,		attach,	2, 3, 5, .flags = PV_PUSH);
REQUEST(attach_a_tree,		attach,	0, 1, 10, .flags = PV_TREE);
REQUEST(attach_in_stages,	attach,	0, 1, 26, .many = true);
REQUEST(attach_unarmed,		attach,	0, 1, 10, .cold = true);
REQUEST(detach,			detach,	2, 0, 1);
REQUEST(detach_its_own,		detach,	2, 1, 2, .flags = PV_OWN);
REQUEST(detach_a_tree,		detach,	1, 0, 2, .flags = PV_TREE);

TEST_F_TIMEOUT(request, A2_is_granted_whole_or_refused_whole, 900)
{
	const struct trial trial = {
		"request", variant->make, is_as_wanted, undo_request,
		variant->least,
	};
	struct victim *victim = &self->victim;

	victim->flags = variant->flags;
	victim->layers = variant->layers;
	victim->wanted = variant->wanted;
	victim->cold = variant->cold;
	if (variant->many)
		victim->rules = many_rules();
	undo_request(victim);
	try_all(_metadata, &trial, victim);

	victim->layers = 0;
	victim->cold = false;
	undo_request(victim);
	EXPECT_EQ(self->left, what_is_left());
}

/* ---- Questions ---- */

static long ask_layers(void *arg)
{
	struct victim *victim = arg;
	struct pv_layers *layers;
	long ret = pv_get(victim->pv, victim->pidfd, &layers);

	if (ret)
		return ret;
	if (pv_layers_count(layers) != 2 ||
	    pv_rules_count(pv_layers_rules(layers, 0)) != 2)
		ret = WRONG;
	pv_layers_free(layers);
	return ret;
}

static int count_process(const struct pv_process *process, void *arg)
{
	unsigned int *count = arg;

	*count += process->layers == 2;
	return 0;
}

static long ask_list(void *arg)
{
	struct victim *victim = arg;
	unsigned int count = 0;
	long ret = pv_list(victim->pv, count_process, &count);

	return !ret && count != 1 ? WRONG : ret;
}

static long ask_resolve(void *arg)
{
	struct victim *victim = arg;
	struct pv_resolution *resolution;
	long ret = pv_resolve(victim->pv, victim->pidfd, "/pvt.a/x",
			      &resolution);

	if (ret)
		return ret;
	if (strcmp(resolution->real, "/tmp/x"))
		ret = WRONG;
	pv_resolution_free(resolution);
	return ret;
}

static long ask_reverse(void *arg)
{
	struct victim *victim = arg;
	char *path;
	long ret = pv_reverse(victim->pv, victim->pidfd, "/tmp/x", &path);

	if (ret)
		return ret;
	if (strcmp(path, "/pvt.a/x"))
		ret = WRONG;
	free(path);
	return ret;
}

static long ask_status(void *arg)
{
	struct victim *victim = arg;
	struct pv_status *status;
	long ret = pv_status(victim->pv, &status);

	if (ret)
		return ret;
	if (!status->armed || !status->site_count)
		ret = WRONG;
	pv_status_free(status);
	return ret;
}

static const struct trial questions[] = {
	{ "get", ask_layers, NULL, NULL, 0 },
	{ "list", ask_list, NULL, NULL, 0 },
	{ "resolve", ask_resolve, NULL, NULL, 2 },
	{ "reverse", ask_reverse, NULL, NULL, 2 },
	{ "status", ask_status, NULL, NULL, 1 },
};

FIXTURE(question)
{
	struct victim victim;
};

FIXTURE_SETUP(question)
{
	if (!failing_possible())
		SKIP(return, "the kernel has no failslab");
	pvt_keep_armed();
	victim_new(&self->victim);
	failing_setup(DEEP);
}

FIXTURE_TEARDOWN(question)
{
	victim_end(&self->victim);
}

TEST_F_TIMEOUT(question, N2_is_answered_in_full_or_ENOMEM, 300)
{
	struct victim *victim = &self->victim;
	unsigned int i;

	victim->layers = 2;
	undo_request(victim);
	for (i = 0; i < sizeof(questions) / sizeof(*questions); i++)
		try_all(_metadata, &questions[i], victim);
}

/* ---- Relinking ---- */

/* struct orphan - a file without a name on a tmpfs, which lies at @memory */
struct orphan {
	char *memory;
	int device;
	int fd;
};

/* It is not full; tmpfs says so where it got no memory for an inode. */
static long tmpfs_error(long err)
{
	return err == -ENOSPC ? -ENOMEM : err;
}

static long make_relink(void *arg)
{
	struct orphan *orphan = arg;

	return tmpfs_error(-relink_to(orphan->device, orphan->fd,
				      PATHVIRT_RELINK_NO_DIR, "back", NULL));
}

static bool is_relinked(void *arg, bool done)
{
	struct orphan *orphan = arg;
	struct stat stat;

	return !fstat(orphan->fd, &stat) && stat.st_nlink == done;
}

/* The directories, too, so that they are made again. */
static void undo_relink(void *arg)
{
	struct orphan *orphan = arg;
	int fd = open_path(orphan->memory, O_PATH);

	unlinkat(fd, PATHVIRT_RELINK_DIR "/back", 0);
	unlinkat(fd, PATHVIRT_RELINK_DIR, AT_REMOVEDIR);
	unlinkat(fd, "lost+found", AT_REMOVEDIR);
	close(fd);
}

static long make_relink_dir(void *arg)
{
	struct orphan *orphan = arg;
	int fd = relink_dir(orphan->device, orphan->fd, NULL);

	if (fd < 0)
		return tmpfs_error(fd);
	close(fd);
	return 0;
}

static long make_open_deleted(void *arg)
{
	struct orphan *orphan = arg;
	int dirfd = open_path(orphan->memory, O_PATH);
	int fd = relink_open_deleted(orphan->device, orphan->fd, dirfd,
				     "a name that takes memory of its own, as it is long",
				     NULL);

	close(dirfd);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static const struct trial relinks[] = {
	{ "relink", make_relink, is_relinked, undo_relink, 4 },
	{ "open directory", make_relink_dir, NULL, undo_relink, 4 },
	{ "open deleted", make_open_deleted, NULL, undo_relink, 3 },
};

FIXTURE(relink)
{
	struct orphan orphan;
	char *base;
};

FIXTURE_SETUP(relink)
{
	struct orphan *orphan = &self->orphan;

	if (!failing_possible())
		SKIP(return, "the kernel has no failslab");
	self->base = pvt_tree_new();
	pvt_private_mounts();
	orphan->memory = pvt_path("%s/memory", self->base);
	pvt_mkdir(orphan->memory);
	if (mount("none", orphan->memory, "tmpfs", 0, NULL))
		pvt_die("tmpfs");
	orphan->device = relink_device();
	orphan->fd = unlinked_file(pvt_path("%s/gone", orphan->memory));
	failing_setup(DEEP);
}

FIXTURE_TEARDOWN(relink)
{
	if (!self->base)
		return;
	close(self->orphan.fd);
	umount2(self->orphan.memory, MNT_DETACH);
	pvt_tree_free(self->base);
}

TEST_F_TIMEOUT(relink, N5_is_done_or_ENOMEM_and_not_half_done, 300)
{
	unsigned int i;

	for (i = 0; i < sizeof(relinks) / sizeof(*relinks); i++)
		try_all(_metadata, &relinks[i], &self->orphan);
}

/* ---- Out of nothing ---- */

/* Workers of the first CPU, one of which tries the hooks. */
struct workers {
	int files[64];
	unsigned int nr;
};

static void workers_begin(struct workers *workers, unsigned int nth)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char comm[64];
	int file;

	workers->nr = 0;
	while (proc && (entry = readdir(proc)) && workers->nr < 64) {
		if (pvt_read(pvt_path("/proc/%s/comm", entry->d_name), comm,
			     sizeof(comm)) <= 0 ||
		    strncmp(comm, "kworker/0:", 10))
			continue;
		file = open(pvt_path("/proc/%s/fail-nth", entry->d_name),
			    O_RDWR | O_CLOEXEC);
		if (file < 0)
			continue;
		failing_begin(file, nth);
		workers->files[workers->nr++] = file;
	}
	closedir(proc);
}

static bool workers_end(struct workers *workers)
{
	bool failed = false;
	char text[16];
	unsigned int i;

	for (i = 0; i < workers->nr; i++) {
		/* It may be gone. */
		if (pread(workers->files[i], text, sizeof(text), 0) > 0)
			failed |= failing_end(workers->files[i]);
		close(workers->files[i]);
	}
	return failed;
}

/* As if no process had ever been attached. */
static void load_again(void)
{
	if (system("modprobe -r pathvirt && modprobe pathvirt"))
		pvt_die("the module does not go or come");
	failing_setup(SHALLOW);
}

static bool walks(void)
{
	struct pv *pv = module_open();
	struct pv_status *status;
	bool walk;

	if (pv_status(pv, &status))
		pvt_die("pv_status: %s", pv_error(pv));
	walk = !strcmp(status->hook, "walk");
	pv_status_free(status);
	pv_close(pv);
	return walk;
}

FIXTURE(unattached)
{
	pid_t pid;
};

FIXTURE_SETUP(unattached)
{
	if (!failing_possible())
		SKIP(return, "the kernel has no failslab");
	self->pid = fork();
	if (!self->pid)
		for (;;)
			pause();
}

FIXTURE_TEARDOWN(unattached)
{
	if (self->pid > 0)
		kill(self->pid, SIGKILL);
}

TEST_F_TIMEOUT(unattached, pvadm_runs_a_command_or_says_why_not, 600)
{
	char *argv[] = {
		"/usr/bin/pvadm", "run", "--map", "/pvt.a=/bin", "--",
		"/pvt.a/busybox", "cat", FAIL_NTH, NULL
	};

	pvt_keep_armed();
	failing_setup(SHALLOW);
	exec_all(_metadata, argv, "");
}

TEST_F_TIMEOUT(unattached, H3_the_hooks_are_tried_again_if_memory_was_short, 600)
{
	unsigned int nth, refused = 0;
	struct workers workers;
	bool failed = true;
	cpu_set_t one;
	pid_t pid = self->pid;
	int ret;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	load_again();
	ASSERT_TRUE(walks());

	for (nth = 1; failed && nth < MANY; nth++) {
		workers_begin(&workers, nth);
		ret = attach_pid(pid, "/pvt.a", "/usr", 0);
		failed = workers_end(&workers);
		refused += ret < 0;
		EXPECT_TRUE(!ret || (failed && ret == -ENOMEM))
			TH_LOG("allocation %u: %s", nth, strerror(-ret));
		EXPECT_EQ(!ret, layers_of(pid, NULL));
		/* Not for good with less than the kernel has. */
		EXPECT_TRUE(walks())
			TH_LOG("allocation %u: names only", nth);
		if (ret)
			continue;
		EXPECT_EQ(0, detach_pid(pid, 0));
		if (failed)
			load_again();
	}
	EXPECT_FALSE(failed);
	EXPECT_LE(5, nth - 2);
	EXPECT_EQ(0, what_is_left());
	TH_LOG("%u allocations, %u of them needed", nth - 2, refused);
}

TEST_HARNESS_MAIN
