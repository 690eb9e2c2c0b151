// SPDX-License-Identifier: GPL-2.0
/*
 * Direct: what a hooked function calls first, where ftrace can make it call us
 * without a detour (register_ftrace_direct()).
 *
 * For a bystander that is a few instructions: is the bucket of its process
 * empty?  If not, the function is left for its handler: the address to go on at,
 * which the call has left, tells which site it is, and is replaced by that of
 * the handler.  The handler finds arguments, stack and caller as the function
 * would have; it looks more closely whether the process is attached.
 *
 * Written in assembler, since at the entry of a function few registers are free,
 * but here, since it is the compiler that knows the offsets.
 */
#include <linux/compiler.h>

#include "arch/direct.h"
#include "hook/attached.h"
#include "hook/direct.h"
#include "hook/targets.h"

/* Never called; holds the assembler text, for the sake of its operands. */
static void __used pv_direct_text(void)
{
	pv_arch_direct_text(PV_ATTACHED_HASH_FACTOR, PV_ATTACHED_HASH_SHIFT,
			    PV_MAX_SITES);
}
