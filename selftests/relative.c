// SPDX-License-Identifier: GPL-2.0
/*
 * T5: relative names, against the working directory and against descriptors
 * that were there before the table was.
 *
 * ORIGINAL exists and has other things under the same names, where a relative
 * name led before.  The oracle takes its directory after the mounts.
 */
#include "testing.h"

#include <fcntl.h>
#include <liburing.h>
#include <pthread.h>
#include <sched.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "kselftest_harness.h"

#include "calls.h"
#include "oracle.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2	452
#endif

/* ---- Every call that takes a name ---- */

/**
 * struct place - where calls are made, and how
 *
 * @dir, @descriptor, @late: as in struct setting
 * @prefix: what every name begins with; a "/" at its beginning is dropped
 */
struct place {
	const char *dir;
	int descriptor;
	bool late;
	const char *prefix;
};

/* struct act - a call, made from a place */
struct act {
	long (*call)(struct stage *stage);
	const char *prefix;
};

/* A name as the call is to have it; not freed, its process is short-lived. */
static const char *at(struct stage *stage, const char *name)
{
	const struct act *act = stage->arg;
	char *prefix = expand(stage->base, act->prefix ?: "");

	return pvt_path("%s%s", prefix + strspn(prefix, "/"), name);
}

/* For calls that take no descriptor. */
static void go(struct stage *stage)
{
	if (stage->dirfd != AT_FDCWD && fchdir(stage->dirfd))
		pvt_die("fchdir");
}

/* A name by which both worlds have the very file in NEW. */
static char *real(struct stage *stage, const char *name)
{
	return pvt_path("%s/deep/er/new/%s", stage->base, name);
}

static long see_fd(struct stage *stage, long fd)
{
	if (fd >= 0)
		say(stage, "sees %s", which_fd(stage, fd));
	return fd < 0 ? fd : 0;
}

static long call_open(struct stage *s)
{
	go(s);
	return see_fd(s, pvt_old_open(at(s, "file"), O_RDONLY));
}

static long call_openat(struct stage *s)
{
	return see_fd(s, syscall(SYS_openat, s->dirfd, at(s, "file"), O_RDWR));
}

static long call_openat_link(struct stage *s)
{
	return see_fd(s, syscall(SYS_openat, s->dirfd, at(s, "link"),
				 O_RDONLY));
}

static long call_openat_directory(struct stage *s)
{
	return see_fd(s, syscall(SYS_openat, s->dirfd, at(s, "d/"),
				 O_RDONLY | O_DIRECTORY));
}

static long call_openat_create(struct stage *s)
{
	return see_fd(s, syscall(SYS_openat, s->dirfd, at(s, "made"),
				 O_CREAT | O_EXCL | O_RDWR, 0640));
}

static long call_openat_tmpfile(struct stage *s)
{
	long fd = syscall(SYS_openat, s->dirfd, at(s, "d"), O_TMPFILE | O_RDWR,
			  0600);

	if (fd < 0)
		return fd;
	return linkat(fd, "", s->dirfd, at(s, "d/made"), AT_EMPTY_PATH);
}

static long call_openat2(struct stage *s)
{
	struct open_how how = { .flags = O_RDONLY };

	return see_fd(s, syscall(SYS_openat2, s->dirfd, at(s, "file"), &how,
				 sizeof(how)));
}

static long call_stat(struct stage *s)
{
	struct stat st;

	go(s);
	if (stat(at(s, "file"), &st))
		return -1;
	say(s, "sees %s", which(s, &st));
	return 0;
}

static long call_fstatat(struct stage *s)
{
	struct stat st;

	if (fstatat(s->dirfd, at(s, "link"), &st, AT_SYMLINK_NOFOLLOW))
		return -1;
	say(s, "sees %s", which(s, &st));
	return 0;
}

static long call_statx(struct stage *s)
{
	struct statx st;

	if (syscall(SYS_statx, s->dirfd, at(s, "file"), 0, STATX_GID, &st))
		return -1;
	say(s, "sees group %u", st.stx_gid);
	return 0;
}

static long call_faccessat2(struct stage *s)
{
	return syscall(SYS_faccessat2, s->dirfd, at(s, "only"), X_OK,
		       AT_EACCESS);
}

static long call_readlinkat(struct stage *s)
{
	char text[64];
	long len = syscall(SYS_readlinkat, s->dirfd, at(s, "link"), text,
			   sizeof(text));

	say(s, "sees %.*s", (int)len, text);
	return len;
}

static long call_mkdirat(struct stage *s)
{
	return syscall(SYS_mkdirat, s->dirfd, at(s, "made"), 0711);
}

static long call_mkdir_slash(struct stage *s)
{
	go(s);
	return pvt_old_mkdir(at(s, "made/"), 0711);
}

static long call_mknodat(struct stage *s)
{
	return syscall(SYS_mknodat, s->dirfd, at(s, "made"), S_IFIFO | 0600, 0);
}

static long call_symlinkat(struct stage *s)
{
	return syscall(SYS_symlinkat, "file", s->dirfd, at(s, "made"));
}

static long call_unlinkat(struct stage *s)
{
	return syscall(SYS_unlinkat, s->dirfd, at(s, "file"), 0);
}

static long call_unlinkat_removedir(struct stage *s)
{
	return syscall(SYS_unlinkat, s->dirfd, at(s, "empty"), AT_REMOVEDIR);
}

static long call_rename(struct stage *s)
{
	go(s);
	return pvt_old_rename(at(s, "file"), at(s, "d/moved"));
}

static long call_renameat2(struct stage *s)
{
	return syscall(SYS_renameat2, s->dirfd, at(s, "file"), s->dirfd,
		       at(s, "moved"), RENAME_NOREPLACE);
}

static long call_renameat2_exchange(struct stage *s)
{
	return syscall(SYS_renameat2, s->dirfd, at(s, "file"), s->dirfd,
		       at(s, "d"), RENAME_EXCHANGE);
}

/* One name against the descriptor, the other one absolute. */
static long call_renameat2_mixed(struct stage *s)
{
	return syscall(SYS_renameat2, s->dirfd, at(s, "file"), AT_FDCWD,
		       expand(s->base, "B/virt/moved"), 0);
}

static long call_linkat(struct stage *s)
{
	return syscall(SYS_linkat, s->dirfd, at(s, "file"), s->dirfd,
		       at(s, "linked"), 0);
}

static long call_linkat_follow(struct stage *s)
{
	return syscall(SYS_linkat, s->dirfd, at(s, "link"), s->dirfd,
		       at(s, "linked"), AT_SYMLINK_FOLLOW);
}

static long call_chmod(struct stage *s)
{
	go(s);
	return pvt_old_chmod(at(s, "file"), 0604);
}

static long call_fchmodat(struct stage *s)
{
	return syscall(SYS_fchmodat, s->dirfd, at(s, "file"), 0604);
}

/* A kernel without it does the older call. */
static long call_fchmodat2(struct stage *s)
{
	long ret = syscall(SYS_fchmodat2, s->dirfd, at(s, "file"), 0602, 0);

	return ret && errno == ENOSYS ? call_fchmodat(s) : ret;
}

static long call_fchownat(struct stage *s)
{
	return syscall(SYS_fchownat, s->dirfd, at(s, "link"), 7, 8,
		       AT_SYMLINK_NOFOLLOW);
}

static long call_utimensat(struct stage *s)
{
	static const struct timespec times[2] = { { 1, 2 }, { 3, 4 } };

	return syscall(SYS_utimensat, s->dirfd, at(s, "file"), times, 0);
}

static long call_truncate(struct stage *s)
{
	go(s);
	return syscall(SYS_truncate, at(s, "file"), 3);
}

static long call_setxattr(struct stage *s)
{
	go(s);
	return syscall(SYS_setxattr, at(s, "file"), "trusted.set", "v", 1, 0);
}

static long call_chdir(struct stage *s)
{
	go(s);
	if (syscall(SYS_chdir, at(s, "d")))
		return -1;
	say(s, "sees %s", which_name(s, AT_FDCWD, "f", 0));
	return 0;
}

static long call_open_tree(struct stage *s)
{
	return see_fd(s, syscall(SYS_open_tree, s->dirfd, at(s, "d"),
				 O_CLOEXEC));
}

static long call_name_to_handle_at(struct stage *s)
{
	struct {
		struct file_handle head;
		char room[128];
	} handle = { .head.handle_bytes = sizeof(handle.room) };
	int mount_id, mount = open(PVT_BASE, O_RDONLY | O_DIRECTORY);

	if (syscall(SYS_name_to_handle_at, s->dirfd, at(s, "file"), &handle,
		    &mount_id, 0))
		return -1;
	return see_fd(s, syscall(SYS_open_by_handle_at, mount, &handle,
				 O_RDONLY));
}

static long call_inotify_add_watch(struct stage *s)
{
	char event[sizeof(struct inotify_event) + NAME_MAX + 1];
	int fd = inotify_init1(IN_NONBLOCK);

	go(s);
	if (syscall(SYS_inotify_add_watch, fd, at(s, "d"), IN_CREATE) < 0)
		return -1;
	pvt_write(real(s, "d/made"), "", 0600);
	if (read(fd, event, sizeof(event)) > 0)
		say(s, "sees %s", ((struct inotify_event *)event)->name);
	return 0;
}

static long call_fanotify_mark(struct stage *s)
{
	struct fanotify_event_metadata event = { 0 };
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);

	if (fd < 0 || fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, s->dirfd,
				    at(s, "file")))
		return -1;
	close(open(real(s, "file"), O_RDONLY));
	if (read(fd, &event, sizeof(event)) > 0)
		say(s, "sees an open");
	return 0;
}

/* ---- Sockets ---- */

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	return addr;
}

static long call_bind(struct stage *s)
{
	struct sockaddr_un addr = address(at(s, "made"));

	go(s);
	return bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&addr,
		    sizeof(addr));
}

static long call_connect(struct stage *s)
{
	struct sockaddr_un there = address(real(s, "socket"));
	struct sockaddr_un addr = address(at(s, "socket"));
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	go(s);
	if (bind(fd, (void *)&there, sizeof(there)) || listen(fd, 1))
		pvt_die("bind to %s", there.sun_path);
	return connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&addr,
		       sizeof(addr));
}

static long call_sendto(struct stage *s)
{
	struct sockaddr_un there = address(real(s, "socket"));
	struct sockaddr_un addr = address(at(s, "socket"));
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	go(s);
	if (bind(fd, (void *)&there, sizeof(there)))
		pvt_die("bind to %s", there.sun_path);
	return sendto(socket(AF_UNIX, SOCK_DGRAM, 0), "hello", 5, 0,
		      (void *)&addr, sizeof(addr));
}

/* ---- Executing ---- */

/* In NEW "prog" succeeds, in ORIGINAL it fails. */
static long executed(struct stage *s, pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	say(s, "sees status %x", status);
	return 0;
}

static long call_execve(struct stage *s)
{
	char *argv[] = { "prog", NULL };
	pid_t pid = fork();

	if (!pid) {
		go(s);
		syscall(SYS_execve, at(s, "prog"), argv, environ);
		_exit(100 + errno);
	}
	return executed(s, pid);
}

static long call_execveat(struct stage *s)
{
	char *argv[] = { "prog", NULL };
	pid_t pid = fork();

	if (!pid) {
		syscall(SYS_execveat, s->dirfd, at(s, "prog"), argv, environ,
			0);
		_exit(100 + errno);
	}
	return executed(s, pid);
}

/* ---- io_uring ---- */

static long through_ring(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;

	if (io_uring_submit(ring) < 0 || io_uring_wait_cqe(ring, &cqe))
		pvt_die("no completion");
	errno = cqe->res < 0 ? -cqe->res : 0;
	return cqe->res < 0 ? -1 : cqe->res;
}

static struct io_uring_sqe *ring_start(struct io_uring *ring,
				       unsigned int setup)
{
	int err = io_uring_queue_init(4, ring, setup);

	if (err) {
		errno = -err;
		pvt_die("io_uring_queue_init");
	}
	return io_uring_get_sqe(ring);
}

static long ring_openat(struct stage *s, unsigned int setup, unsigned int flags)
{
	struct io_uring ring;
	struct io_uring_sqe *sqe = ring_start(&ring, setup);

	io_uring_prep_openat(sqe, s->dirfd, at(s, "file"), O_RDONLY, 0);
	sqe->flags |= flags;
	return see_fd(s, through_ring(&ring));
}

static long call_uring_openat(struct stage *s)
{
	return ring_openat(s, 0, 0);
}

static long call_uring_openat_worker(struct stage *s)
{
	return ring_openat(s, 0, IOSQE_ASYNC);
}

static long call_uring_openat_sqpoll(struct stage *s)
{
	return ring_openat(s, IORING_SETUP_SQPOLL, 0);
}

static long call_uring_statx(struct stage *s)
{
	struct io_uring ring;
	struct io_uring_sqe *sqe = ring_start(&ring, 0);
	struct statx st;

	io_uring_prep_statx(sqe, s->dirfd, at(s, "file"), 0, STATX_GID, &st);
	if (through_ring(&ring))
		return -1;
	say(s, "sees group %u", st.stx_gid);
	return 0;
}

static long call_uring_renameat(struct stage *s)
{
	struct io_uring ring;
	struct io_uring_sqe *sqe = ring_start(&ring, 0);

	io_uring_prep_renameat(sqe, s->dirfd, at(s, "file"), s->dirfd,
			       at(s, "d/moved"), 0);
	return through_ring(&ring);
}

ORACLE_FIXTURE(call)

FIXTURE_VARIANT(call)
{
	long (*call)(struct stage *stage);
};

#define CALL(name)							\
	FIXTURE_VARIANT_ADD(call, name) { .call = call_##name }

CALL(open);
CALL(openat);
CALL(openat_link);
CALL(openat_directory);
CALL(openat_create);
CALL(openat_tmpfile);
CALL(openat2);
CALL(stat);
CALL(fstatat);
CALL(statx);
CALL(faccessat2);
CALL(readlinkat);
CALL(mkdirat);
CALL(mkdir_slash);
CALL(mknodat);
CALL(symlinkat);
CALL(unlinkat);
CALL(unlinkat_removedir);
CALL(rename);
CALL(renameat2);
CALL(renameat2_exchange);
CALL(renameat2_mixed);
CALL(linkat);
CALL(linkat_follow);
CALL(chmod);
CALL(fchmodat);
CALL(fchmodat2);
CALL(fchownat);
CALL(utimensat);
CALL(truncate);
CALL(setxattr);
CALL(chdir);
CALL(open_tree);
CALL(name_to_handle_at);
CALL(inotify_add_watch);
CALL(fanotify_mark);
CALL(bind);
CALL(connect);
CALL(sendto);
CALL(execve);
CALL(execveat);
CALL(uring_openat);
CALL(uring_openat_worker);
CALL(uring_openat_sqpoll);
CALL(uring_statx);
CALL(uring_renameat);

static void plant_programs(const char *base)
{
	pvt_copy("/bin/true", pvt_path("%s/deep/er/new/prog", base));
	pvt_copy("/bin/false", pvt_path("%s/virt/prog", base));
}

static const struct setting call_setting = {
	.rules = { { "B/virt", "B/deep/er/new" } },
	.things = {
		{ "B/virt/file" }, { "B/virt/d/f" }, { "B/virt/empty/" },
		{ "B/virt/link", "d/f" }, { "B/side/" },
		{ "B/deep/er/new/file" }, { "B/deep/er/new/d/f" },
		{ "B/deep/er/new/d/e/" }, { "B/deep/er/new/empty/" },
		{ "B/deep/er/new/link", "file" }, { "B/deep/er/new/only" },
	},
	.plant = plant_programs,
};

static void make_call(struct stage *stage)
{
	const struct act *act = stage->arg;
	long ret = act->call(stage);

	say(stage, "call: %s", outcome(ret, "done"));
}

static void compare_call(struct __test_metadata *_metadata, const char *base,
			 long (*call)(struct stage *stage),
			 const struct place *place)
{
	const struct act act = { .call = call, .prefix = place->prefix };
	struct setting setting = call_setting;
	struct stage stage = {
		.setting = &setting,
		.body = make_call,
		.arg = &act,
		.base = base,
	};

	setting.dir = place->dir;
	setting.descriptor = place->descriptor;
	setting.late = place->late;
	/* A call that fails would prove nothing. */
	EXPECT_NE(NULL, strstr(as_under_a_mount(_metadata, &stage),
			       "call: done"));
}

#define FROM(name, ...)							\
	TEST_F(call, T5_from_##name)					\
	{								\
		static const struct place place = { __VA_ARGS__ };	\
									\
		compare_call(_metadata, self->base, variant->call,	\
			     &place);					\
	}

FROM(original, .dir = "B/virt");
FROM(original_after_the_attach, .dir = "B/virt", .late = true);
FROM(below, .dir = "B/virt/d", .prefix = ".././");
FROM(above, .dir = "B", .prefix = "virt//");
FROM(beside, .dir = "B/side", .prefix = "../virt/");
FROM(descriptor, .dir = "B/virt", .descriptor = O_RDONLY | O_DIRECTORY);
FROM(path_descriptor, .dir = "B/virt", .descriptor = O_PATH | O_DIRECTORY);
FROM(descriptor_above, .dir = "B", .descriptor = O_PATH | O_DIRECTORY,
     .prefix = "virt/");

/* As CRIU does it. */
FROM(root_descriptor, .dir = "/", .descriptor = O_RDONLY | O_DIRECTORY,
     .prefix = "B/virt/");
FROM(root_descriptor_after_the_attach, .dir = "/", .late = true,
     .descriptor = O_PATH | O_DIRECTORY, .prefix = "B/virt/");

/* ---- Names of all kinds ---- */

ORACLE_FIXTURE(walk)

FIXTURE_VARIANT(walk)
{
	struct setting setting;
	const char *names[44];
};

/* ORIGINAL and NEW lie at different depths, with neighbours of one name. */
#define PLAIN_TREE							\
	.rules = { { "B/virt", "B/deep/er/new" } },			\
	.things = {							\
		{ "B/x" }, { "B/f" }, { "B/virt2/f" },			\
		{ "B/side/x" }, { "B/side/f" }, { "B/side/d/f" },	\
		{ "B/side/virt/f" }, { "B/side/l", "../virt" },		\
		{ "B/side/to", "B/virt" },				\
		{ "B/virt/f" }, { "B/virt/d/f" }, { "B/virt/d/e/f" },	\
		{ "B/virt/decoy" }, { "B/virt/x" },			\
		{ "B/virt/l", "decoy" },				\
		{ "B/deep/x" }, { "B/deep/er/x" }, { "B/deep/er/f" },	\
		{ "B/deep/er/virt/f" }, { "B/deep/er/new/virt/f" },	\
		{ "B/deep/er/new/f" }, { "B/deep/er/new/d/f" },		\
		{ "B/deep/er/new/d/e/f" }, { "B/deep/er/new/d/e/g" },	\
		{ "B/deep/er/new/l", "d/e" },				\
		{ "B/deep/er/new/d/up", ".." },				\
		{ "B/deep/er/new/far", "d/e/../../../x" },		\
		{ "B/deep/er/new/... " }, { "B/deep/er/new/...d/f" },	\
		{ "B/deep/er/new/gone/f" },				\
		{ "B/deep/er/new/gone (deleted)/f" }, { "B/virt/gone/" }, \
		{ "B/top/f" }, { "B/top/d/f" },				\
	}

/* From ORIGINAL or what is held of it. */
#define NAMES_FROM_ORIGINAL						\
	.names = {							\
		"f", "./f", ".//f", ".", "./", ".//.", "..", "../",	\
		"../.", "../x", "..//./x", "../..", "../../t/x",	\
		"../virt", "../virt/f", "../virt/../x", "../virt2/f",	\
		"../side/f", "../side/l/f", "../deep/er/new/../x",	\
		"f/", "f/.", "f/..", "d/", "d//f", "d/./f", "d/.",	\
		"d/..", "d/../x", "d/../..", "d/../../x", "no/../f",	\
		"l", "l/", "l/g", "l/..", "l/../f", "l/../../../x",	\
		"d/up/f", "d/up/../x", "far", "decoy", "virt/f",	\
	}

FIXTURE_VARIANT_ADD(walk, original)
{
	.setting = { PLAIN_TREE, .dir = "B/virt" },
	NAMES_FROM_ORIGINAL,
};

FIXTURE_VARIANT_ADD(walk, original_cold)
{
	.setting = { PLAIN_TREE, .dir = "B/virt", .cold = true },
	NAMES_FROM_ORIGINAL,
};

FIXTURE_VARIANT_ADD(walk, original_after_the_attach)
{
	.setting = { PLAIN_TREE, .dir = "B/virt", .late = true },
	NAMES_FROM_ORIGINAL,
};

FIXTURE_VARIANT_ADD(walk, descriptor)
{
	.setting = { PLAIN_TREE, .dir = "B/virt",
		     .descriptor = O_RDONLY | O_DIRECTORY },
	NAMES_FROM_ORIGINAL,
};

FIXTURE_VARIANT_ADD(walk, path_descriptor)
{
	.setting = { PLAIN_TREE, .dir = "B/virt",
		     .descriptor = O_PATH | O_DIRECTORY },
	NAMES_FROM_ORIGINAL,
};

FIXTURE_VARIANT_ADD(walk, path_descriptor_after_the_attach)
{
	.setting = { PLAIN_TREE, .dir = "B/virt", .late = true,
		     .descriptor = O_PATH | O_DIRECTORY },
	NAMES_FROM_ORIGINAL,
};

/* The process has gone to NEW by what it really is called. */
FIXTURE_VARIANT_ADD(walk, new_by_its_own_name)
{
	.setting = { PLAIN_TREE, .dir = "B/deep/er/new", .late = true },
	NAMES_FROM_ORIGINAL,
};

FIXTURE_VARIANT_ADD(walk, new_by_its_own_name_cold)
{
	.setting = { PLAIN_TREE, .dir = "B/deep/er/new", .late = true,
		     .cold = true },
	NAMES_FROM_ORIGINAL,
};

FIXTURE_VARIANT_ADD(walk, descriptor_of_new_by_its_own_name)
{
	.setting = { PLAIN_TREE, .dir = "B/deep/er/new", .late = true,
		     .descriptor = O_RDONLY | O_DIRECTORY },
	NAMES_FROM_ORIGINAL,
};

FIXTURE_VARIANT_ADD(walk, odd_names)
{
	.setting = { PLAIN_TREE, .dir = "B/virt" },
	.names = { "f", "", " ", "... ", "...d/f", "..f", ".f" },
};

FIXTURE_VARIANT_ADD(walk, below)
{
	.setting = { PLAIN_TREE, .dir = "B/virt/d/e" },
	.names = { "f", "g", ".", "..", "../f", "../up/f", "../..",
		   "../../f", "../../l/g", "../../../x", "../../..",
		   "../../../virt/f", "../../../../t/virt/f",
		   "../../../deep/x", "./.././../f", "../e/g" },
};

/* The way a table begins in the middle of a relative name. */
FIXTURE_VARIANT_ADD(walk, above)
{
	.setting = { PLAIN_TREE, .dir = "B" },
	.names = { "virt", "virt/", "virt/.", "virt/f", "virt//f", "./virt/f",
		   "virt/./d/f", "virt/..", "virt/../x", "virt/../virt/f",
		   "virt/d/../../x", "side/../virt/f", "side/l/f",
		   "side/l/../x", "no/../virt/f", "f/../virt/f", "virt2/f",
		   "virt2/../virt/f", "x", "side/f", "side/virt/f",
		   "deep/er/new/f", "deep/er/new/../x", "../t/virt/f" },
};

FIXTURE_VARIANT_ADD(walk, far_above)
{
	.setting = { .rules = { { "B/a/b/c", "B/new" } },
		     .things = { { "B/a/b/c/f" }, { "B/a/b/f" }, { "B/a/f" },
				 { "B/a/b/cc/f" }, { "B/new/f" },
				 { "B/new/d/f" }, { "B/f" }, },
		     .dir = "B/a" },
	.names = { "b/c/f", "b/c/d/f", "b/c", "b/c/..", "b/c/../f", "b/cc/f",
		   "b/c/../../f", "b/f", "f", "../a/b/c/f", "../a/./b//c/f",
		   "../new/f", "b", "b/", "b/c/../c/f" },
};

FIXTURE_VARIANT_ADD(walk, beside)
{
	.setting = { PLAIN_TREE, .dir = "B/side" },
	.names = { "f", "d/f", "virt/f", "..", "../x", "../f", "../virt/f",
		   "../virt", "../virt/../x", "d/../../virt/f", "l/f", "l",
		   "l/../x", "l/d/..", "../virt2/f", "../deep/er/new/f" },
};

FIXTURE_VARIANT_ADD(walk, root)
{
	.setting = { PLAIN_TREE, .dir = "/", .descriptor = O_PATH },
	.names = { "../B/virt/f", ".//B/virt/f", "./B/virt", "./B/virt/../x",
		   "./B/side/../virt/d/f", "./B/virt2/f", "./B/x", "etc",
		   "etc/no.such.file", ".", ".." },
};

FIXTURE_VARIANT_ADD(walk, elsewhere)
{
	.setting = { PLAIN_TREE, .dir = "/etc" },
	.names = { "passwd", "no.such.file", ".", "..", "../etc/passwd",
		   "passwd/", "passwd/..", "B/virt/f", "..B/virt/f" },
};

/* What rules do not speak of: pseudo filesystems. */
FIXTURE_VARIANT_ADD(walk, proc)
{
	.setting = { PLAIN_TREE, .dir = "/proc", .descriptor = O_PATH },
	.names = { "self/stat", "self/no", "sys/kernel", "no", "..",
		   "../B/virt/f" },
};

FIXTURE_VARIANT_ADD(walk, exception)
{
	.setting = { .rules = { { "B/virt/keep", "B/virt/keep" },
				{ "B/virt", "B/new" } },
		     .things = { { "B/virt/keep/f" }, { "B/virt/keep/d/f" },
				 { "B/virt/f" }, { "B/new/keep/f" },
				 { "B/new/f" }, { "B/new/keeper/f" }, },
		     .dir = "B/virt" },
	.names = { "f", "keep/f", "keep/d/f", "keep/d/../f", "keep/..",
		   "keep/../f", "keeper/f", "./keep/./f", "keep", ".",
		   "../virt/keep/f" },
};

FIXTURE_VARIANT_ADD(walk, inside_an_exception)
{
	.setting = { .rules = { { "B/virt/keep", "B/virt/keep" },
				{ "B/virt", "B/new" } },
		     .things = { { "B/virt/keep/f" }, { "B/virt/keep/d/f" },
				 { "B/virt/f" }, { "B/new/keep/f" },
				 { "B/new/f" }, { "B/new/keeper/f" }, },
		     .dir = "B/virt/keep/d" },
	.names = { "f", ".", "..", "../f", "../..", "../../f",
		   "../../keeper/f", "../../keep/d/f", "../../../virt/f" },
};

FIXTURE_VARIANT_ADD(walk, nested_rules)
{
	.setting = { .rules = { { "B/a/b", "B/n1" }, { "B/a", "B/n2" } },
		     .things = { { "B/a/b/f" }, { "B/a/f" }, { "B/n1/f" },
				 { "B/n1/d/f" }, { "B/n2/f" },
				 { "B/n2/b/f" }, },
		     .dir = "B/a/b" },
	.names = { "f", "d/f", "..", "../f", "../b/f", "d/../../f", "../../n2",
		   "../../a/b/f" },
};

FIXTURE_VARIANT_ADD(walk, into_itself)
{
	.setting = { .rules = { { "B/a", "B/a/b" } },
		     .things = { { "B/f" }, { "B/a/f" }, { "B/a/b/f" },
				 { "B/a/b/b/f" }, { "B/a/b/b/b/f" }, },
		     .dir = "B/a" },
	.names = { "f", "b/f", "b/b/f", ".", "..", "../f", "../a/f",
		   "b/../f", "b/b/../../f", "b/.." },
};

FIXTURE_VARIANT_ADD(walk, into_itself_after_the_attach)
{
	.setting = { .rules = { { "B/a", "B/a/b" } },
		     .things = { { "B/f" }, { "B/a/f" }, { "B/a/b/f" },
				 { "B/a/b/b/f" }, { "B/a/b/b/b/f" }, },
		     .dir = "B/a/b", .late = true },
	.names = { "f", "b/f", ".", "..", "../f", "../../f", "../../a/f",
		   "../b/f" },
};

FIXTURE_VARIANT_ADD(walk, swap_after_the_attach)
{
	.setting = { .rules = { { "B/a", "B/b" }, { "B/b", "B/a" } },
		     .things = { { "B/a/f" }, { "B/b/f" }, { "B/f" },
				 { "B/b/d/f" }, },
		     .dir = "B/a", .late = true },
	.names = { "f", ".", "..", "../f", "../a/f", "../b/f", "d/f", "d/.." },
};

FIXTURE_VARIANT_ADD(walk, two_layers)
{
	.setting = { PLAIN_TREE, .inner = { "B/top", "B/virt" },
		     .dir = "B/top" },
	.names = { "f", "d/f", "d/e/g", "l/g", ".", "..", "../x",
		   "../virt/f", "../top/f", "d/../..", "d/up/../x",
		   "../side/l/f" },
};

FIXTURE_VARIANT_ADD(walk, two_layers_descriptor)
{
	.setting = { PLAIN_TREE, .inner = { "B/top", "B/virt" },
		     .dir = "B/top/d", .descriptor = O_PATH | O_DIRECTORY },
	.names = { "f", "e/g", ".", "..", "../f", "../../x", "../../virt/f" },
};

/* Each one leads into the one before. */
#define THREE_LAYERS						\
	PLAIN_TREE, .inner = { "B/top", "B/virt" },		\
	.innermost = { "B/side", "B/top/d" }

FIXTURE_VARIANT_ADD(walk, three_layers)
{
	.setting = { THREE_LAYERS, .dir = "B/side" },
	.names = { "f", "e/f", "e/g", ".", "..", "../x", "../virt/f",
		   "../top/f", "../top/l/g", "../side/e/f", "up/f", "up/../x",
		   "e/../..", "no", "no/../f", "B/side/f", "B/side/e/g",
		   "B/side/../top/f", "B/top/d/e/f", "B/virt/d/f" },
};

FIXTURE_VARIANT_ADD(walk, three_layers_after_the_attach)
{
	.setting = { THREE_LAYERS, .dir = "B/side/e", .late = true,
		     .descriptor = O_PATH | O_DIRECTORY },
	.names = { "f", "g", ".", "..", "../f", "../../x", "../../virt/f",
		   "../../top/d/f", "B/side/f", "B/side/l", "B/side/virt/f" },
};

FIXTURE_VARIANT_ADD(walk, original_is_a_file)
{
	.setting = { .rules = { { "B/conf", "B/new/conf" } },
		     .things = { { "B/conf" }, { "B/conf.d/f" },
				 { "B/new/conf" }, },
		     .dir = "B/conf.d" },
	.names = { "../conf", "../conf/", "../conf/..", "f", "../new/conf" },
};

/* EBADF and ENOTDIR come before anything else. */
FIXTURE_VARIANT_ADD(walk, descriptor_of_a_file)
{
	.setting = { PLAIN_TREE, .dir = "B/virt/f", .descriptor = O_RDWR },
	.names = { "f", ".", "..", "", "../x", "B/virt/f", "B/x" },
};

FIXTURE_VARIANT_ADD(walk, descriptor_of_a_link)
{
	.setting = { PLAIN_TREE, .dir = "B/virt/l",
		     .descriptor = O_PATH | O_NOFOLLOW },
	.names = { "f", ".", "..", "../x", "B/virt/f" },
};

/* ---- The root of a walk is the root that the process has ---- */

ORACLE_FIXTURE(in_root)

FIXTURE_VARIANT(in_root)
{
	bool late;
	const char *jail;
};

FIXTURE_VARIANT_ADD(in_root, descriptor) { .jail = NULL };
FIXTURE_VARIANT_ADD(in_root, descriptor_after_the_attach) { .late = true };
FIXTURE_VARIANT_ADD(in_root, descriptor_after_a_chroot)
{
	.late = true,
	.jail = "B",
};

/* What begins with "B" is cut there after a chroot to "B". */
static const char * const names_in_root[] = {
	"B/virt/f", "B/virt", "B/virt/", "B/virt/..", "B/virt/../x",
	"B/virt/d/f", "B/virt/no", "B/virt/l", "B/virt/d/up/f", "B/side/l/f",
	"B/side/../virt/f", "B/virt2/f", "B/x", "B/side/to/f", "B/side/to",
	".", "..", "../..B/virt/f", "./B/virt/f",
	"proc/self/root/B/virt/f", "proc/self/cwd/x",
	"B/virt/../../../../../proc/self/cwd/etc", "no", NULL
};

static const char *try_in_root(struct stage *stage, const char *name,
			       unsigned long long resolve)
{
	struct open_how how = {
		.flags = O_RDONLY | O_NONBLOCK,
		.resolve = RESOLVE_IN_ROOT | resolve,
	};

	return which_fd(stage, syscall(SYS_openat2, stage->dirfd, name, &how,
				       sizeof(how)));
}

static void ask_in_root(struct stage *stage)
{
	const struct _fixture_variant_in_root *variant = stage->arg;
	const char * const *template = names_in_root;
	char *name, *jail;

	if (variant->jail) {
		jail = expand(stage->base, variant->jail);
		stage->dirfd = open(jail, O_PATH | O_DIRECTORY);
		if (stage->dirfd < 0 || chroot(jail))
			pvt_die("cannot enter %s", jail);
	}
	for (; *template; template++) {
		name = expand(variant->jail ? "" : stage->base, *template);
		say(stage, "%s in its root: %s", *template,
		    try_in_root(stage, name, 0));
		say(stage, "%s from there: %s", *template,
		    try_in_root(stage, name + strspn(name, "/"), 0));
		say(stage, "%s without links: %s", *template,
		    try_in_root(stage, name, RESOLVE_NO_SYMLINKS));
		free(name);
	}
}

TEST_F(in_root, T5_RESOLVE_IN_ROOT_of_the_root_is_translated)
{
	const struct setting setting = {
		PLAIN_TREE,
		.dir = "/",
		.descriptor = O_RDONLY | O_DIRECTORY,
		.late = variant->late,
	};
	struct stage stage = {
		.setting = &setting,
		.body = ask_in_root,
		.arg = variant,
		.base = self->base,
	};

	as_under_a_mount(_metadata, &stage);
}

static void ask_without_descriptor(struct stage *stage)
{
	stage->dirfd = 9999;
	ask_for_all(stage);
}

TEST_F(walk, T5_leads_where_it_should)
{
	struct stage stage = {
		.setting = &variant->setting,
		.body = ask_for_all,
		.arg = variant->names,
		.base = self->base,
	};

	as_under_a_mount(_metadata, &stage);
}

ORACLE_FIXTURE(from)

TEST_F(from, T5_no_descriptor_is_EBADF)
{
	static const struct setting setting = { PLAIN_TREE };
	static const char * const names[] = {
		"f", ".", "", "B/virt/f", "B/x", NULL
	};
	struct stage stage = {
		.setting = &setting,
		.body = ask_without_descriptor,
		.arg = names,
		.base = self->base,
	};

	as_under_a_mount(_metadata, &stage);
}

/* NEW still has one of that name, and one as the kernel would call it. */
TEST_F(from, T5_removed_directory_has_nothing)
{
	static const struct setting setting = {
		PLAIN_TREE, .dir = "B/virt/gone", .removed = true,
	};
	static const char * const names[] = {
		"f", "no", ".", "./f", "d/f", "gone/f", NULL
	};
	struct stage stage = {
		.setting = &setting,
		.body = ask_for_all,
		.arg = names,
		.base = self->base,
	};

	as_natively(_metadata, &stage);
}

/* What is meant is the thing that is held. */
static void ask_for_nothing(struct stage *stage)
{
	struct statx st = { 0 };

	say(stage, "fstatat: %s", which_name(stage, stage->dirfd, "",
					     AT_EMPTY_PATH));
	say(stage, "statx: %s",
	    outcome(statx(stage->dirfd, "", AT_EMPTY_PATH, STATX_GID, &st),
		    "done"));
	say(stage, "group %u", st.stx_gid);
	say(stage, "fchownat: %s",
	    outcome(fchownat(stage->dirfd, "", 7, -1, AT_EMPTY_PATH), "done"));
	say(stage, "linkat: %s",
	    outcome(linkat(stage->dirfd, "", AT_FDCWD,
			   expand(stage->base, "B/side/linked"),
			   AT_EMPTY_PATH), "done"));
	say(stage, "open_tree: %s",
	    which_fd(stage, syscall(SYS_open_tree, stage->dirfd, "",
				    AT_EMPTY_PATH | O_CLOEXEC)));
}

ORACLE_FIXTURE(empty)

FIXTURE_VARIANT(empty)
{
	struct setting setting;
};

FIXTURE_VARIANT_ADD(empty, working_directory)
{
	.setting = { PLAIN_TREE, .dir = "B/virt" },
};

FIXTURE_VARIANT_ADD(empty, descriptor)
{
	.setting = { PLAIN_TREE, .dir = "B/virt/d",
		     .descriptor = O_RDONLY | O_DIRECTORY },
};

FIXTURE_VARIANT_ADD(empty, path_descriptor_of_a_file)
{
	.setting = { PLAIN_TREE, .dir = "B/virt/f", .descriptor = O_PATH },
};

TEST_F(empty, T8_AT_EMPTY_PATH_is_the_held_one)
{
	struct stage stage = {
		.setting = &variant->setting,
		.body = ask_for_nothing,
		.base = self->base,
	};

	as_natively(_metadata, &stage);
}

/* /proc/self/cwd/f is f, and /proc/self/fd/N/f is f at N. */
static void ask_by_proc(struct stage *stage)
{
	static const char * const names[] = { "f", "d/f", "..", "../x", "l/g" };
	char *dir = pvt_path(stage->dirfd == AT_FDCWD ? "/proc/self/cwd" :
			     "/proc/self/fd/%d", stage->dirfd);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		ask_for(stage, pvt_path("%s/%s", dir, names[i]));
}

ORACLE_FIXTURE(magic)

FIXTURE_VARIANT(magic)
{
	struct setting setting;
};

FIXTURE_VARIANT_ADD(magic, working_directory)
{
	.setting = { PLAIN_TREE, .dir = "B/virt" },
};

FIXTURE_VARIANT_ADD(magic, working_directory_after_the_attach)
{
	.setting = { PLAIN_TREE, .dir = "B/virt", .late = true },
};

FIXTURE_VARIANT_ADD(magic, descriptor)
{
	.setting = { PLAIN_TREE, .dir = "B/virt",
		     .descriptor = O_RDONLY | O_DIRECTORY },
};

TEST_F(magic, T5_link_to_the_directory_leads_on)
{
	struct stage stage = {
		.setting = &variant->setting,
		.body = ask_by_proc,
		.base = self->base,
	};

	as_under_a_mount(_metadata, &stage);
}

/* ---- Long names ---- */

#define LONG_NAME	200
#define LONG_DEPTH	17

/* N components of LONG_NAME bytes. */
static char *long_path(const char *from, int components)
{
	char *path = pvt_path("%s", from), *longer;

	while (components--) {
		longer = pvt_path("%s/%0*d", path, LONG_NAME, 0);
		free(path);
		path = longer;
	}
	return path;
}

/* Deeper than a name can say: LONG_DEPTH, and 8 more. */
static void plant_long(const char *base)
{
	static const char * const tops[] = { "virt", "deep/er/new", "side" };
	char *more = long_path(".", 8), *path;
	int home = open(".", O_PATH);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tops); i++) {
		path = long_path(pvt_path("%s/%s", base, tops[i]), LONG_DEPTH);
		pvt_make_parents(pvt_path("%s/", path));
		if (chdir(path))
			pvt_die("chdir of %s", path);
		pvt_make_parents(pvt_path("%s/", more));
		pvt_write("f", tops[i], 0644);
		pvt_write(pvt_path("%s/f", more), tops[i], 0644);
		pvt_write(pvt_path("%s/f", long_path(".", 1)), tops[i], 0644);
	}
	if (fchdir(home))
		pvt_die("fchdir");
	close(home);
}

static void say_contents(struct stage *stage, const char *what,
			 const char *name)
{
	char text[64];

	say(stage, "%s: %s", what,
	    outcome(pvt_read(name, text, sizeof(text)), text));
}

/* Dots and slashes up to @size, and then "f". */
static char *padded(size_t size)
{
	char *name = malloc(size + 2);
	size_t i;

	for (i = 0; i < size; i++)
		name[i] = i % 2 ? '/' : '.';
	name[size / 2 * 2] = 'f';
	name[size / 2 * 2 + 1] = '\0';
	return name;
}

static void read_long(struct stage *stage)
{
	say_contents(stage, "here", "f");
	say_contents(stage, "one more", pvt_path("%s/f", long_path(".", 1)));
	say_contents(stage, "too far", pvt_path("%s/f", long_path(".", 8)));
	say_contents(stage, "dots", padded(300));
	say_contents(stage, "many dots", padded(4000));
	say_contents(stage, "too many dots", padded(4096));
}

FIXTURE(length)
{
	char *top;
	char *base;
};

FIXTURE_SETUP(length)
{
	self->top = pvt_tree_new();
	self->base = pvt_path("%s/t", self->top);
}

/* Too deep for nftw(). */
FIXTURE_TEARDOWN(length)
{
	char *command = pvt_path("rm -r %s", self->top);

	if (system(command))
		pvt_die("%s", command);
	free(command);
	free(self->top);
}

/* No other file than natively, and no error where it all fits. */
static void read_from(struct __test_metadata *_metadata, const char *base,
		      const char *top)
{
	char *dir = long_path(top, LONG_DEPTH);
	const struct setting setting = {
		.rules = { { "B/virt", "B/deep/er/new" } },
		.things = { { "B/virt/f" }, { "B/deep/er/new/f" },
			    { "B/side/f" } },
		.plant = plant_long,
		.dir = dir,
		.any_size = true,
	};
	struct stage stage = {
		.setting = &setting,
		.body = read_long,
		.base = base,
	};
	const char *attached;

	as_under_a_mount(_metadata, &stage);
	attached = in_world(_metadata, &stage, PVT_ATTACHED).said;
	EXPECT_EQ(NULL, strstr(attached, "here: ENAMETOOLONG"));
	EXPECT_EQ(NULL, strstr(attached, "one more: ENAMETOOLONG"));
	if (!strcmp(top, "B/side"))
		EXPECT_EQ(NULL, strstr(attached, "too far: ENAMETOOLONG"));
}

TEST_F(length, T5_long_names_under_original)
{
	read_from(_metadata, self->base, "B/virt");
}

TEST_F(length, T5_long_names_that_no_rule_concerns)
{
	read_from(_metadata, self->base, "B/side");
}

TEST_F(length, T5_dots_and_slashes_fit_where_the_result_does)
{
	static const struct setting setting = {
		PLAIN_TREE, .dir = "B/virt", .any_size = true,
	};
	struct stage stage = {
		.setting = &setting,
		.body = read_long,
		.base = self->base,
	};

	as_under_a_mount(_metadata, &stage);
	EXPECT_NE(NULL, strstr(in_world(_metadata, &stage, PVT_ATTACHED).said,
			       "dots: B/deep/er/new/f"));
}

/* ---- While it lives: threads, children, other tables ---- */

/* DIR/old/who begins with o, DIR/new/who with n, DIR/newer/who with r. */
FIXTURE(live)
{
	char *dir;
	char *old;
	char *new;
	char *newer;
};

FIXTURE_SETUP(live)
{
	static const char * const files[] = {
		"old/who", "old/d/who", "new/who", "new/d/who", "newer/who",
		"newer/d/who",
	};
	char *path;
	size_t i;

	self->dir = pvt_tree_new();
	self->old = pvt_path("%s/old", self->dir);
	self->new = pvt_path("%s/new", self->dir);
	self->newer = pvt_path("%s/newer", self->dir);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		path = pvt_path("%s/%s", self->dir, files[i]);
		pvt_make_parents(path);
		pvt_write(path, &"oonnrr"[i], 0644);
		free(path);
	}
	ASSERT_EQ(0, chdir(self->old));
}

FIXTURE_TEARDOWN(live)
{
	detach_pid(getpid(), 0);
	pvt_tree_free(self->dir);
}

static char seen_by_child(const char *name, int generations)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(generations > 1 ? seen_by_child(name, generations - 1) :
		      look(name));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return '!';
	return WEXITSTATUS(status);
}

TEST_F(live, T5_children_go_on_in_new)
{
	EXPECT_EQ('o', look("who"));
	ASSERT_EQ(0, attach_pid(getpid(), self->old, self->new, 0));
	EXPECT_EQ('n', look("who"));
	EXPECT_EQ('n', seen_by_child("who", 1));
	EXPECT_EQ('n', seen_by_child("d/who", 2));
	EXPECT_EQ('n', seen_by_child("../old/who", 1));
}

struct looker {
	pthread_t thread;
	pthread_barrier_t turn;
	const char *own_dir;
	char seen;
};

static void *looker_run(void *arg)
{
	struct looker *looker = arg;

	if (looker->own_dir &&
	    (unshare(CLONE_FS) || chdir(looker->own_dir)))
		pvt_die("chdir of %s", looker->own_dir);
	pthread_barrier_wait(&looker->turn);
	pthread_barrier_wait(&looker->turn);
	looker->seen = look("who");
	return NULL;
}

static void looker_start(struct looker *looker, const char *own_dir)
{
	looker->own_dir = own_dir;
	if (pthread_barrier_init(&looker->turn, NULL, 2) ||
	    pthread_create(&looker->thread, NULL, looker_run, looker))
		pvt_die("no thread");
	pthread_barrier_wait(&looker->turn);
}

static char looker_look(struct looker *looker)
{
	pthread_barrier_wait(&looker->turn);
	pthread_join(looker->thread, NULL);
	return looker->seen;
}

TEST_F(live, T5_threads_go_on_in_new_from_directories_of_their_own)
{
	char *below = pvt_path("%s/d", self->old);
	struct looker same, own, native;

	looker_start(&same, NULL);
	looker_start(&own, below);
	looker_start(&native, self->newer);
	ASSERT_EQ(0, attach_pid(getpid(), self->old, self->new, 0));
	EXPECT_EQ('n', looker_look(&same));
	EXPECT_EQ('n', looker_look(&own));
	EXPECT_EQ('r', looker_look(&native));
	free(below);
}

TEST_F(live, T5_goes_where_the_table_says_now)
{
	int fd = open("d", O_PATH | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, attach_pid(getpid(), self->old, self->new, 0));
	EXPECT_EQ('n', look("who"));
	ASSERT_EQ(0, attach_pid(getpid(), self->old, self->newer, 0));
	EXPECT_EQ('r', look("who"));
	EXPECT_EQ(0, faccessat(fd, "who", F_OK, 0));
	ASSERT_EQ(0, detach_pid(getpid(), 0));
	EXPECT_EQ('o', look("who"));
	ASSERT_EQ(0, fchdir(fd));
	EXPECT_EQ('o', look("who"));
	ASSERT_EQ(0, attach_pid(getpid(), self->old, self->new, 0));
	EXPECT_EQ('n', look("who"));
	close(fd);
}

/* "/" as ORIGINAL concerns every directory; no mount can say what is right. */
TEST_F(live, T5_root_as_original)
{
	char *path = pvt_path("%s/all%s/who", self->dir, self->old);
	char *all = pvt_path("%s/all", self->dir);
	char *top = pvt_path("%s/who", all);

	pvt_make_parents(path);
	pvt_write(path, "a", 0644);
	pvt_write(top, "t", 0644);
	ASSERT_EQ(0, attach_pid(getpid(), "/", all, 0));
	EXPECT_EQ('a', look("who"));
	EXPECT_EQ('a', look("../old/who"));
	EXPECT_EQ('!', look("d/who"));
	EXPECT_EQ('t', look("../../../../../who"));
	ASSERT_EQ(0, chdir("/"));
	EXPECT_EQ('t', look("who"));
	EXPECT_EQ('t', look("../who"));
	free(path);
	free(all);
	free(top);
}

PVT_HARNESS_MAIN
