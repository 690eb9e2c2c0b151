// SPDX-License-Identifier: GPL-2.0
/*
 * The pins that there are.
 *
 * They are kept by task, in many short lists with a lock each, so that a process
 * with thousands of threads in such calls makes nobody wait.
 */
#include <linux/hash.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "process/pin_list.h"

#define PV_PIN_BITS	10

/**
 * struct pv_pin_bucket - the pins of some tasks
 * @lock: guards @pins; the innermost of all locks
 * @pins: a task's newest first
 */
static struct pv_pin_bucket {
	raw_spinlock_t lock;
	struct hlist_head pins;
} pv_pin_buckets[1 << PV_PIN_BITS];

static struct pv_pin_bucket *pv_pin_bucket(const struct task_struct *task)
{
	return &pv_pin_buckets[hash_ptr(task, PV_PIN_BITS)];
}

/* Under the bucket's lock: the newest pin of @task in @process, or NULL. */
static struct pv_pin *pv_pin_find(const struct pv_pin_bucket *bucket,
				  const struct task_struct *task,
				  const struct pv_process *process)
{
	struct pv_pin *pin;

	lockdep_assert_held(&bucket->lock);
	hlist_for_each_entry(pin, &bucket->pins, node)
		if (pin->task == task && pin->process == process)
			return pin;
	return NULL;
}

/**
 * pv_process_pinned - what the running task's names pass, if calls are pinned
 * @process: its process
 * @layers: what they pass if none of the calls is its own
 *
 * Context: as pv_process_layers(), which alone calls this.
 * Return: the layers or NULL.
 */
const struct pv_layers *pv_process_pinned(struct pv_process *process,
					  const struct pv_layers *layers)
{
	struct pv_pin_bucket *bucket = pv_pin_bucket(current);
	const struct pv_pin *pin;

	raw_spin_lock(&bucket->lock);
	pin = pv_pin_find(bucket, current, process);
	if (pin)
		layers = pin->layers;
	raw_spin_unlock(&bucket->lock);
	return layers;
}

/**
 * pv_pin_list_add - let a pin be found
 * @pin: the pin, with its task, process and layers
 * @again: also if a call of the task's is pinned already
 *
 * Context: any; does not sleep.
 * Return: false if nothing was done.
 */
bool pv_pin_list_add(struct pv_pin *pin, bool again)
{
	struct pv_pin_bucket *bucket = pv_pin_bucket(pin->task);
	bool add;

	raw_spin_lock(&bucket->lock);
	add = again || !pv_pin_find(bucket, pin->task, pin->process);
	if (add)
		hlist_add_head(&pin->node, &bucket->pins);
	raw_spin_unlock(&bucket->lock);
	return add;
}

/**
 * pv_pin_list_del - undo pv_pin_list_add()
 * @pin: the pin
 */
void pv_pin_list_del(struct pv_pin *pin)
{
	struct pv_pin_bucket *bucket = pv_pin_bucket(pin->task);

	raw_spin_lock(&bucket->lock);
	hlist_del(&pin->node);
	raw_spin_unlock(&bucket->lock);
}

/* Under the bucket's lock: the rename that the running task is in, or NULL. */
static struct pv_pin *pv_pin_rename(const struct pv_pin_bucket *bucket)
{
	struct pv_pin *pin;

	lockdep_assert_held(&bucket->lock);
	hlist_for_each_entry(pin, &bucket->pins, node)
		if (pin->task == current && pin->renames)
			return pin;
	return NULL;
}

/**
 * pv_pin_note_busy - a rename has come to a NEW by ORIGINAL's own name
 * @dentry: NEW's, of the layers that the rename is pinned to
 *
 * Return: false if the running task is in no rename, and nothing is noted.
 */
bool pv_pin_note_busy(const struct dentry *dentry)
{
	struct pv_pin_bucket *bucket = pv_pin_bucket(current);
	struct pv_pin *pin;

	raw_spin_lock(&bucket->lock);
	pin = pv_pin_rename(bucket);
	if (pin)
		pin->busy[pin->busy[0] && pin->busy[0] != dentry] = dentry;
	raw_spin_unlock(&bucket->lock);
	return pin;
}

/**
 * pv_pin_is_busy - has pv_pin_note_busy() been told of it in this rename?
 * @dentry: what the running task is about to rename
 *
 * Return: true if it has.
 */
bool pv_pin_is_busy(const struct dentry *dentry)
{
	struct pv_pin_bucket *bucket = pv_pin_bucket(current);
	const struct pv_pin *pin;
	bool busy;

	raw_spin_lock(&bucket->lock);
	pin = pv_pin_rename(bucket);
	busy = pin && (pin->busy[0] == dentry || pin->busy[1] == dentry);
	raw_spin_unlock(&bucket->lock);
	return busy;
}

/**
 * pv_pins_init - make the buckets
 *
 * Context: module load.
 */
void __init pv_pins_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pv_pin_buckets); i++)
		raw_spin_lock_init(&pv_pin_buckets[i].lock);
}
