/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Past a hook on x86.
 *
 * The place is inside the function and has no ENDBR, and with IBT that of the
 * function itself may be sealed, so an indirect branch is no way to get there.
 * This is the shape of the kernel's own retpoline: a return to a chosen
 * address.  Arguments in registers and on the stack stay where the caller put
 * them; r11 is free at the entry of a function.
 */
#ifndef _PV_ARCH_X86_ORIGINAL_H
#define _PV_ARCH_X86_ORIGINAL_H

#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

.macro PV_ORIGINAL name target
SYM_FUNC_START(\name)
	movq	pv_targets + 8 * \target(%rip), %r11
	ANNOTATE_INTRA_FUNCTION_CALL
	call	.Lgo_\@
	int3				/* where speculation ends up */
.Lgo_\@:
	movq	%r11, (%rsp)
	UNWIND_HINT_FUNC
	RET
SYM_FUNC_END(\name)
.endm

#endif /* _PV_ARCH_X86_ORIGINAL_H */
