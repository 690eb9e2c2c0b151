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
#define PV_SITE_STEP			3
#define PV_SITE_D_PATH			4
#define PV_SITE_READLINK		5
#define PV_SITE_SEQ_PATH		6
#define PV_SITE_MAPS_QUERY		7
#define PV_SITE_RENAME			8
#define PV_SITE_LINK			9
#define PV_SITE_FORK			10
#define PV_SITE_GETCWD			11
#define PV_SITE_SET_ROOT		12
#define PV_SITE_SET_PWD			13
#define PV_SITE_EXECVE			14
#define PV_SITE_EXECVEAT		15
#define PV_SITE_MOUNT			16
#define PV_SITE_MOVE_MOUNT		17
#define PV_SITE_PIVOT_ROOT		18
#define PV_SITE_IA32_GETCWD		19
#define PV_SITE_IA32_EXECVE		20
#define PV_SITE_IA32_EXECVEAT		21
#define PV_SITE_IA32_MOUNT		22
#define PV_SITE_IA32_MOVE_MOUNT		23
#define PV_SITE_IA32_PIVOT_ROOT		24
#define PV_MAX_SITES			25

#define PV_FUNC_PTRACE			25
#define PV_FUNC_PIDFD			26
#define PV_FUNC_OPEN_ROOT		27
#define PV_FUNC_PATH_LINK		28
#define PV_NR_TARGETS			29

#endif /* _PV_SITES_H */
