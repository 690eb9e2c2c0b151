/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbers of the hook sites; read by C and by assembler.
 *
 * PV_SITE_x is a function that is hooked; those that most names pass come first.
 * PV_FUNC_x is one that is only called: no exported symbol of the kernel serves in its
 * place.
 */
#ifndef _PV_SITES_H
#define _PV_SITES_H

#define PV_SITE_START			0
#define PV_SITE_LOOKUP			1
#define PV_SITE_OPEN			2
#define PV_SITE_STEP			3
#define PV_SITE_PARENT			4
#define PV_SITE_ITERATE			5
#define PV_SITE_D_PATH			6
#define PV_SITE_READLINK		7
#define PV_SITE_SEQ_PATH		8
#define PV_SITE_SEQ_PATH_ROOT		9
#define PV_SITE_MAPS_QUERY		10
#define PV_SITE_RENAME			11
#define PV_SITE_INODE_RENAME		12
#define PV_SITE_LINK			13
#define PV_SITE_FORK			14
#define PV_SITE_GETCWD			15
#define PV_SITE_APPARMOR_NAME		16
#define PV_SITE_SET_ROOT		17
#define PV_SITE_SET_PWD			18
#define PV_SITE_EXECVE			19
#define PV_SITE_EXECVEAT		20
#define PV_SITE_MOUNT			21
#define PV_SITE_MOVE_MOUNT		22
#define PV_SITE_PIVOT_ROOT		23
#define PV_SITE_COMPAT_GETCWD		24
#define PV_SITE_COMPAT_EXECVE		25
#define PV_SITE_COMPAT_EXECVEAT		26
#define PV_SITE_COMPAT_MOUNT		27
#define PV_SITE_COMPAT_MOVE_MOUNT	28
#define PV_SITE_COMPAT_PIVOT_ROOT	29
#define PV_MAX_SITES			30

#define PV_FUNC_PTRACE			30
#define PV_FUNC_PIDFD			31
#define PV_FUNC_OPEN_ROOT		32
#define PV_FUNC_PATH_LINK		33
#define PV_FUNC_AUDIT_INODE		34
#define PV_FUNC_PUT_STACK		35
#define PV_FUNC_ABSOLUTE_PATH		36
#define PV_FUNC_FROM_MNT_NS		37
#define PV_FUNC_SB_MOUNT		38
#define PV_NR_TARGETS			39

#endif /* _PV_SITES_H */
