/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls that go past a hook.
 *
 * pv_original_x(args) enters the kernel function behind site x right after the
 * place where it is hooked.  So a handler that calls it does not meet its own
 * hook again, and another tracer of the same function sees each call once.
 *
 * The place is inside the function and has no ENDBR, and with IBT that of the
 * function itself may be sealed, so an indirect branch is no way to get there.
 * This is the shape of the kernel's own retpoline: a return to a chosen
 * address.  Arguments in registers and on the stack stay where the caller put
 * them; r11 is free at the entry of a function.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

#include "hook/sites.h"

	.text

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

PV_ORIGINAL pv_original_open PV_SITE_OPEN
PV_ORIGINAL pv_original_lookup PV_SITE_LOOKUP
PV_ORIGINAL pv_original_parent PV_SITE_PARENT
PV_ORIGINAL pv_original_start PV_SITE_START
PV_ORIGINAL pv_original_step PV_SITE_STEP
PV_ORIGINAL pv_original_iterate PV_SITE_ITERATE
PV_ORIGINAL pv_original_d_path PV_SITE_D_PATH
PV_ORIGINAL pv_original_readlink PV_SITE_READLINK
PV_ORIGINAL pv_original_seq_path PV_SITE_SEQ_PATH
PV_ORIGINAL pv_original_seq_path_root PV_SITE_SEQ_PATH_ROOT
PV_ORIGINAL pv_original_maps_query PV_SITE_MAPS_QUERY
PV_ORIGINAL pv_original_rename PV_SITE_RENAME
PV_ORIGINAL pv_original_inode_rename PV_SITE_INODE_RENAME
PV_ORIGINAL pv_original_link PV_SITE_LINK
PV_ORIGINAL pv_original_fork PV_SITE_FORK
PV_ORIGINAL pv_original_getcwd PV_SITE_GETCWD
PV_ORIGINAL pv_original_apparmor_name PV_SITE_APPARMOR_NAME
PV_ORIGINAL pv_original_set_root PV_SITE_SET_ROOT
PV_ORIGINAL pv_original_set_pwd PV_SITE_SET_PWD
PV_ORIGINAL pv_original_execve PV_SITE_EXECVE
PV_ORIGINAL pv_original_execveat PV_SITE_EXECVEAT
PV_ORIGINAL pv_original_mount PV_SITE_MOUNT
PV_ORIGINAL pv_original_move_mount PV_SITE_MOVE_MOUNT
PV_ORIGINAL pv_original_pivot_root PV_SITE_PIVOT_ROOT
PV_ORIGINAL pv_original_ia32_getcwd PV_SITE_IA32_GETCWD
PV_ORIGINAL pv_original_ia32_execve PV_SITE_IA32_EXECVE
PV_ORIGINAL pv_original_ia32_execveat PV_SITE_IA32_EXECVEAT
PV_ORIGINAL pv_original_ia32_mount PV_SITE_IA32_MOUNT
PV_ORIGINAL pv_original_ia32_move_mount PV_SITE_IA32_MOVE_MOUNT
PV_ORIGINAL pv_original_ia32_pivot_root PV_SITE_IA32_PIVOT_ROOT
PV_ORIGINAL pv_ptrace_may_access PV_FUNC_PTRACE
PV_ORIGINAL pv_pidfd_pid PV_FUNC_PIDFD
PV_ORIGINAL pv_open_root PV_FUNC_OPEN_ROOT
PV_ORIGINAL pv_path_link PV_FUNC_PATH_LINK
PV_ORIGINAL pv_audit_inode PV_FUNC_AUDIT_INODE
PV_ORIGINAL pv_put_task_stack PV_FUNC_PUT_STACK
PV_ORIGINAL pv_absolute_path PV_FUNC_ABSOLUTE_PATH
PV_ORIGINAL pv_from_mnt_ns PV_FUNC_FROM_MNT_NS
PV_ORIGINAL pv_security_sb_mount PV_FUNC_SB_MOUNT
