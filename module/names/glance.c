// SPDX-License-Identifier: GPL-2.0
/* Glances: finding out, and remembering. */
#include <linux/errno.h>
#include <linux/percpu.h>
#include <linux/preempt.h>

#include "names/glance.h"
#include "process/layers.h"
#include "process/process.h"
#include "process/root.h"
#include "names/vpath.h"

struct pv_glance __percpu *pv_glances;

/**
 * pv_glance_take - find out what a directory is to the running task's rules
 * @dir: the directory; a reference is held, or RCU read-locked
 * @m_seq: as with pv_glance_find()
 * @r_seq: the same
 * @up: @up of @glance is wanted, too
 * @glance: receives it
 *
 * Context: any in which d_path() may be called.
 * Return: false if memory is short just now, or the task has no rules any more.
 */
bool pv_glance_take(const struct path *dir, unsigned int m_seq,
		    unsigned int r_seq, bool up, struct pv_glance *glance)
{
	struct pv_layers *layers = pv_layers_get_current();
	struct pv_vpath *vpath;

	if (!layers)
		return false;
	/* If not, what it is called is not what rules would say. */
	vpath = pv_layers_at_home(layers) ?
			pv_vpath_alloc(GFP_NOWAIT | __GFP_NOWARN) : NULL;
	if (vpath) {
		*glance = (struct pv_glance) {
			.dentry = dir->dentry,
			.mnt = dir->mnt,
			.layers = layers,
			.m_seq = m_seq,
			.r_seq = r_seq,
			.cookie = get_state_synchronize_rcu(),
			.up = PV_UP_UNKNOWN,
		};
		pv_vpath_glance(vpath, layers, dir, up, glance);
		preempt_disable();
		*pv_glance_slot(dir->dentry) = *glance;
		preempt_enable();
	}
	pv_vpath_free(vpath);
	pv_layers_put(layers);
	return vpath;
}

/**
 * pv_glance_get - what is a directory to the running task's rules?
 * @dir: as with pv_glance_take()
 * @m_seq: the same
 * @r_seq: the same
 * @glance: receives it, without @up; remembered, or found out
 *
 * Context: as with pv_glance_take().
 * Return: the same.
 */
bool pv_glance_get(const struct path *dir, unsigned int m_seq,
		   unsigned int r_seq, struct pv_glance *glance)
{
	const struct pv_glance *known = NULL;
	const struct pv_layers *layers;

	rcu_read_lock_sched();
	layers = pv_layers_current();
	if (layers)
		known = pv_glance_find(layers, dir, m_seq, r_seq);
	if (known)
		*glance = *known;
	rcu_read_unlock_sched();
	return known || pv_glance_take(dir, m_seq, r_seq, false, glance);
}

/**
 * pv_glances_init - make room
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int __init pv_glances_init(void)
{
	pv_glances = __alloc_percpu(sizeof(struct pv_glance) << PV_GLANCE_BITS,
				    SMP_CACHE_BYTES);
	return pv_glances ? 0 : -ENOMEM;
}

/**
 * pv_glances_uninit - undo pv_glances_init()
 *
 * Context: module load or unload; nobody walks a name any more.
 */
void pv_glances_uninit(void)
{
	free_percpu(pv_glances);
}
