/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A walk of the kernel's on its way: what of it the walk hooks read and write.
 *
 * The first members of struct nameidata of fs/namei.c, the same on all supported
 * kernels.  They are believed only after pv_selftest_run() has seen them on the running
 * one.
 */
#ifndef _PV_NAMEIDATA_H
#define _PV_NAMEIDATA_H

#include <linux/bits.h>
#include <linux/dcache.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/seqlock.h>

/**
 * struct pv_nameidata - a walk
 * @path: where it is.  With %LOOKUP_RCU in @flags without a reference
 * @last: the component that comes next
 * @root: the root directory that it counts from, if it has been needed
 * @inode: that of @path
 * @flags: the LOOKUP_ flags, and ours below
 * @state: the kernel's own
 * @seq: with %LOOKUP_RCU what tells whether @path is still what it was
 * @next_seq: the same of what comes next
 * @m_seq: has anything been mounted or unmounted since the walk began?
 * @r_seq: has anything been renamed?
 */
struct pv_nameidata {
	struct path path;
	struct qstr last;
	struct path root;
	struct inode *inode;
	unsigned int flags;
	unsigned int state;
	unsigned int seq;
	unsigned int next_seq;
	unsigned int m_seq;
	unsigned int r_seq;
};

/* In @state: @root has a reference. */
#define PV_ND_GRABBED	BIT(1)
/* In @state: it is at the root directory, or where it began. */
#define PV_ND_JUMPED	BIT(2)

/*
 * Flags of ours in the place of LOOKUP_ flags, which the kernel hands on to where the
 * walk begins and keeps until it ends; none of its own are as high.
 *
 * PV_LOOKUP_BRIEF	one of our handlers waits for the end of the walk, and
 *			understands PV_WALK_AT_LENGTH
 * PV_LOOKUP_STEPS	the name is to be resolved, whatever it says; never in a walk
 * PV_LOOKUP_PARENT	only the last component's parent is meant, or it may be made
 * PV_LOOKUP_TELL	for where it begins: what comes of it may be a directory
 * PV_LOOKUP_STRICT	later on: no symbolic link that has a target is followed
 */
#define PV_LOOKUP_STEPS		BIT(23)
#define PV_LOOKUP_TELL		BIT(29)
#define PV_LOOKUP_STRICT	BIT(29)
#define PV_LOOKUP_BRIEF		BIT(30)
#define PV_LOOKUP_PARENT	BIT(31)

/* A brief walk cannot tell where the name leads; nobody but us sees it. */
#define PV_WALK_AT_LENGTH	(-EBADTYPE)

#endif /* _PV_NAMEIDATA_H */
