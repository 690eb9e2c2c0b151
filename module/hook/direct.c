// SPDX-License-Identifier: GPL-2.0
/*
 * Direct: what a hooked function calls first, where ftrace can make it call us
 * without a detour (register_ftrace_direct()).
 *
 * For a bystander that is nine instructions: is the bucket of its process
 * empty?  If not, the function is left for its handler: the address to go on at,
 * which the call has pushed, tells which site it is, and is replaced by that of
 * the handler.  The handler finds arguments, stack and caller as the function
 * would have; it looks more closely whether the process is attached.
 *
 * Written in assembler, since at the entry of a function only rax, r10 and r11
 * are free, but here, since it is the compiler that knows the offsets.
 */
#include <linux/linkage.h>
#include <linux/sched.h>
#include <asm/ibt.h>

#include "compat.h"
#include "hook/attached.h"
#include "hook/direct.h"
#include "hook/targets.h"

/* Never called; holds the assembler text, for the sake of its operands. */
static void __used pv_direct_text(void)
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
		     /* Which site?  The most frequent ones come first. */
		     "2:\tmovq (%%rsp), %%r11\n\t"
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
			 [shift] "i" (PV_ATTACHED_HASH_SHIFT),
			 [factor] "i" (PV_ATTACHED_HASH_FACTOR),
			 [sites] "i" (PV_MAX_SITES));
}
