/* SPDX-License-Identifier: GPL-2.0 */
/* System calls on x86: 64-bit, x32 and ia32. */
#ifndef _PV_ARCH_X86_CALLS_H
#define _PV_ARCH_X86_CALLS_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/compat.h>
#include <asm/ptrace.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#include <asm/unistd_32_ia32.h>

#define PV_SYS(call)		"__x64_sys_" #call

#ifdef CONFIG_IA32_EMULATION
#define PV_COMPAT_GETCWD	"__ia32_sys_getcwd"
#define PV_COMPAT_EXECVE	"__ia32_compat_sys_execve"
#define PV_COMPAT_EXECVEAT	"__ia32_compat_sys_execveat"
#define PV_COMPAT_MOUNT		"__ia32_sys_mount"
#define PV_COMPAT_MOVE_MOUNT	"__ia32_sys_move_mount"
#define PV_COMPAT_PIVOT_ROOT	"__ia32_sys_pivot_root"
#else
#define PV_COMPAT_GETCWD	NULL
#define PV_COMPAT_EXECVE	NULL
#define PV_COMPAT_EXECVEAT	NULL
#define PV_COMPAT_MOUNT		NULL
#define PV_COMPAT_MOVE_MOUNT	NULL
#define PV_COMPAT_PIVOT_ROOT	NULL
#endif

static inline unsigned long pv_arch_arg0(const struct pt_regs *regs)
{
	return regs->di;
}

static inline unsigned long pv_arch_arg1(const struct pt_regs *regs)
{
	return regs->si;
}

static inline unsigned long pv_arch_compat_arg0(const struct pt_regs *regs)
{
	return (u32)regs->bx;
}

static inline unsigned long pv_arch_compat_arg1(const struct pt_regs *regs)
{
	return (u32)regs->cx;
}

static const int pv_arch_several_names[] __maybe_unused = {
	__NR_rename, __NR_renameat, __NR_renameat2, __NR_link, __NR_linkat,
	__NR_execve, __NR_execveat, __NR_mount, __NR_move_mount,
	__NR_pivot_root, __NR_ia32_rename, __NR_ia32_renameat,
	__NR_ia32_renameat2, __NR_ia32_link, __NR_ia32_linkat,
	__NR_ia32_execve, __NR_ia32_execveat, __NR_ia32_mount,
	__NR_ia32_move_mount, __NR_ia32_pivot_root,
};

static const int pv_arch_forks[] __maybe_unused = {
	__NR_fork, __NR_vfork, __NR_clone, __NR_clone3, __NR_ia32_fork,
	__NR_ia32_vfork, __NR_ia32_clone, __NR_ia32_clone3,
};

/*
 * The numbers of 32-bit calls mean other 64-bit calls, and the other way round, of
 * which none makes a file.
 */
static inline enum pv_removal pv_arch_removal(int nr)
{
	switch (nr) {
	case __NR_rmdir:
	case __NR_ia32_rmdir:
		return PV_REMOVAL_DIR;
	case __NR_unlink:
	case __NR_ia32_unlink:
		return PV_REMOVAL_FILE;
	case __NR_unlinkat:
	case __NR_ia32_unlinkat:
		return PV_REMOVAL_BY_FLAG;
	}
	return PV_REMOVAL_NONE;
}

static inline bool pv_arch_lists(int nr)
{
	if (in_ia32_syscall())
		return nr == __NR_ia32_getdents || nr == __NR_ia32_getdents64 ||
		       nr == __NR_ia32_readdir;
	nr &= ~__X32_SYSCALL_BIT;
	return nr == __NR_getdents || nr == __NR_getdents64;
}

#endif /* _PV_ARCH_X86_CALLS_H */
