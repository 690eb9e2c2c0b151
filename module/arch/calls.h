/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What system calls ask of the architecture: how their entries are called, where these
 * find their arguments, and by which numbers programs make them.
 *
 * PV_SYS(call)
 *	The name of a call's entry.
 * PV_COMPAT_GETCWD, _EXECVE, _EXECVEAT, _MOUNT, _MOVE_MOUNT, _PIVOT_ROOT
 *	The names of those that only 32-bit programs come to, or NULL where there is
 *	none: they cannot run, or come to the same entry as all others.
 * pv_arch_arg0(regs), pv_arch_arg1(regs), pv_arch_compat_arg0(regs), pv_arch_compat_arg1(regs)
 *	What an entry finds as its first and as its second argument.
 * pv_arch_several_names[], pv_arch_forks[]
 *	Calls that walk to more than one place, and those that make a process: their
 *	numbers for 64-bit and for 32-bit programs.  Where a number means another call
 *	to the other kind, that one does no harm on such a list.
 * pv_arch_removal(nr)
 *	What the running task's call, by its number, removes.
 * pv_arch_lists(nr)
 *	Does it list a directory?
 */
#ifndef _PV_ARCH_CALLS_H
#define _PV_ARCH_CALLS_H

/**
 * enum pv_removal - what a call removes
 * @PV_REMOVAL_NONE: nothing
 * @PV_REMOVAL_FILE: what is no directory
 * @PV_REMOVAL_DIR: a directory
 * @PV_REMOVAL_BY_FLAG: one of the two, as its third argument says
 */
enum pv_removal {
	PV_REMOVAL_NONE,
	PV_REMOVAL_FILE,
	PV_REMOVAL_DIR,
	PV_REMOVAL_BY_FLAG,
};

#if defined(CONFIG_X86_64)
#include "arch/x86/calls.h"
#elif defined(CONFIG_ARM64)
#include "arch/arm64/calls.h"
#else
#error "pathvirt does not know the system calls of this architecture"
#endif

#endif /* _PV_ARCH_CALLS_H */
