// SPDX-License-Identifier: GPL-2.0
/*
 * T6: every system call that takes a name takes a virtual one.
 *
 * Each call is a variant.  It is made twice, on twin trees: natively, by the
 * real name, and in an attached process, by a name under ORIGINAL.  Both must
 * return the same and leave the same behind, and ORIGINAL must be what it was:
 * nothing in one test, a decoy in the other on which each call would do
 * something else.  All but the call itself, what it needs and what shows what came
 * of it, is done by the real name, so that the test fails without the hook that
 * carries the call and without no other: userspace/rules/entry_points.def says which one that
 * is, entries.py takes it away.
 *
 * Built for 32 bits as well (syscalls_32), where syscall() takes the entry of
 * 32-bit programs.
 */
#include "testing.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/auto_dev-ioctl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/stat.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "calls.h"
#include "elf.h"
#include "kselftest_harness.h"

/* Numbers that the C library of an old suite does not have; one for all ABIs. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2		452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat		463
#define SYS_getxattrat		464
#define SYS_listxattrat		465
#define SYS_removexattrat	466
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr	467
#endif
#ifndef SYS_file_getattr
#define SYS_file_getattr	468
#define SYS_file_setattr	469
#endif

/* Where st_size lies in what the call fills in. */
#if __SIZEOF_POINTER__ == 4
#define STAT_SIZE_AT	20
#define STAT64_SIZE_AT	44
#else
#define STAT_SIZE_AT	48
#endif

#define TIME_SET	1234567890

/**
 * struct site - where a call is made, and what came of it
 *
 * @dir: the tree, as the call is to name it
 * @real: the tree, as it is called without any rules
 * @ret: what the call returned
 * @err: errno if that was negative
 * @seen: what the call let its caller see
 */
struct site {
	char dir[PATH_MAX];
	char real[PATH_MAX];
	long ret;
	int err;
	char seen[1024];
};

/* ---- What calls are made of ---- */

/* A name below @dir, good until eight more have been asked for. */
static const char *below(const char *dir, const char *name)
{
	static char names[8][PATH_MAX + 64];
	static unsigned int next;
	char *path = names[next++ % 8];

	snprintf(path, sizeof(names[0]), "%s/%s", dir, name);
	return path;
}

/* A name in the tree, for the call that is tested. */
static const char *at(const struct site *site, const char *name)
{
	return below(site->dir, name);
}

/* The same for all other calls. */
static const char *real(const struct site *site, const char *name)
{
	return below(site->real, name);
}

/* What this kernel does not have is not a failure. */
static long not_in_this_kernel(void)
{
	errno = ENOSYS;
	return -1;
}

__attribute__((format(printf, 2, 3)))
static void see(struct site *site, const char *format, ...)
{
	size_t len = strlen(site->seen);
	va_list args;

	va_start(args, format);
	vsnprintf(site->seen + len, sizeof(site->seen) - len, format, args);
	va_end(args);
}

static void see_file(struct site *site, const char *path)
{
	char text[128];

	if (pvt_read(path, text, sizeof(text)) < 0)
		see(site, "%s;", strerror(errno));
	else
		see(site, "%s;", text);
}

/* Which of the trees it is. */
static void see_which(struct site *site)
{
	see_file(site, at(site, "file"));
}

/* What a descriptor reads, which is closed; a negative one is passed on. */
static long see_fd(struct site *site, long fd)
{
	char text[128];
	ssize_t len;

	if (fd < 0)
		return fd;
	len = read(fd, text, sizeof(text));
	see(site, "%zd %.*s;", len, len > 0 ? (int)len : 0, text);
	close(fd);
	return 0;
}

static long done_fd(long fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void see_u32(struct site *site, const void *from, size_t offset)
{
	uint32_t value;

	memcpy(&value, (const char *)from + offset, sizeof(value));
	see(site, "%u;", value);
}

/* ---- Opening ---- */

static long call_open(struct site *s)
{
	return see_fd(s, syscall(SYS_open, at(s, "file"), O_RDONLY));
}

static long call_open_create(struct site *s)
{
	return done_fd(syscall(SYS_open, at(s, "made"), O_CREAT | O_EXCL, 0600));
}

static long call_openat(struct site *s)
{
	/* An absolute name makes nothing of the descriptor. */
	return see_fd(s, syscall(SYS_openat, -1, at(s, "file"), O_RDONLY));
}

/* A file without a name gets one, by way of a name in /proc. */
static long call_linkat_tmpfile(struct site *s)
{
	int fd = syscall(SYS_openat, AT_FDCWD, at(s, "sub"), O_TMPFILE | O_RDWR,
			 0600);
	char proc[64];

	if (fd < 0)
		return fd;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	return syscall(SYS_linkat, AT_FDCWD, proc, AT_FDCWD, at(s, "linked"),
		       AT_SYMLINK_FOLLOW);
}

static long call_openat_path(struct site *s)
{
	int fd = syscall(SYS_openat, AT_FDCWD, at(s, "link"),
			 O_PATH | O_NOFOLLOW);
	char text[64] = "";

	if (fd < 0)
		return fd;
	if (readlinkat(fd, "", text, sizeof(text) - 1) < 0)
		return -1;
	see(s, "%s", text);
	return done_fd(fd);
}

static long openat2_resolve(struct site *s, const char *name,
			    unsigned long long resolve)
{
	unsigned long long how[3] = { O_RDONLY, 0, resolve };

	return see_fd(s, syscall(SYS_openat2, AT_FDCWD, name, how,
				 sizeof(how)));
}

#define RESOLVE_NO_SYMLINKS	0x04
#define RESOLVE_BENEATH		0x08
#define RESOLVE_IN_ROOT		0x10
#define RESOLVE_CACHED		0x20

static long call_openat2(struct site *s)
{
	return openat2_resolve(s, at(s, "link"), 0);
}

static long call_openat2_no_symlinks(struct site *s)
{
	see_which(s);
	return openat2_resolve(s, at(s, "link"), RESOLVE_NO_SYMLINKS);
}

static long call_openat2_no_symlinks_file(struct site *s)
{
	return openat2_resolve(s, at(s, "file"), RESOLVE_NO_SYMLINKS);
}

static long call_openat2_beneath(struct site *s)
{
	see_which(s);
	return openat2_resolve(s, at(s, "file"), RESOLVE_BENEATH);
}

static long call_openat2_cached(struct site *s)
{
	see_which(s);
	return openat2_resolve(s, at(s, "file"), RESOLVE_CACHED);
}

static long call_creat(struct site *s)
{
	return done_fd(syscall(SYS_creat, at(s, "file"), 0600));
}

/* ---- Asking ---- */

static long call_stat(struct site *s)
{
	char buf[512];
	long ret = syscall(SYS_stat, at(s, "link"), buf);

	if (!ret)
		see_u32(s, buf, STAT_SIZE_AT);
	return ret;
}

static long call_lstat(struct site *s)
{
	char buf[512];
	long ret = syscall(SYS_lstat, at(s, "link"), buf);

	if (!ret)
		see_u32(s, buf, STAT_SIZE_AT);
	return ret;
}

#ifdef __i386__
/* What it is asked for may not fit; that it was found is enough. */
static long old_stat(long number, const char *name)
{
	char buf[512];
	long ret = syscall(number, name, buf);

	return ret < 0 && errno == EOVERFLOW ? 0 : ret;
}

static long call_oldstat(struct site *s)
{
	return old_stat(SYS_oldstat, at(s, "only"));
}

static long call_oldlstat(struct site *s)
{
	return old_stat(SYS_oldlstat, at(s, "only"));
}

static long call_stat64(struct site *s)
{
	char buf[512];
	long ret = syscall(SYS_stat64, at(s, "link"), buf);

	if (!ret)
		see_u32(s, buf, STAT64_SIZE_AT);
	return ret;
}

static long call_lstat64(struct site *s)
{
	char buf[512];
	long ret = syscall(SYS_lstat64, at(s, "link"), buf);

	if (!ret)
		see_u32(s, buf, STAT64_SIZE_AT);
	return ret;
}

static long call_fstatat64(struct site *s)
{
	char buf[512];
	long ret = syscall(SYS_fstatat64, AT_FDCWD, at(s, "file"), buf, 0);

	if (!ret)
		see_u32(s, buf, STAT64_SIZE_AT);
	return ret;
}
#else
static long call_newfstatat(struct site *s)
{
	char buf[512];
	long ret = syscall(SYS_newfstatat, AT_FDCWD, at(s, "file"), buf, 0);

	if (!ret)
		see_u32(s, buf, STAT_SIZE_AT);
	return ret;
}
#endif

static long call_statx(struct site *s)
{
	struct statx buf;
	long ret = syscall(SYS_statx, AT_FDCWD, at(s, "link"),
			   AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &buf);

	if (!ret)
		see(s, "%llu;", (unsigned long long)buf.stx_size);
	return ret;
}

static long call_access(struct site *s)
{
	return syscall(SYS_access, at(s, "only"), F_OK);
}

static long call_faccessat(struct site *s)
{
	return syscall(SYS_faccessat, AT_FDCWD, at(s, "prog"), X_OK);
}

static long call_faccessat2(struct site *s)
{
	return syscall(SYS_faccessat2, AT_FDCWD, at(s, "prog"), X_OK,
		       AT_EACCESS);
}

static long call_readlink(struct site *s)
{
	char text[64] = "";
	long ret = syscall(SYS_readlink, at(s, "link"), text, sizeof(text) - 1);

	see(s, "%s", text);
	return ret;
}

static long call_readlinkat(struct site *s)
{
	char text[64] = "";
	long ret = syscall(SYS_readlinkat, AT_FDCWD, at(s, "link"), text,
			   sizeof(text) - 1);

	see(s, "%s", text);
	return ret;
}

static long call_statfs(struct site *s)
{
	char buf[256];
	long ret = syscall(SYS_statfs, at(s, "only"), buf);

	if (!ret)
		see_u32(s, buf, 0);
	return ret;
}

#ifdef __i386__
static long call_statfs64(struct site *s)
{
	char buf[256];
	/* The kernel's compat_statfs64 is packed: 84 bytes. */
	long ret = syscall(SYS_statfs64, at(s, "only"), 84, buf);

	if (!ret)
		see_u32(s, buf, 0);
	return ret;
}
#endif

static long call_file_getattr(struct site *s)
{
	uint64_t attr[3] = { 0 };

	return syscall(SYS_file_getattr, AT_FDCWD, at(s, "only"), attr,
		       sizeof(attr), 0);
}

static long call_file_setattr(struct site *s)
{
	uint64_t attr[3] = { 0x40 /* FS_XFLAG_NOATIME */ };
	long ret;

	ret = syscall(SYS_file_setattr, AT_FDCWD, at(s, "only"), attr,
		      sizeof(attr), 0);
	attr[0] = 0;
	if (!ret && syscall(SYS_file_getattr, AT_FDCWD, at(s, "only"), attr,
			    sizeof(attr), 0) == 0)
		see(s, "%llx", (unsigned long long)attr[0]);
	return ret;
}

struct handle {
	struct file_handle head;
	char room[128];
};

static long open_by_handle(struct site *s, const char *name)
{
	struct handle handle = { .head.handle_bytes = sizeof(handle.room) };
	int mount_id, mount;
	long ret;

	ret = syscall(SYS_name_to_handle_at, AT_FDCWD, name, &handle,
		      &mount_id, 0);
	if (ret)
		return ret;
	mount = open(PVT_BASE, O_RDONLY | O_DIRECTORY);
	ret = see_fd(s, syscall(SYS_open_by_handle_at, mount, &handle,
				O_RDONLY));
	close(mount);
	return ret;
}

static long call_name_to_handle_at(struct site *s)
{
	return open_by_handle(s, at(s, "file"));
}

/* ---- Changing attributes ---- */

static long call_chmod(struct site *s)
{
	return syscall(SYS_chmod, at(s, "file"), 0604);
}

static long call_fchmodat(struct site *s)
{
	return syscall(SYS_fchmodat, AT_FDCWD, at(s, "file"), 0604);
}

static long call_fchmodat2(struct site *s)
{
	return syscall(SYS_fchmodat2, AT_FDCWD, at(s, "file"), 0604, 0);
}

static long call_chown(struct site *s)
{
	return syscall(SYS_chown, at(s, "link"), 11, 12);
}

static long call_lchown(struct site *s)
{
	return syscall(SYS_lchown, at(s, "link"), 11, 12);
}

#ifdef __i386__
static long call_chown32(struct site *s)
{
	return syscall(SYS_chown32, at(s, "link"), 70011, 12);
}

static long call_lchown32(struct site *s)
{
	return syscall(SYS_lchown32, at(s, "link"), 70011, 12);
}

static long call_truncate64(struct site *s)
{
	return syscall(SYS_truncate64, at(s, "file"), 2, 1);
}

static long call_utimensat_time64(struct site *s)
{
	long long times[4] = { TIME_SET, 5, TIME_SET, 6 };

	return syscall(SYS_utimensat_time64, AT_FDCWD, at(s, "file"), times, 0);
}
#endif

static long call_fchownat(struct site *s)
{
	return syscall(SYS_fchownat, AT_FDCWD, at(s, "link"), 11, 12,
		       AT_SYMLINK_NOFOLLOW);
}

static long call_truncate(struct site *s)
{
	return syscall(SYS_truncate, at(s, "file"), 2L);
}

static long call_utime(struct site *s)
{
	long times[2] = { TIME_SET, TIME_SET };

	return syscall(SYS_utime, at(s, "file"), times);
}

static long call_utimes(struct site *s)
{
	long times[4] = { TIME_SET, 5, TIME_SET, 6 };

	return syscall(SYS_utimes, at(s, "file"), times);
}

static long call_futimesat(struct site *s)
{
	long times[4] = { TIME_SET, 5, TIME_SET, 6 };

	return syscall(SYS_futimesat, AT_FDCWD, at(s, "file"), times);
}

static long call_utimensat(struct site *s)
{
	long times[4] = { TIME_SET, 5, TIME_SET, 6 };

	return syscall(SYS_utimensat, AT_FDCWD, at(s, "link"), times,
		       AT_SYMLINK_NOFOLLOW);
}

static long call_setxattr(struct site *s)
{
	return syscall(SYS_setxattr, at(s, "link"), "trusted.set", "v", 1, 0);
}

static long call_lsetxattr(struct site *s)
{
	return syscall(SYS_lsetxattr, at(s, "link"), "trusted.set", "v", 1, 0);
}

static long call_getxattr(struct site *s)
{
	char text[64] = "";
	long ret = syscall(SYS_getxattr, at(s, "link"), "trusted.pv", text,
			   sizeof(text) - 1);

	see(s, "%s", text);
	return ret;
}

static long call_lgetxattr(struct site *s)
{
	char text[64] = "";
	long ret = syscall(SYS_lgetxattr, at(s, "file"), "trusted.pv", text,
			   sizeof(text) - 1);

	see(s, "%s", text);
	return ret;
}

static long call_listxattr(struct site *s)
{
	char text[64] = "";
	long ret = syscall(SYS_listxattr, at(s, "link"), text,
			   sizeof(text) - 1);

	see(s, "%s", text);
	return ret;
}

static long call_llistxattr(struct site *s)
{
	char text[64] = "";
	long ret = syscall(SYS_llistxattr, at(s, "file"), text,
			   sizeof(text) - 1);

	see(s, "%s", text);
	return ret;
}

static long call_removexattr(struct site *s)
{
	return syscall(SYS_removexattr, at(s, "link"), "trusted.pv");
}

static long call_lremovexattr(struct site *s)
{
	return syscall(SYS_lremovexattr, at(s, "file"), "trusted.pv");
}

struct xattr_arg {
	uint64_t value;
	uint32_t size;
	uint32_t flags;
};

static long call_setxattrat(struct site *s)
{
	struct xattr_arg arg = { (uintptr_t)"v", 1, 0 };

	return syscall(SYS_setxattrat, AT_FDCWD, at(s, "file"), 0,
		       "trusted.set", &arg, sizeof(arg));
}

static long call_getxattrat(struct site *s)
{
	char text[64] = "";
	struct xattr_arg arg = { (uintptr_t)text, sizeof(text) - 1, 0 };
	long ret = syscall(SYS_getxattrat, AT_FDCWD, at(s, "file"), 0,
			   "trusted.pv", &arg, sizeof(arg));

	see(s, "%s", text);
	return ret;
}

static long call_listxattrat(struct site *s)
{
	char text[64] = "";
	long ret = syscall(SYS_listxattrat, AT_FDCWD, at(s, "file"), 0, text,
			   sizeof(text) - 1);

	see(s, "%s", text);
	return ret;
}

static long call_removexattrat(struct site *s)
{
	return syscall(SYS_removexattrat, AT_FDCWD, at(s, "file"), 0,
		       "trusted.pv");
}

/* ---- Making and removing ---- */

static long call_mkdir(struct site *s)
{
	return syscall(SYS_mkdir, at(s, "made"), 0711);
}

static long call_mkdirat(struct site *s)
{
	return syscall(SYS_mkdirat, AT_FDCWD, at(s, "made/"), 0711);
}

static long call_rmdir(struct site *s)
{
	return syscall(SYS_rmdir, at(s, "empty"));
}

static long call_unlink(struct site *s)
{
	return syscall(SYS_unlink, at(s, "only"));
}

static long call_unlinkat(struct site *s)
{
	return syscall(SYS_unlinkat, AT_FDCWD, at(s, "only"), 0);
}

static long call_unlinkat_removedir(struct site *s)
{
	return syscall(SYS_unlinkat, AT_FDCWD, at(s, "empty"), AT_REMOVEDIR);
}

static long call_rename(struct site *s)
{
	return syscall(SYS_rename, at(s, "only"), at(s, "sub/moved"));
}

static long call_renameat(struct site *s)
{
	return syscall(SYS_renameat, AT_FDCWD, at(s, "only"), AT_FDCWD,
		       at(s, "sub/moved"));
}

static long call_renameat2_noreplace(struct site *s)
{
	return syscall(SYS_renameat2, AT_FDCWD, at(s, "only"), AT_FDCWD,
		       at(s, "sub/moved"), 1);
}

static long call_renameat2_noreplace_exists(struct site *s)
{
	return syscall(SYS_renameat2, AT_FDCWD, at(s, "only"), AT_FDCWD,
		       at(s, "file"), 1);
}

static long call_renameat2_exchange(struct site *s)
{
	return syscall(SYS_renameat2, AT_FDCWD, at(s, "only"), AT_FDCWD,
		       at(s, "sub/inner"), 2);
}

static long call_link(struct site *s)
{
	return syscall(SYS_link, at(s, "only"), at(s, "sub/linked"));
}

static long call_linkat(struct site *s)
{
	return syscall(SYS_linkat, AT_FDCWD, at(s, "link"), AT_FDCWD,
		       at(s, "linked"), 0);
}

static long call_linkat_follow(struct site *s)
{
	return syscall(SYS_linkat, AT_FDCWD, at(s, "link"), AT_FDCWD,
		       at(s, "linked"), AT_SYMLINK_FOLLOW);
}

/* What a link says is stored as it was said, also where rules speak of it. */
static char *verbatim;

static long call_symlink(struct site *s)
{
	return syscall(SYS_symlink, verbatim, at(s, "made"));
}

static long call_symlinkat(struct site *s)
{
	return syscall(SYS_symlinkat, verbatim, AT_FDCWD, at(s, "made"));
}

static long call_mknod(struct site *s)
{
	return syscall(SYS_mknod, at(s, "made"), S_IFIFO | 0620, 0);
}

static long call_mknodat(struct site *s)
{
	return syscall(SYS_mknodat, AT_FDCWD, at(s, "made"), S_IFCHR | 0620,
		       makedev(1, 3));
}

/* ---- Standing somewhere ---- */

/* Without a name, which might be translated, for where one stands. */
static void see_standing_in(struct site *site, int fd)
{
	struct stat here, there;

	if (fstatat(AT_FDCWD, "", &here, AT_EMPTY_PATH) || fstat(fd, &there))
		see(site, "%s;", strerror(errno));
	else
		see(site, "%s;", here.st_dev == there.st_dev &&
				 here.st_ino == there.st_ino ? "there" :
							       "elsewhere");
}

static long call_chdir(struct site *s)
{
	int sub = open(real(s, "sub"), O_PATH | O_DIRECTORY);
	long ret = syscall(SYS_chdir, at(s, "sub"));

	if (ret)
		return ret;
	see_standing_in(s, sub);
	see_file(s, "inner");
	return 0;
}

static long call_chroot(struct site *s)
{
	int sub = open(real(s, "sub"), O_PATH | O_DIRECTORY);
	long ret = syscall(SYS_chroot, at(s, "sub"));

	if (ret)
		return ret;
	see_file(s, "/inner");
	/* From the root there is no way up. */
	if (fchdir(sub) || chdir(".."))
		return -1;
	see_standing_in(s, sub);
	return 0;
}

static long call_pivot_root(struct site *s)
{
	long ret;

	pvt_private_mounts();
	if (mount(real(s, "sub"), real(s, "sub"), NULL, MS_BIND, NULL) ||
	    mkdir(real(s, "sub/old"), 0755))
		return -1;
	ret = syscall(SYS_pivot_root, at(s, "sub"), at(s, "sub/old"));
	if (!ret)
		see_file(s, "/inner");
	return ret;
}

/* ---- Watching ---- */

static long call_inotify_add_watch(struct site *s)
{
	char event[sizeof(struct inotify_event) + NAME_MAX + 1];
	int fd = inotify_init1(IN_NONBLOCK);
	long ret = syscall(SYS_inotify_add_watch, fd, at(s, "sub"), IN_CREATE);

	if (ret < 0)
		return ret;
	done_fd(open(real(s, "sub/made"), O_CREAT | O_WRONLY, 0600));
	if (read(fd, event, sizeof(event)) > 0)
		see(s, "%s", ((struct inotify_event *)event)->name);
	close(fd);
	return 0;
}

static long call_fanotify_mark(struct site *s)
{
	struct fanotify_event_metadata event = { 0 };
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);
	long ret;

	if (fd < 0)
		return fd;
	/* The C library parts the 64-bit mask where that is needed. */
	ret = fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD,
			    at(s, "file"));
	if (ret)
		return ret;
	see_file(s, real(s, "file"));
	if (read(fd, &event, sizeof(event)) > 0)
		see(s, "%llx", (unsigned long long)event.mask);
	close(fd);
	return 0;
}

/* ---- Mounting ---- */

static long call_mount_bind(struct site *s)
{
	long ret;

	pvt_private_mounts();
	ret = syscall(SYS_mount, at(s, "sub"), at(s, "empty"), NULL, MS_BIND,
		      NULL);
	if (!ret)
		see_file(s, real(s, "empty/inner"));
	return ret;
}

static void see_type(struct site *site, const char *path)
{
	struct statfs buf;

	if (!statfs(path, &buf))
		see(site, "%lx;", (unsigned long)buf.f_type);
}

static long call_mount_target(struct site *s)
{
	long ret;

	pvt_private_mounts();
	ret = syscall(SYS_mount, "none", at(s, "sub"), "tmpfs", 0, NULL);
	see_type(s, real(s, "sub"));
	return ret;
}

static void plant_node(const char *dir, mode_t type, dev_t dev)
{
	char *path = pvt_path("%s/disk", dir);

	if (mknod(path, type | 0600, dev))
		pvt_die("mknod of %s", path);
	free(path);
}

/* The disk that the trees lie on, by a node of our own. */
static void plant_disk(const char *dir, bool decoy)
{
	struct stat stat;

	if (lstat(PVT_BASE, &stat))
		pvt_die("stat of %s", PVT_BASE);
	plant_node(dir, S_IFBLK, decoy ? makedev(7, 77) : stat.st_dev);
}

/* The same, for what only looks whether it is a disk. */
static void plant_any_disk(const char *dir, bool decoy)
{
	plant_node(dir, decoy ? S_IFCHR : S_IFBLK, makedev(7, 77));
}

static long call_mount_device(struct site *s)
{
	long ret;

	pvt_private_mounts();
	ret = syscall(SYS_mount, at(s, "disk"), real(s, "sub"), "ext4", 0,
		      NULL);
	see_type(s, real(s, "sub"));
	return ret;
}

static void plant_overlay(const char *dir, bool decoy)
{
	char *path;

	(void)decoy;
	path = pvt_path("%s/~upper", dir);
	pvt_mkdir(path);
	free(path);
	path = pvt_path("%s/~work", dir);
	pvt_mkdir(path);
	free(path);
}

/* The layers are named in the options: the kernel walks them for the caller. */
static long call_mount_overlay(struct site *s)
{
	char *options = pvt_path("lowerdir=%s/sub,upperdir=%s/~upper,workdir=%s/~work",
				 s->dir, s->dir, s->dir);
	long ret;

	pvt_private_mounts();
	ret = syscall(SYS_mount, "none", "/mnt", "overlay", 0, options);
	free(options);
	if (!ret)
		see_file(s, "/mnt/inner");
	umount2("/mnt", MNT_DETACH);
	return ret;
}

/* A filesystem on "sub". */
static long mount_on_sub(struct site *s, const char *type)
{
	pvt_private_mounts();
	return mount("none", real(s, "sub"), type, 0, NULL);
}

static long bind_sub_to_itself(struct site *s)
{
	pvt_private_mounts();
	return mount(real(s, "sub"), real(s, "sub"), NULL, MS_BIND, NULL);
}

static long unmount_by(struct site *s, long number)
{
	long ret;

	if (mount_on_sub(s, "tmpfs"))
		return -1;
	see_file(s, real(s, "sub/inner"));
	ret = syscall(number, at(s, "sub"), 0);
	see_file(s, real(s, "sub/inner"));
	return ret;
}

static long call_umount2(struct site *s)
{
	return unmount_by(s, SYS_umount2);
}

#ifdef __i386__
static long call_umount(struct site *s)
{
	return unmount_by(s, SYS_umount);
}
#endif

static long call_open_tree(struct site *s)
{
	int fd;

	pvt_private_mounts();
	fd = syscall(SYS_open_tree, AT_FDCWD, at(s, "sub"), 1);
	if (fd < 0)
		return fd;
	see_fd(s, openat(fd, "inner", O_RDONLY));
	return done_fd(fd);
}

static long call_open_tree_attr(struct site *s)
{
	uint64_t attr[4] = { 1 /* MOUNT_ATTR_RDONLY */ };
	int fd;

	pvt_private_mounts();
	fd = syscall(SYS_open_tree_attr, AT_FDCWD, at(s, "sub"), 1, attr,
		     sizeof(attr));
	if (fd < 0)
		return fd;
	see_fd(s, openat(fd, "inner", O_RDONLY));
	return done_fd(fd);
}

static long call_move_mount(struct site *s)
{
	long ret;

	if (bind_sub_to_itself(s))
		return -1;
	ret = syscall(SYS_move_mount, AT_FDCWD, at(s, "sub"), AT_FDCWD,
		      at(s, "empty"), 0);
	if (!ret)
		see_file(s, real(s, "empty/inner"));
	return ret;
}

static long call_mount_setattr(struct site *s)
{
	uint64_t attr[4] = { 1 /* MOUNT_ATTR_RDONLY */ };
	long ret;

	if (bind_sub_to_itself(s))
		return -1;
	ret = syscall(SYS_mount_setattr, AT_FDCWD, at(s, "sub"), 0, attr,
		      sizeof(attr));
	if (open(real(s, "sub/inner"), O_WRONLY) < 0)
		see(s, "%s", strerror(errno));
	return ret;
}

static long call_fspick(struct site *s)
{
	if (mount_on_sub(s, "tmpfs"))
		return -1;
	return done_fd(syscall(SYS_fspick, AT_FDCWD, at(s, "sub"), 0));
}

/* A name given as such: FSCONFIG_SET_PATH is walked on the spot. */
static long call_fsconfig_path(struct site *s)
{
	int fd = syscall(SYS_fsopen, "ext4", 0);
	long ret;

	if (fd < 0)
		return fd;
	ret = syscall(SYS_fsconfig, fd, 3, "journal_path", at(s, "disk"),
		      AT_FDCWD);
	close(fd);
	return ret;
}

/* A name given as a string: walked when the filesystem is found. */
static long call_fsconfig_source(struct site *s)
{
	int fd = syscall(SYS_fsopen, "ext4", 0);
	long ret;

	if (fd < 0)
		return fd;
	ret = syscall(SYS_fsconfig, fd, 1, "source", at(s, "disk"), 0);
	if (!ret)
		ret = syscall(SYS_fsconfig, fd, 6, NULL, NULL, 0);
	close(fd);
	return ret;
}

/* Commands for user quotas. */
#define QUOTA_ON	(0x800002U << 8)
#define QUOTA_GETFMT	(0x800004U << 8)

static long call_quotactl(struct site *s)
{
	unsigned int format;

	return syscall(SYS_quotactl, QUOTA_GETFMT, at(s, "disk"), 0, &format);
}

/* The file is looked up before it is said that this disk has no quotas. */
static long call_quotactl_on(struct site *s)
{
	return syscall(SYS_quotactl, QUOTA_ON, real(s, "disk"), 2,
		       at(s, "only"));
}

/* ---- Files that the kernel uses ---- */

static void plant_swap(const char *dir, bool decoy)
{
	static char page[65536];
	uint32_t *header = (uint32_t *)(page + 1024);
	char *path = pvt_path("%s/swap", dir);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	memset(page, 0, sizeof(page));
	header[0] = 1;				/* version */
	header[1] = sizeof(page) / 4096 - 1;	/* last page */
	if (!decoy)
		memcpy(page + 4086, "SWAPSPACE2", 10);
	if (fd < 0 || write(fd, page, sizeof(page)) != sizeof(page) ||
	    fsync(fd))
		pvt_die("cannot write %s", path);
	close(fd);
	free(path);
}

/* One of both by the name that is tested; it does not stay. */
static long swap(struct site *s, const char *on, const char *off)
{
	long ret = syscall(SYS_swapon, on, 0);
	int err;

	if (ret)
		return ret;
	ret = syscall(SYS_swapoff, off);
	err = errno;
	if (ret)
		syscall(SYS_swapoff, real(s, "swap"));
	errno = err;
	return ret;
}

static long call_swapon(struct site *s)
{
	return swap(s, at(s, "swap"), real(s, "swap"));
}

static long call_swapoff(struct site *s)
{
	return swap(s, real(s, "swap"), at(s, "swap"));
}

static void plant_acct(const char *dir, bool decoy)
{
	char *path = pvt_path("%s/~acct", dir);

	if (decoy)
		pvt_mkdir(path);
	else
		pvt_write(path, "", 0600);
	free(path);
}

static long call_acct(struct site *s)
{
	long ret = syscall(SYS_acct, at(s, "~acct"));

	if (!ret)
		syscall(SYS_acct, NULL);
	return ret;
}

#ifdef __i386__
/* It is looked whether it may be executed before whether it is a library. */
static long call_uselib(struct site *s)
{
	return syscall(SYS_uselib, at(s, "only"));
}
#endif

/* ---- Tracing ---- */

static int bpf_map(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 4;
	attr.max_entries = 1;
	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static long bpf_obj(int command, const char *name, int fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)name;
	attr.bpf_fd = fd;
	return syscall(SYS_bpf, command, &attr, sizeof(attr));
}

static long call_bpf_obj_pin(struct site *s)
{
	int map = bpf_map();

	if (map < 0 || mount_on_sub(s, "bpf") ||
	    bpf_obj(BPF_OBJ_PIN, at(s, "sub/map"), map))
		return -1;
	return access(real(s, "sub/map"), F_OK);
}

static long call_bpf_obj_get(struct site *s)
{
	int map = bpf_map();

	if (map < 0 || mount_on_sub(s, "bpf") ||
	    bpf_obj(BPF_OBJ_PIN, real(s, "sub/map"), map))
		return -1;
	return done_fd(bpf_obj(BPF_OBJ_GET, at(s, "sub/map"), 0));
}

/* Newer than the headers of an old suite. */
#define BPF_UPROBE_MULTI	48

struct bpf_link_attr {
	uint32_t prog_fd;
	uint32_t target_fd;
	uint32_t attach_type;
	uint32_t flags;
	uint64_t path __attribute__((aligned(8)));
	uint64_t offsets;
	uint64_t ref_ctr_offsets;
	uint64_t cookies;
	uint32_t cnt;
	uint32_t uprobe_flags;
	uint32_t pid;
	uint32_t pad;
};

/* A program that returns 0. */
static int bpf_probe(void)
{
	static const struct bpf_insn text[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_KPROBE;
	attr.expected_attach_type = BPF_UPROBE_MULTI;
	attr.insns = (uintptr_t)text;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t)"GPL";
	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static long call_bpf_link_create(struct site *s)
{
	static const uint64_t beginning;
	struct bpf_link_attr attr = {
		.prog_fd = bpf_probe(),
		.attach_type = BPF_UPROBE_MULTI,
		.path = (uintptr_t)at(s, "only"),
		.offsets = (uintptr_t)&beginning,
		.cnt = 1,
	};
	long link = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	if (link < 0 && errno != ENOENT)
		return not_in_this_kernel();
	return done_fd(link);
}

static long call_perf_event_open(struct site *s)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.uprobe_path = (uintptr_t)at(s, "only"),
	};
	char type[16];

	if (pvt_read("/sys/bus/event_source/devices/uprobe/type", type,
		     sizeof(type)) < 0)
		return not_in_this_kernel();
	attr.type = atoi(type);
	return done_fd(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
}

#define UPROBE_EVENTS	"/sys/kernel/tracing/uprobe_events"

static long call_write_uprobe_events(struct site *s)
{
	char *made = pvt_path("p:pvt/p%d %s:0", getpid(), at(s, "only"));
	char *gone = pvt_path("-:pvt/p%d", getpid());
	int fd = open(UPROBE_EVENTS, O_WRONLY | O_APPEND);
	ssize_t len;

	if (fd < 0)
		return not_in_this_kernel();
	len = syscall(SYS_write, fd, made, strlen(made));
	if (len < 0)
		return len;
	return write(fd, gone, strlen(gone)) < 0 ? -1 : 0;
}

/* ---- Drivers ---- */

static void plant_autofs(const char *dir, bool decoy)
{
	(void)dir;
	/* Where there is none, the call says so. */
	if (!decoy && system("modprobe -q autofs4"))
		return;
}

/* Is it a mount point?  And on which device? */
static long call_ioctl_autofs(struct site *s)
{
	const char *name = at(s, "only");
	size_t size = sizeof(struct autofs_dev_ioctl) + strlen(name) + 1;
	struct autofs_dev_ioctl *arg = calloc(1, size);
	int fd = open("/dev/autofs", O_RDONLY);
	long ret;

	if (fd < 0)
		return not_in_this_kernel();
	init_autofs_dev_ioctl(arg);
	arg->size = size;
	strcpy(arg->path, name);
	ret = syscall(SYS_ioctl, fd, AUTOFS_DEV_IOCTL_ISMOUNTPOINT, arg);
	if (!ret)
		see(s, "%u;", arg->ismountpoint.out.devid);
	return ret;
}

/* ---- Sockets ---- */

static socklen_t address(struct site *s, const char *name,
			 struct sockaddr_un *addr)
{
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	strncpy(addr->sun_path, at(s, name), sizeof(addr->sun_path) - 1);
	return sizeof(*addr);
}

static int open_socket(const char *path, int type)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		pvt_die("no socket %s", path);
	return fd;
}

/* Someone is at home only in the right tree. */
static void plant_sockets(const char *dir, bool decoy)
{
	char *stream = pvt_path("%s/stream", dir);
	char *dgram = pvt_path("%s/dgram", dir);
	int fd;

	fd = open_socket(stream, SOCK_STREAM);
	if (decoy)
		close(fd);
	else if (listen(fd, 5))
		pvt_die("listen");
	fd = open_socket(dgram, SOCK_DGRAM);
	if (decoy)
		close(fd);
	free(stream);
	free(dgram);
}

static long call_bind(struct site *s)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un addr;
	socklen_t len = address(s, "made", &addr);

	return syscall(SYS_bind, fd, &addr, len);
}

static long call_connect(struct site *s)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un addr;
	socklen_t len = address(s, "stream", &addr);

	return syscall(SYS_connect, fd, &addr, len);
}

static long call_sendto(struct site *s)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un addr;
	socklen_t len = address(s, "dgram", &addr);

	return syscall(SYS_sendto, fd, "hello", 5, 0, &addr, len);
}

static long call_sendmsg(struct site *s)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct iovec iov = { "hello", 5 };
	struct sockaddr_un addr;
	struct msghdr msg = {
		.msg_name = &addr,
		.msg_namelen = address(s, "dgram", &addr),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};

	return syscall(SYS_sendmsg, fd, &msg, 0);
}

static long call_sendmmsg(struct site *s)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct iovec iov = { "hello", 5 };
	struct sockaddr_un addr;
	struct mmsghdr msg = {
		.msg_hdr.msg_name = &addr,
		.msg_hdr.msg_namelen = address(s, "dgram", &addr),
		.msg_hdr.msg_iov = &iov,
		.msg_hdr.msg_iovlen = 1,
	};

	return syscall(SYS_sendmmsg, fd, &msg, 1, 0);
}

#ifdef __i386__
/* One entry for them all, which has the arguments in memory. */
#define SOCKETCALL_BIND		2
#define SOCKETCALL_CONNECT	3
#define SOCKETCALL_SENDTO	11
#define SOCKETCALL_SENDMSG	16
#define SOCKETCALL_SENDMMSG	20

static long call_socketcall_bind(struct site *s)
{
	struct sockaddr_un addr;
	socklen_t len = address(s, "made", &addr);
	long args[] = { socket(AF_UNIX, SOCK_STREAM, 0), (long)&addr, len };

	return syscall(SYS_socketcall, SOCKETCALL_BIND, args);
}

static long call_socketcall_connect(struct site *s)
{
	struct sockaddr_un addr;
	socklen_t len = address(s, "stream", &addr);
	long args[] = { socket(AF_UNIX, SOCK_STREAM, 0), (long)&addr, len };

	return syscall(SYS_socketcall, SOCKETCALL_CONNECT, args);
}

static long call_socketcall_sendto(struct site *s)
{
	struct sockaddr_un addr;
	socklen_t len = address(s, "dgram", &addr);
	long args[] = {
		socket(AF_UNIX, SOCK_DGRAM, 0), (long)"hello", 5, 0,
		(long)&addr, len,
	};

	return syscall(SYS_socketcall, SOCKETCALL_SENDTO, args);
}

static long call_socketcall_sendmsg(struct site *s)
{
	struct iovec iov = { "hello", 5 };
	struct sockaddr_un addr;
	struct msghdr msg = {
		.msg_name = &addr,
		.msg_namelen = address(s, "dgram", &addr),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	long args[] = { socket(AF_UNIX, SOCK_DGRAM, 0), (long)&msg, 0 };

	return syscall(SYS_socketcall, SOCKETCALL_SENDMSG, args);
}

static long call_socketcall_sendmmsg(struct site *s)
{
	struct iovec iov = { "hello", 5 };
	struct sockaddr_un addr;
	struct mmsghdr msg = {
		.msg_hdr.msg_name = &addr,
		.msg_hdr.msg_namelen = address(s, "dgram", &addr),
		.msg_hdr.msg_iov = &iov,
		.msg_hdr.msg_iovlen = 1,
	};
	long args[] = { socket(AF_UNIX, SOCK_DGRAM, 0), (long)&msg, 1, 0 };

	return syscall(SYS_socketcall, SOCKETCALL_SENDMMSG, args);
}
#endif

/* ---- Executing ---- */

static long see_end(struct site *s, pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	see(s, "%x", status);
	return 0;
}

static long call_execve(struct site *s)
{
	const char *argv[] = { "prog", NULL };
	pid_t pid = fork();

	if (!pid) {
		syscall(SYS_execve, at(s, "prog"), argv, environ);
		_exit(100 + errno);
	}
	return see_end(s, pid);
}

static long call_execveat(struct site *s)
{
	const char *argv[] = { "prog", NULL };
	pid_t pid = fork();

	if (!pid) {
		syscall(SYS_execveat, AT_FDCWD, at(s, "prog"), argv, environ, 0);
		_exit(100 + errno);
	}
	return see_end(s, pid);
}

/* By its real name: what it needs to run is what has a virtual one. */
static long execute_real(struct site *s, const char *name)
{
	const char *argv[] = { name, NULL };
	pid_t pid = fork();

	if (!pid) {
		syscall(SYS_execve, real(s, name), argv, environ);
		_exit(100 + errno);
	}
	return see_end(s, pid);
}

/* The interpreter is a script, too, and ends with 7 whatever it is given. */
static long call_script_interpreter(struct site *s)
{
	char *text = pvt_path("#!%s\n", at(s, "prog"));

	pvt_write(real(s, "~script"), text, 0755);
	free(text);
	return execute_real(s, "~script");
}

static void plant_interpreter(const char *dir, bool decoy)
{
	char *path = pvt_path("%s/interpreter", dir);

	if (decoy)
		pvt_write(path, "a decoy\n", 0644);
	else
		elf_write_interpreter(path);
	free(path);
}

static long call_elf_interpreter(struct site *s)
{
	elf_write_program(real(s, "~program"), at(s, "interpreter"));
	return execute_real(s, "~program");
}

#define BINFMT_MISC	"/mnt"

static void tell(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, what, strlen(what)) < 0)
		pvt_die("cannot write to %s", path);
	close(fd);
}

/* Files that are called ~x.pvt are for "prog" while this lasts. */
static long call_misc_interpreter(struct site *s)
{
	char *type = pvt_path(":pvt:E::pvt::%s:", at(s, "prog"));
	long ret;

	pvt_private_mounts();
	if (mount("none", BINFMT_MISC, "binfmt_misc", 0, NULL))
		return not_in_this_kernel();
	pvt_write(real(s, "~x.pvt"), "no program\n", 0755);
	tell(BINFMT_MISC "/register", type);
	ret = execute_real(s, "~x.pvt");
	tell(BINFMT_MISC "/pvt", "-1");
	return ret;
}

/* ---- What is not a path ---- */

/*
 * What is the same with and without a table shows nothing unless there is one.
 * One hook may be missing.
 */
static void see_table(struct site *s)
{
	see(s, "%d;", access(at(s, "only"), F_OK) == 0 ||
		      open(at(s, "only"), O_RDONLY | O_CLOEXEC) >= 0);
}

/* See what came of a call that may fail. */
static void see_outcome(struct site *s, long ret)
{
	see(s, "%s;", ret < 0 ? strerror(errno) : "done");
	if (ret > 2)
		close(ret);
}

/* Whoever has a handle needs no name, and no rule speaks of it. */
static long call_open_by_handle_at(struct site *s)
{
	see_table(s);
	return open_by_handle(s, real(s, "file"));
}

static long call_mq_open(struct site *s)
{
	long fd = syscall(SYS_mq_open, "pvt", O_CREAT | O_RDWR, 0600, NULL);

	see_table(s);
	if (fd < 0)
		return fd;
	close(fd);
	see_outcome(s, syscall(SYS_mq_open, at(s, "file"), O_RDWR, 0, NULL));
	see_outcome(s, syscall(SYS_mq_open, "pvt", O_RDWR, 0, NULL));
	see_outcome(s, syscall(SYS_mq_unlink, at(s, "file")));
	return syscall(SYS_mq_unlink, "pvt");
}

/* Its name is told as it was given. */
static long call_memfd_create(struct site *s)
{
	char *expected = pvt_path("/memfd:%s (deleted)", at(s, "file"));
	int fd = syscall(SYS_memfd_create, at(s, "file"), 0);
	char proc[64], text[PATH_MAX] = "";

	see_table(s);
	if (fd < 0)
		return fd;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (readlink(proc, text, sizeof(text) - 1) < 0)
		return -1;
	see(s, "%d;", strcmp(text, expected));
	return done_fd(fd);
}

static long call_fsopen(struct site *s)
{
	see_table(s);
	see_outcome(s, syscall(SYS_fsopen, at(s, "file"), 0));
	return done_fd(syscall(SYS_fsopen, "tmpfs", 0));
}

/* ---- The table ---- */

FIXTURE(call)
{
	char *base;
	char *original;
	char *target;
	char *twin;
	struct site *native;
	struct site *attached;
};

/**
 * struct _fixture_variant_call - a row
 *
 * @make: makes the call
 * @plant: puts more into the tree, or NULL
 * @expect: the errno that it ends with; 0: it succeeds
 * @lone: unions are another matter
 */
FIXTURE_VARIANT(call)
{
	long (*make)(struct site *site);
	void (*plant)(const char *dir, bool decoy);
	int expect;
	bool lone;
};

#define CALL(name, ...)						\
	FIXTURE_VARIANT_ADD(call, name) { .make = call_##name, ## __VA_ARGS__ }

CALL(open);
CALL(open_create);
CALL(openat);
CALL(openat_path);
CALL(openat2);
CALL(openat2_no_symlinks, .expect = ELOOP);
CALL(openat2_no_symlinks_file);
CALL(openat2_beneath, .expect = EXDEV);
CALL(openat2_cached, .lone = true);
CALL(creat);
CALL(stat);
CALL(lstat);
#ifdef __i386__
CALL(oldstat);
CALL(oldlstat);
CALL(stat64);
CALL(lstat64);
CALL(fstatat64);
CALL(statfs64);
CALL(chown32);
CALL(lchown32);
CALL(truncate64);
CALL(utimensat_time64);
CALL(umount);
CALL(uselib, .expect = EACCES);
CALL(socketcall_bind);
CALL(socketcall_connect, .plant = plant_sockets);
CALL(socketcall_sendto, .plant = plant_sockets);
CALL(socketcall_sendmsg, .plant = plant_sockets);
CALL(socketcall_sendmmsg, .plant = plant_sockets);
#else
CALL(newfstatat);
#endif
CALL(statx);
CALL(access);
CALL(faccessat);
CALL(faccessat2);
CALL(readlink);
CALL(readlinkat);
CALL(statfs);
CALL(file_getattr);
CALL(file_setattr);
CALL(name_to_handle_at);
CALL(open_by_handle_at);
CALL(chmod);
CALL(fchmodat);
CALL(fchmodat2);
CALL(chown);
CALL(lchown);
CALL(fchownat);
CALL(truncate);
CALL(utime);
CALL(utimes);
CALL(futimesat);
CALL(utimensat);
CALL(setxattr);
CALL(lsetxattr);
CALL(getxattr);
CALL(lgetxattr);
CALL(listxattr);
CALL(llistxattr);
CALL(removexattr);
CALL(lremovexattr);
CALL(setxattrat);
CALL(getxattrat);
CALL(listxattrat);
CALL(removexattrat);
CALL(mkdir);
CALL(mkdirat);
CALL(rmdir);
CALL(unlink);
CALL(unlinkat);
CALL(unlinkat_removedir);
CALL(rename);
CALL(renameat);
CALL(renameat2_noreplace);
CALL(renameat2_noreplace_exists, .expect = EEXIST);
CALL(renameat2_exchange);
CALL(link);
CALL(linkat);
CALL(linkat_follow);
CALL(linkat_tmpfile);
CALL(symlink);
CALL(symlinkat);
CALL(mknod);
CALL(mknodat);
CALL(chdir);
CALL(chroot);
CALL(pivot_root);
CALL(inotify_add_watch);
CALL(fanotify_mark);
CALL(mount_bind);
CALL(mount_target);
CALL(mount_device, .plant = plant_disk);
CALL(mount_overlay, .plant = plant_overlay);
CALL(umount2);
CALL(open_tree);
CALL(open_tree_attr);
CALL(move_mount);
CALL(mount_setattr);
CALL(fspick);
CALL(fsconfig_path, .plant = plant_any_disk);
CALL(fsconfig_source, .plant = plant_disk);
CALL(quotactl, .plant = plant_disk, .expect = ESRCH);
CALL(quotactl_on, .plant = plant_disk, .expect = EINVAL);
CALL(swapon, .plant = plant_swap);
CALL(swapoff, .plant = plant_swap);
CALL(acct, .plant = plant_acct);
CALL(bpf_obj_pin);
CALL(bpf_obj_get);
CALL(bpf_link_create);
CALL(perf_event_open);
CALL(write_uprobe_events);
CALL(ioctl_autofs, .plant = plant_autofs);
CALL(bind);
CALL(connect, .plant = plant_sockets);
CALL(sendto, .plant = plant_sockets);
CALL(sendmsg, .plant = plant_sockets);
CALL(sendmmsg, .plant = plant_sockets);
CALL(execve);
CALL(execveat);
CALL(script_interpreter);
CALL(elf_interpreter, .plant = plant_interpreter);
CALL(misc_interpreter);
CALL(mq_open);
CALL(memfd_create);
CALL(fsopen);

/* Sets what is asked for, so that twins are alike and decoys are not. */
static void plant_file(const char *dir, const char *name, const char *text,
		       mode_t mode, bool decoy)
{
	const struct timespec times[2] = {
		{ .tv_sec = decoy ? 900000000 : 1000000000 },
		{ .tv_sec = decoy ? 900000000 : 1000000000 },
	};
	char *path = pvt_path("%s/%s", dir, name);

	pvt_write(path, text, mode);
	if (chown(path, decoy ? 3 : 1, decoy ? 4 : 2) ||
	    setxattr(path, decoy ? "trusted.decoy" : "trusted.pv",
		     decoy ? "decoy" : "new", decoy ? 5 : 3, 0) ||
	    utimensat(AT_FDCWD, path, times, 0))
		pvt_die("cannot prepare %s", path);
	free(path);
}

static void plant_dir(const char *dir, const char *name)
{
	char *path = pvt_path("%s/%s", dir, name);

	pvt_mkdir(path);
	free(path);
}

static void plant(const char *dir, bool decoy,
		  void (*more)(const char *dir, bool decoy))
{
	const char *text = decoy ? "a decoy\n" : "new\n";
	char *link = pvt_path("%s/link", dir);

	pvt_mkdir(dir);
	plant_dir(dir, "empty");
	plant_dir(dir, "sub");
	plant_file(dir, "file", text, 0644, decoy);
	plant_file(dir, "sub/inner", text, 0644, decoy);
	plant_file(dir, "prog", decoy ? "#!/bin/sh\nexit 9\n" :
					"#!/bin/sh\nexit 7\n",
		   decoy ? 0644 : 0755, decoy);
	if (decoy)
		plant_file(dir, "empty/not", text, 0644, decoy);
	else
		plant_file(dir, "only", "only here\n", 0644, decoy);
	pvt_symlink(decoy ? "sub/inner" : "file", link);
	if (more)
		more(dir, decoy);
	free(link);
}

FIXTURE_SETUP(call)
{
	self->base = pvt_tree_new();
	self->original = pvt_path("%s/virt", self->base);
	self->target = pvt_path("%s/new", self->base);
	self->twin = pvt_path("%s/twin", self->base);
	self->native = pvt_shared(sizeof(struct site));
	self->attached = pvt_shared(sizeof(struct site));
	verbatim = pvt_path("%s/what/it//says", self->original);
	plant(self->target, false, variant->plant);
	plant(self->twin, false, variant->plant);
}

FIXTURE_TEARDOWN(call)
{
	pvt_tree_free(self->base);
}

struct task {
	long (*make)(struct site *site);
	struct site *site;
};

static void make_call(void *arg)
{
	struct task *task = arg;

	errno = 0;
	task->site->ret = task->make(task->site);
	task->site->err = task->site->ret < 0 ? errno : 0;
}

/* Make a call in a world; the child's wait status. */
static int make_in(enum pvt_world world, struct _test_data_call *self,
		   long (*make)(struct site *), struct site *site,
		   const char *dir, const char *real)
{
	const struct pvt_rule rule = { self->original, self->target };
	struct task task = { .make = make, .site = site };
	const struct pvt_job job = {
		.world = world,
		.rules = &rule,
		.nr = 1,
		.body = make_call,
		.arg = &task,
	};

	snprintf(site->dir, sizeof(site->dir), "%s", dir);
	snprintf(site->real, sizeof(site->real), "%s", real);
	return pvt_run(&job);
}

static void compare(struct __test_metadata *_metadata,
		    struct _test_data_call *self,
		    const struct _fixture_variant_call *variant)
{
	static char expected[PVT_SNAPSHOT], seen[PVT_SNAPSHOT];

	ASSERT_EQ(0, make_in(PVT_NATIVE, self, variant->make, self->native,
			     self->twin, self->twin));
	if (self->native->err == ENOSYS || self->native->err == EOPNOTSUPP)
		SKIP(return, "not in this kernel: %s",
		     strerror(self->native->err));
	ASSERT_EQ(variant->expect, self->native->err);

	pvt_snapshot(self->original, expected);
	ASSERT_EQ(0, make_in(PVT_ATTACHED, self, variant->make, self->attached,
			     self->original, self->target));
	pvt_snapshot(self->original, seen);
	EXPECT_STREQ(expected, seen);

	EXPECT_EQ(self->native->ret, self->attached->ret);
	EXPECT_EQ(self->native->err, self->attached->err);
	EXPECT_STREQ(self->native->seen, self->attached->seen);
	pvt_snapshot(self->twin, expected);
	pvt_snapshot(self->target, seen);
	EXPECT_STREQ(expected, seen);
}

TEST_F(call, T6_original_absent)
{
	compare(_metadata, self, variant);
}

TEST_F(call, T6_original_decoy)
{
	plant(self->original, true, variant->plant);
	compare(_metadata, self, variant);
}

/*
 * The same in a union, where all is in the lower tree: what is new is made in the upper one,
 * all else happens where it lies, and together they are the twin.
 */
TEST_F(call, T17_all_is_in_ORIGINAL_itself)
{
	static char expected[PVT_SNAPSHOT];
	char *seen = pvt_shared(PVT_SNAPSHOT);
	const struct pvt_rule rule = { self->original, self->target };

	if (variant->lone)
		SKIP(return, "unions.md has something else");
	ASSERT_EQ(0, make_in(PVT_NATIVE, self, variant->make, self->native,
			     self->twin, self->twin));
	if (self->native->err == ENOSYS || self->native->err == EOPNOTSUPP)
		SKIP(return, "not in this kernel: %s",
		     strerror(self->native->err));
	ASSERT_EQ(0, rename(self->target, self->original));
	pvt_mkdir(self->target);
	ASSERT_EQ(0, make_in(PVT_UNION, self, variant->make, self->attached,
			     self->original, self->original));

	EXPECT_EQ(self->native->ret, self->attached->ret);
	EXPECT_EQ(self->native->err, self->attached->err);
	EXPECT_STREQ(self->native->seen, self->attached->seen);
	pvt_snapshot(self->twin, expected);
	EXPECT_STREQ(pvt_snapshot_below(expected),
		     pvt_snapshot_union(&rule, seen));
}

/* ---- A root of the caller's own ---- */

static long in_root(struct site *s)
{
	unsigned long long how[3] = { O_RDONLY, 0, RESOLVE_IN_ROOT };
	char root[PATH_MAX];
	int fd;

	/* .../virt -> .../root */
	snprintf(root, sizeof(root), "%.*s/root",
		 (int)(strrchr(s->dir, '/') - s->dir), s->dir);
	fd = open(root, O_PATH | O_DIRECTORY);
	see_which(s);
	return see_fd(s, syscall(SYS_openat2, fd, at(s, "file"), how,
				 sizeof(how)));
}

/* What is absolute there begins at the descriptor; rules do not speak of it. */
TEST(T6_RESOLVE_IN_ROOT_of_another_root_is_not_translated)
{
	struct _test_data_call self = { .base = pvt_tree_new() };
	struct site *site = pvt_shared(sizeof(*site));
	char *command;

	self.original = pvt_path("%s/virt", self.base);
	self.target = pvt_path("%s/new", self.base);
	command = pvt_path("mkdir -p %s %s/root%s && echo new > %s/file && echo in root > %s/root%s/file",
			   self.target, self.base, self.original, self.target,
			   self.base, self.original);
	ASSERT_EQ(0, system(command));
	ASSERT_EQ(0, make_in(PVT_ATTACHED, &self, in_root, site,
			     self.original, self.target));
	pvt_tree_free(self.base);
	EXPECT_EQ(0, site->ret);
	EXPECT_STREQ("new\n;8 in root\n;", site->seen);
}

PVT_HARNESS_MAIN
