/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Past a hook on arm64.
 *
 * The place is inside the function and has no landing pad (BTI), which a return does
 * not need, to whichever address.  x16 is free between any two functions.
 */
#ifndef _PV_ARCH_ARM64_ORIGINAL_H
#define _PV_ARCH_ARM64_ORIGINAL_H

#include <linux/linkage.h>

.macro PV_ORIGINAL name target
SYM_FUNC_START(\name)
	adrp	x16, pv_targets
	add	x16, x16, :lo12:pv_targets
	ldr	x16, [x16, #8 * \target]
	ret	x16
SYM_FUNC_END(\name)
.endm

#endif /* _PV_ARCH_ARM64_ORIGINAL_H */
