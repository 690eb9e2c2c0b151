/* SPDX-License-Identifier: GPL-2.0 */
/* Hooking on x86: the call to the tracer is the first instruction of a function. */
#ifndef _PV_ARCH_X86_HOOK_H
#define _PV_ARCH_X86_HOOK_H

#include <linux/compiler.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/types.h>
#include <asm/ptrace.h>

static inline unsigned long pv_arch_behind_hook(const kprobe_opcode_t *addr,
						bool ftrace)
{
	return ftrace ? (unsigned long)addr + MCOUNT_INSN_SIZE : 0;
}

/*
 * While code is patched, breakpoints stand in it, and a CPU may run into one just as
 * it is taken out again, when nobody answers for it any more but the probe at its
 * place.  Exceptions without an error code say -1 here, ftrace says 0.
 */
static __always_inline bool pv_arch_trapped(const struct pt_regs *regs)
{
	return regs->orig_ax == -1UL;
}

#endif /* _PV_ARCH_X86_HOOK_H */
