/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A direct call on arm64: fourteen instructions for a bystander.
 *
 * The function has saved its caller's link register in x9; x30 is where it goes on,
 * which tells which site it is.  Both registers are left as the function expects them.
 * It has no argument in x10 to x13.
 */
#ifndef _PV_ARCH_ARM64_DIRECT_H
#define _PV_ARCH_ARM64_DIRECT_H

#include <linux/compiler.h>
#include <linux/sched.h>
#include <linux/stddef.h>

static __always_inline void
pv_arch_direct_text(unsigned int factor, unsigned int shift, unsigned int sites)
{
	asm volatile(".pushsection .text.pathvirt, \"ax\"\n"
		     ".globl pv_direct_entry\n"
		     ".type pv_direct_entry, %%function\n"
		     ".balign 16\n"
		     "pv_direct_entry:\n\t"
		     "hint #34\n\t"		/* bti c */
		     "mrs x10, sp_el0\n\t"	/* the running task */
		     "ldr x10, [x10, #%c[signal]]\n\t"
		     "mov w11, #(%c[factor] & 0xffff)\n\t"
		     "movk w11, #(%c[factor] >> 16), lsl #16\n\t"
		     "mul w10, w10, w11\n\t"
		     "lsr w10, w10, #%c[shift]\n\t"
		     "adrp x11, pv_attached\n\t"
		     "add x11, x11, :lo12:pv_attached\n\t"
		     "ldr x11, [x11, x10, lsl #3]\n\t"
		     "cbnz x11, 2f\n"
		     "1:\tmov x10, x30\n"
		     "4:\tmov x30, x9\n\t"
		     "ret x10\n"
		     /* Which site?  The most frequent ones come first. */
		     "2:\tadrp x11, pv_targets\n\t"
		     "add x11, x11, :lo12:pv_targets\n\t"
		     "mov x12, #0\n"
		     "3:\tldr x13, [x11, x12, lsl #3]\n\t"
		     "cmp x13, x30\n\t"
		     "b.eq 5f\n\t"
		     "add x12, x12, #1\n\t"
		     "cmp x12, #%c[sites]\n\t"
		     "b.lo 3b\n\t"
		     "b 1b\n"
		     "5:\tadrp x11, pv_handlers\n\t"
		     "add x11, x11, :lo12:pv_handlers\n\t"
		     "ldr x10, [x11, x12, lsl #3]\n\t"
		     "b 4b\n"
		     ".size pv_direct_entry, . - pv_direct_entry\n"
		     ".popsection"
		     : : [signal] "i" (offsetof(struct task_struct, signal)),
			 [factor] "i" (factor), [shift] "i" (shift),
			 [sites] "i" (sites));
}

#endif /* _PV_ARCH_ARM64_DIRECT_H */
