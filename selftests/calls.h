/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System calls that only older architectures have: those of arm64 begin where all names
 * are relative to a directory.  ARM's 32-bit programs have most of these.
 *
 * SYS_x is then a call that there is not, and ENOSYS; pvt_old_x() is x by a call of its own
 * where there is one, and by that of which it is a special case elsewhere.
 */
#ifndef PV_SELFTESTS_CALLS_H
#define PV_SELFTESTS_CALLS_H

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SYS_open

#ifdef __arm__
#define PVT_NO_CALL	(-1)
#define SYS_newfstatat	PVT_NO_CALL
#define SYS_utime	PVT_NO_CALL
#endif

/* What pause() sleeps in. */
#define PVT_SYS_PAUSE	SYS_pause

/* By the number of pvt_old_rename(). */
static inline int pvt_old_is_rename(unsigned long nr)
{
	return nr == SYS_rename;
}

static inline long pvt_old_stat(const char *path, void *buf)
{
	return syscall(SYS_stat, path, buf);
}

static inline long pvt_old_open(const char *path, int flags)
{
	return syscall(SYS_open, path, flags);
}

static inline long pvt_old_mkdir(const char *path, unsigned int mode)
{
	return syscall(SYS_mkdir, path, mode);
}

static inline long pvt_old_chmod(const char *path, unsigned int mode)
{
	return syscall(SYS_chmod, path, mode);
}

static inline long pvt_old_access(const char *path, int mode)
{
	return syscall(SYS_access, path, mode);
}

static inline long pvt_old_rename(const char *from, const char *to)
{
	return syscall(SYS_rename, from, to);
}

static inline long pvt_old_link(const char *from, const char *to)
{
	return syscall(SYS_link, from, to);
}

static inline long pvt_old_symlink(const char *target, const char *path)
{
	return syscall(SYS_symlink, target, path);
}

static inline long pvt_old_readlink(const char *path, char *buf, long size)
{
	return syscall(SYS_readlink, path, buf, size);
}

static inline long pvt_old_fork(void)
{
	return syscall(SYS_fork);
}

#else

#define PVT_NO_CALL	(-1)
#define SYS_access	PVT_NO_CALL
#define SYS_chmod	PVT_NO_CALL
#define SYS_chown	PVT_NO_CALL
#define SYS_creat	PVT_NO_CALL
#define SYS_futimesat	PVT_NO_CALL
#define SYS_getdents	PVT_NO_CALL
#define SYS_lchown	PVT_NO_CALL
#define SYS_link	PVT_NO_CALL
#define SYS_lstat	PVT_NO_CALL
#define SYS_mkdir	PVT_NO_CALL
#define SYS_mknod	PVT_NO_CALL
#define SYS_open	PVT_NO_CALL
#define SYS_readlink	PVT_NO_CALL
#define SYS_rename	PVT_NO_CALL
#define SYS_rmdir	PVT_NO_CALL
#define SYS_stat	PVT_NO_CALL
#define SYS_symlink	PVT_NO_CALL
#define SYS_unlink	PVT_NO_CALL
#define SYS_utime	PVT_NO_CALL
#define SYS_utimes	PVT_NO_CALL

#define PVT_SYS_PAUSE	SYS_ppoll

static inline int pvt_old_is_rename(unsigned long nr)
{
	return nr == SYS_renameat;
}

static inline long pvt_old_stat(const char *path, void *buf)
{
	return syscall(SYS_newfstatat, AT_FDCWD, path, buf, 0);
}

static inline long pvt_old_open(const char *path, int flags)
{
	return syscall(SYS_openat, AT_FDCWD, path, flags);
}

static inline long pvt_old_mkdir(const char *path, unsigned int mode)
{
	return syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

static inline long pvt_old_chmod(const char *path, unsigned int mode)
{
	return syscall(SYS_fchmodat, AT_FDCWD, path, mode);
}

static inline long pvt_old_access(const char *path, int mode)
{
	return syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

static inline long pvt_old_rename(const char *from, const char *to)
{
	return syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

static inline long pvt_old_link(const char *from, const char *to)
{
	return syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static inline long pvt_old_symlink(const char *target, const char *path)
{
	return syscall(SYS_symlinkat, target, AT_FDCWD, path);
}

static inline long pvt_old_readlink(const char *path, char *buf, long size)
{
	return syscall(SYS_readlinkat, AT_FDCWD, path, buf, size);
}

static inline long pvt_old_fork(void)
{
	return syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);
}

#endif

#endif /* PV_SELFTESTS_CALLS_H */
