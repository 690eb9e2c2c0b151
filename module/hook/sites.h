/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbers of the hook sites; read by C and by assembler.
 *
 * PV_SITE_x is a function that is hooked.  PV_FUNC_x is one that is only
 * called: no exported symbol of the kernel serves in its place.
 */
#ifndef _PV_SITES_H
#define _PV_SITES_H

#define PV_SITE_OPEN			0
#define PV_SITE_LOOKUP			1
#define PV_SITE_PARENT			2
#define PV_SITE_START			3
#define PV_SITE_STEP			4
#define PV_SITE_D_PATH			5
#define PV_SITE_READLINK		6
#define PV_SITE_SEQ_PATH		7
#define PV_SITE_MAPS_QUERY		8
#define PV_SITE_RENAME			9
#define PV_SITE_INODE_RENAME		10
#define PV_SITE_LINK			11
#define PV_SITE_FORK			12
#define PV_SITE_GETCWD			13
#define PV_SITE_SET_ROOT		14
#define PV_SITE_SET_PWD			15
#define PV_SITE_EXECVE			16
#define PV_SITE_EXECVEAT		17
#define PV_SITE_MOUNT			18
#define PV_SITE_MOVE_MOUNT		19
#define PV_SITE_PIVOT_ROOT		20
#define PV_SITE_IA32_GETCWD		21
#define PV_SITE_IA32_EXECVE		22
#define PV_SITE_IA32_EXECVEAT		23
#define PV_SITE_IA32_MOUNT		24
#define PV_SITE_IA32_MOVE_MOUNT		25
#define PV_SITE_IA32_PIVOT_ROOT		26
#define PV_MAX_SITES			27

#define PV_FUNC_PTRACE			27
#define PV_FUNC_PIDFD			28
#define PV_FUNC_OPEN_ROOT		29
#define PV_FUNC_PATH_LINK		30
#define PV_FUNC_AUDIT_INODE		31
#define PV_FUNC_PUT_STACK		32
#define PV_FUNC_ABSOLUTE_PATH		33
#define PV_NR_TARGETS			34

#endif /* _PV_SITES_H */
