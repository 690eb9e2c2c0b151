/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hooking on arm64: a function begins with two instructions that the tracer owns,
 * behind a landing pad for branches where the kernel is built with these (BTI).
 *
 * The second of the two becomes the call to the tracer; the first has saved the
 * link register in x9 since the kernel was booted.  A kprobe does not ride on
 * ftrace: it sits on the first instruction of all, which is never patched again.
 */
#ifndef _PV_ARCH_ARM64_HOOK_H
#define _PV_ARCH_ARM64_HOOK_H

#ifdef CONFIG_CPU_BIG_ENDIAN
#error "pathvirt compares names by words whose first byte is the lowest"
#endif

#include <linux/compiler.h>
#include <linux/kprobes.h>
#include <linux/types.h>
#include <asm/byteorder.h>
#include <asm/insn.h>
#include <asm/ptrace.h>

static inline unsigned long pv_arch_behind_hook(const kprobe_opcode_t *addr,
						bool ftrace)
{
	unsigned long behind = (unsigned long)addr + 2 * AARCH64_INSN_SIZE;

	if (aarch64_insn_is_bti(le32_to_cpu(*addr)))
		behind += AARCH64_INSN_SIZE;
	return behind;
}

static __always_inline bool pv_arch_trapped(const struct pt_regs *regs)
{
	return false;
}

#endif /* _PV_ARCH_ARM64_HOOK_H */
