/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A direct call on x86: nine instructions for a bystander.
 *
 * The address to go on at, which the call has pushed, tells which site it is, and is
 * replaced by that of the handler.  At the entry of a function only rax, r10 and r11
 * are free.
 */
#ifndef _PV_ARCH_X86_DIRECT_H
#define _PV_ARCH_X86_DIRECT_H

#include <linux/compiler.h>
#include <linux/linkage.h>
#include <linux/sched.h>
#include <linux/stddef.h>
#include <asm/current.h>
#include <asm/ibt.h>

#include "have.h"

/* The variable that holds the running task, by its name in assembler. */
#if PV_HAVE_CONST_CURRENT_TASK
#define PV_CURRENT_TASK		const_current_task
#elif PV_HAVE_PCPU_HOT
#define PV_CURRENT_TASK		pcpu_hot.current_task
#else
#define PV_CURRENT_TASK		current_task
#endif

static __always_inline void
pv_arch_direct_text(unsigned int factor, unsigned int shift, unsigned int sites)
{
	asm volatile(".pushsection .text.pathvirt, \"ax\"\n"
		     ".globl pv_direct_entry\n"
		     ".type pv_direct_entry, @function\n"
		     ".balign 16\n"
		     "pv_direct_entry:\n\t"
		     ASM_ENDBR
		     "movq %%gs:%c[task], %%rax\n\t"
		     "movq %c[signal](%%rax), %%rax\n\t"
		     "imull $%c[factor], %%eax, %%eax\n\t"
		     "shrl $%c[shift], %%eax\n\t"
		     "cmpq $0, pv_attached(, %%rax, 8)\n\t"
		     "jne 2f\n"
		     "1:\t" ASM_RET
		     /* Which site?  The most frequent ones come first, and quicker. */
		     "2:\tmovq (%%rsp), %%r11\n\t"
		     ".irp site, 0, 1, 2, 3\n\t"
		     "cmpq pv_targets + 8 * \\site(%%rip), %%r11\n\t"
		     "jne 5f\n\t"
		     "movq pv_handlers + 8 * \\site(%%rip), %%rax\n\t"
		     "movq %%rax, (%%rsp)\n\t"
		     ASM_RET
		     "5:\n\t"
		     ".endr\n\t"
		     "xorl %%eax, %%eax\n"
		     "3:\tcmpq pv_targets(, %%rax, 8), %%r11\n\t"
		     "je 4f\n\t"
		     "incl %%eax\n\t"
		     "cmpl $%c[sites], %%eax\n\t"
		     "jb 3b\n\t"
		     "jmp 1b\n"
		     "4:\tmovq pv_handlers(, %%rax, 8), %%rax\n\t"
		     "movq %%rax, (%%rsp)\n\t"
		     "jmp 1b\n"
		     ".size pv_direct_entry, . - pv_direct_entry\n"
		     ".popsection"
		     : : [task] "i" (&PV_CURRENT_TASK),
			 [signal] "i" (offsetof(struct task_struct, signal)),
			 [factor] "i" (factor), [shift] "i" (shift),
			 [sites] "i" (sites));
}

#endif /* _PV_ARCH_X86_DIRECT_H */
