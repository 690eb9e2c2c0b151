/* SPDX-License-Identifier: GPL-2.0 */
/* System calls on arm64: 64-bit and AArch32. */
#ifndef _PV_ARCH_ARM64_CALLS_H
#define _PV_ARCH_ARM64_CALLS_H

#include <linux/compat.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/ptrace.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#define PV_SYS(call)		"__arm64_sys_" #call

/* AArch32 programs come to the entries of all others where they hand in no array. */
#define PV_COMPAT_GETCWD	NULL
#ifdef CONFIG_COMPAT
#define PV_COMPAT_EXECVE	"__arm64_compat_sys_execve"
#define PV_COMPAT_EXECVEAT	"__arm64_compat_sys_execveat"
#else
#define PV_COMPAT_EXECVE	NULL
#define PV_COMPAT_EXECVEAT	NULL
#endif
#define PV_COMPAT_MOUNT		NULL
#define PV_COMPAT_MOVE_MOUNT	NULL
#define PV_COMPAT_PIVOT_ROOT	NULL

static inline unsigned long pv_arch_arg0(const struct pt_regs *regs)
{
	return regs->regs[0];
}

static inline unsigned long pv_arch_arg1(const struct pt_regs *regs)
{
	return regs->regs[1];
}

static inline unsigned long pv_arch_compat_arg0(const struct pt_regs *regs)
{
	return (u32)regs->regs[0];
}

static inline unsigned long pv_arch_compat_arg1(const struct pt_regs *regs)
{
	return (u32)regs->regs[1];
}

/*
 * AArch32's numbers.  They are fixed for ever, and the kernel's header of them has had
 * three names.
 */
enum pv_aarch32_nr {
	PV_AARCH32_FORK		= 2,
	PV_AARCH32_LINK		= 9,
	PV_AARCH32_UNLINK	= 10,
	PV_AARCH32_EXECVE	= 11,
	PV_AARCH32_MOUNT	= 21,
	PV_AARCH32_RENAME	= 38,
	PV_AARCH32_RMDIR	= 40,
	PV_AARCH32_CLONE	= 120,
	PV_AARCH32_GETDENTS	= 141,
	PV_AARCH32_VFORK	= 190,
	PV_AARCH32_GETDENTS64	= 217,
	PV_AARCH32_PIVOT_ROOT	= 218,
	PV_AARCH32_UNLINKAT	= 328,
	PV_AARCH32_RENAMEAT	= 329,
	PV_AARCH32_LINKAT	= 330,
	PV_AARCH32_RENAMEAT2	= 382,
	PV_AARCH32_EXECVEAT	= 387,
};

/* move_mount and clone3 are of a time when all architectures get the same number. */
static const int pv_arch_several_names[] __maybe_unused = {
	__NR_renameat, __NR_renameat2, __NR_linkat, __NR_execve, __NR_execveat,
	__NR_mount, __NR_move_mount, __NR_pivot_root, PV_AARCH32_RENAME,
	PV_AARCH32_RENAMEAT, PV_AARCH32_RENAMEAT2, PV_AARCH32_LINK,
	PV_AARCH32_LINKAT, PV_AARCH32_EXECVE, PV_AARCH32_EXECVEAT,
	PV_AARCH32_MOUNT, PV_AARCH32_PIVOT_ROOT,
};

static const int pv_arch_forks[] __maybe_unused = {
	__NR_clone, __NR_clone3, PV_AARCH32_FORK, PV_AARCH32_VFORK,
	PV_AARCH32_CLONE,
};

static inline enum pv_removal pv_arch_removal(int nr)
{
	if (!in_compat_syscall())
		return nr == __NR_unlinkat ? PV_REMOVAL_BY_FLAG :
					     PV_REMOVAL_NONE;
	switch (nr) {
	case PV_AARCH32_RMDIR:
		return PV_REMOVAL_DIR;
	case PV_AARCH32_UNLINK:
		return PV_REMOVAL_FILE;
	case PV_AARCH32_UNLINKAT:
		return PV_REMOVAL_BY_FLAG;
	}
	return PV_REMOVAL_NONE;
}

static inline bool pv_arch_lists(int nr)
{
	if (in_compat_syscall())
		return nr == PV_AARCH32_GETDENTS || nr == PV_AARCH32_GETDENTS64;
	return nr == __NR_getdents64;
}

#endif /* _PV_ARCH_ARM64_CALLS_H */
