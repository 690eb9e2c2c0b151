/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Glances: what a directory is to the rules of a process, found out once.
 *
 * Each CPU remembers some.  They count as long as nothing has been renamed, mounted or
 * unmounted, and no grace period of RCU has passed, in which one of the addresses could
 * have come to mean something else.  So nothing is held for them.
 */
#ifndef _PV_GLANCE_H
#define _PV_GLANCE_H

#include <linux/dcache.h>
#include <linux/path.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "rules/rule.h"

struct pv_layers;

/* It has not been found out. */
#define PV_UP_UNKNOWN	U8_MAX

/**
 * struct pv_glance - a directory
 * @dentry: the directory
 * @mnt: where it is mounted
 * @layers: what the process's names pass
 * @m_seq: as in struct pv_nameidata, when it was found out
 * @r_seq: the same
 * @cookie: which grace period was next
 * @plain: called by the first rule that leads there, all names without ".." lead from
 *	there to where the kernel takes them
 * @own: so they do if it is called what it is
 * @outside: no rule leads there
 * @open: no rule leads there or speaks of it, but of something below: @seek
 * @up: of how many of the directories above the same is true as @plain says, or
 *	%PV_UP_UNKNOWN
 * @far: how far somebody has climbed from there, over what @up says, or 0; with one of
 *	those that follow @far_seek tells where names go on then
 * @far_native: the kernel's own ".." leads there, too
 * @far_edge: it does as far as @up, which ends at NEW itself
 */
struct pv_glance {
	const struct dentry *dentry;
	const struct vfsmount *mnt;
	const struct pv_layers *layers;
	unsigned int m_seq;
	unsigned int r_seq;
	unsigned long cookie;
	bool plain;
	bool own;
	bool outside;
	bool open;
	u8 up;
	u8 far;
	bool far_native;
	bool far_edge;
	struct pv_seek seek;
	struct pv_seek far_seek;
};

#define PV_GLANCE_BITS	7

extern struct pv_glance __percpu *pv_glances;

/**
 * pv_glance_slot - where a directory may be remembered
 * @dentry: the directory
 *
 * Context: preemption is off.
 */
static __always_inline struct pv_glance *
pv_glance_slot(const struct dentry *dentry)
{
	unsigned long key = (unsigned long)dentry;

	key = (key / 64 ^ key / 4096) % BIT(PV_GLANCE_BITS);
	return this_cpu_ptr(pv_glances) + key;
}

/**
 * pv_glance_find - look whether a directory is remembered
 * @layers: what the running task's names pass
 * @dir: the directory
 * @m_seq: of a walk that has just begun
 * @r_seq: of the same
 *
 * Context: preemption is off, and has been since @layers were read.
 * Return: what is known, valid as long as preemption is off; or NULL.
 */
static __always_inline const struct pv_glance *
pv_glance_find(const struct pv_layers *layers, const struct path *dir,
	       unsigned int m_seq, unsigned int r_seq)
{
	const struct pv_glance *glance = pv_glance_slot(dir->dentry);

	if (glance->dentry != dir->dentry || glance->mnt != dir->mnt ||
	    glance->layers != layers || glance->m_seq != m_seq ||
	    glance->r_seq != r_seq ||
	    poll_state_synchronize_rcu(glance->cookie))
		return NULL;
	return glance;
}

bool pv_glance_get(const struct path *dir, unsigned int m_seq,
		   unsigned int r_seq, struct pv_glance *glance);
bool pv_glance_take(const struct path *dir, unsigned int m_seq,
		    unsigned int r_seq, unsigned int up, struct pv_glance *glance);
int pv_glances_init(void);
void pv_glances_uninit(void);

#endif /* _PV_GLANCE_H */
