/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What hooking a function asks of the architecture.
 *
 * pv_arch_behind_hook(addr, ftrace)
 *	Where the function at @addr goes on behind the place where it is hooked, or 0
 *	if it cannot be hooked; @ftrace: a kprobe there would ride on ftrace.
 * pv_arch_trapped(regs)
 *	Has a breakpoint led into a kprobe's handler that rides on ftrace, instead of
 *	ftrace?
 *
 * What a handler of ftrace is given as the address is, everywhere, that of the last
 * instruction before pv_arch_behind_hook(), which is MCOUNT_INSN_SIZE long.
 */
#ifndef _PV_ARCH_HOOK_H
#define _PV_ARCH_HOOK_H

#if defined(CONFIG_X86_64)
#include "arch/x86/hook.h"
#elif defined(CONFIG_ARM64)
#include "arch/arm64/hook.h"
#else
#error "pathvirt does not know how functions are hooked on this architecture"
#endif

#endif /* _PV_ARCH_HOOK_H */
