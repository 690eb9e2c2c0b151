// SPDX-License-Identifier: GPL-2.0
/*
 * Cgroups.
 *
 * A process is in the cgroup that its leader is in, or if that has ended some other thread,
 * and has the tables of that one and of those above it as its outermost layers.  Children
 * inherit them as they inherit all layers, so nothing is to be done where a process is
 * forked inside.  Who comes from elsewhere is met by tracepoints, where nothing can be
 * allocated nor waited for: one that is cloned into a cgroup gives itself its layers on its
 * way to its first instruction, and one that is moved gets them from who moves it, before he
 * is back in user space.  What cannot be done in this way is done by a worker.
 *
 * In all cases what a process should have is worked out anew, from where it is then, under
 * pv_process_mutex; so it makes no difference in which order what happened is heard of.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/task_work.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "hook/hooks.h"
#include "process/attach.h"
#include "process/cgroup.h"
#include "process/layers.h"
#include "process/process.h"
#include "process/tables.h"

/**
 * struct pv_cgroup - a cgroup that has a table
 * @hash: by the cgroup's id; changed under pv_process_mutex, read under RCU
 * @cgroup: a reference, which keeps its directory from nothing: see @removed
 * @table: a reference; replaced under pv_process_mutex, compared under RCU
 * @removed: the directory has been removed, and there are no processes any more
 * @rcu: for freeing after a grace period
 */
struct pv_cgroup {
	struct hlist_node hash;
	struct cgroup *cgroup;
	struct pv_table __rcu *table;
	bool removed;
	struct rcu_head rcu;
};

static DEFINE_HASHTABLE(pv_cgroups, 8);
unsigned int pv_nr_cgroups;

/**
 * struct pv_newcomer - a process that may have come into another cgroup
 * @work: gives it its layers
 * @node: among the spares
 * @task: its leader, a reference
 */
struct pv_newcomer {
	struct callback_head work;
	struct list_head node;
	struct task_struct *task;
};

/* They are taken where nothing can be allocated. */
#define PV_NEWCOMERS	64
static LIST_HEAD(pv_newcomers);
static unsigned int pv_nr_newcomers;
static DEFINE_RAW_SPINLOCK(pv_newcomers_lock);

static void pv_newcomers_refill(struct work_struct *work);
static DECLARE_WORK(pv_newcomers_work, pv_newcomers_refill);

/* What was not done otherwise. */
static void pv_cgroups_work_run(struct work_struct *work);
static DECLARE_DELAYED_WORK(pv_cgroups_work, pv_cgroups_work_run);

/*
 * How long it waits: it looks at all processes while others wait, and anybody may kill who
 * was to do it himself.
 */
#define PV_CGROUPS_DELAY	(HZ / 10)

/* How many processes are given their layers between two looks at all of them. */
#define PV_CGROUP_BATCH	256

static struct pv_cgroup *pv_cgroup_find(const struct cgroup *cgroup)
{
	struct pv_cgroup *found;

	hash_for_each_possible_rcu(pv_cgroups, found, hash, cgroup_id(cgroup),
				   lockdep_is_held(&pv_process_mutex))
		if (found->cgroup == cgroup)
			return found;
	return NULL;
}

/*
 * The tables that processes in @cgroup are to have, the innermost first; how many.  Under
 * RCU they may only be compared, under pv_process_mutex they stay.
 */
static u32 pv_cgroup_tables(struct cgroup *cgroup, struct pv_table **tables)
{
	struct pv_cgroup *found;
	u32 nr = 0;

	for (; cgroup; cgroup = cgroup_parent(cgroup)) {
		found = pv_cgroup_find(cgroup);
		if (found && nr < PV_MAX_CGROUP_LAYERS)
			tables[nr++] = rcu_dereference_check(found->table,
							     lockdep_is_held(&pv_process_mutex));
	}
	return nr;
}

/*
 * Which thread says where its process is, under rcu_read_lock()?  A leader that has ended
 * is not moved along with the others.
 */
static struct task_struct *pv_task_speaker(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader, *thread;

	if (!(leader->flags & PF_EXITING))
		return leader;
	pv_for_each_thread(task, thread)
		if (!(thread->flags & PF_EXITING))
			return thread;
	return leader;
}

/* The tables that a process is to have, under rcu_read_lock(). */
static u32 pv_task_tables(struct task_struct *task, struct pv_table **tables)
{
	return pv_cgroup_tables(task_dfl_cgroup(pv_task_speaker(task)), tables);
}

/* Has a process the tables that it should have? */
static bool pv_cgroup_settled(struct task_struct *task)
{
	struct pv_table *tables[PV_MAX_CGROUP_LAYERS];
	const struct pv_process *process;
	const struct pv_layers *layers;
	bool settled;
	u32 nr;

	rcu_read_lock();
	nr = pv_task_tables(task, tables);
	process = pv_process_find(task->signal);
	layers = process ? rcu_dereference(process->layers) : NULL;
	settled = pv_layers_end_in(layers, tables, nr);
	rcu_read_unlock();
	return settled;
}

/* Let it have them. */
static int pv_cgroup_settle(struct task_struct *task, struct list_head *changes)
{
	struct pv_table *tables[PV_MAX_CGROUP_LAYERS];
	u32 nr;

	lockdep_assert_held(&pv_process_mutex);
	rcu_read_lock();
	nr = pv_task_tables(task, tables);
	rcu_read_unlock();
	return pv_process_join(task, tables, nr, changes);
}

/* Those who have not; how many.  The caller gets a reference to each. */
static unsigned int pv_cgroup_unsettled(struct task_struct **batch)
{
	struct task_struct *task;
	unsigned int nr = 0;

	rcu_read_lock();
	for_each_process(task) {
		if (task->flags & PF_KTHREAD ||
		    !atomic_read(&task->signal->live) ||
		    pv_cgroup_settled(task))
			continue;
		get_task_struct(task);
		batch[nr++] = task;
		if (nr == PV_CGROUP_BATCH)
			break;
	}
	rcu_read_unlock();
	return nr;
}

/*
 * Let a batch have what they should have.  How many of them have it now; @err has why one
 * has not, unless it has ended.
 */
static unsigned int pv_cgroup_settle_batch(struct task_struct **batch,
					   unsigned int nr,
					   struct list_head *changes, int *err)
{
	unsigned int settled = 0;
	int failed;

	while (nr--) {
		failed = pv_cgroup_settle(batch[nr], changes);
		if (!failed)
			settled++;
		else if (failed != -ESRCH)
			*err = failed;
		put_task_struct(batch[nr]);
		cond_resched();
	}
	return settled;
}

/*
 * Let all processes have what they should have: until a look at all of them finds none that
 * has not.  Who is forked or moved meanwhile is found or comes by himself.
 */
static int pv_cgroups_settle(struct list_head *changes, bool killable)
{
	struct task_struct **batch;
	unsigned int nr, settled;
	int err = 0;

	lockdep_assert_held(&pv_process_mutex);
	batch = kmalloc_array(PV_CGROUP_BATCH, sizeof(*batch),
			      GFP_KERNEL | __GFP_NOFAIL);
	do {
		nr = pv_cgroup_unsettled(batch);
		settled = pv_cgroup_settle_batch(batch, nr, changes, &err);
		if (killable && fatal_signal_pending(current))
			err = -EINTR;
	} while (settled && !(killable && err));
	kfree(batch);
	return err;
}

/* The same where nobody waits for it to be done. */
static void pv_cgroups_settle_quietly(void)
{
	LIST_HEAD(changes);

	if (pv_cgroups_settle(&changes, false))
		schedule_delayed_work(&pv_cgroups_work, HZ);
	pv_changes_forget(&changes);
}

static struct pv_newcomer *pv_newcomer_take(void)
{
	struct pv_newcomer *newcomer;
	unsigned long flags;

	raw_spin_lock_irqsave(&pv_newcomers_lock, flags);
	newcomer = list_first_entry_or_null(&pv_newcomers, struct pv_newcomer,
					    node);
	if (newcomer) {
		list_del(&newcomer->node);
		pv_nr_newcomers--;
	}
	raw_spin_unlock_irqrestore(&pv_newcomers_lock, flags);
	if (READ_ONCE(pv_nr_newcomers) < PV_NEWCOMERS / 2)
		schedule_work(&pv_newcomers_work);
	return newcomer;
}

static void pv_newcomer_give(struct pv_newcomer *newcomer)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&pv_newcomers_lock, flags);
	list_add(&newcomer->node, &pv_newcomers);
	pv_nr_newcomers++;
	raw_spin_unlock_irqrestore(&pv_newcomers_lock, flags);
}

static void pv_newcomers_refill(struct work_struct *work)
{
	struct pv_newcomer *newcomer;

	while (READ_ONCE(pv_nr_newcomers) < PV_NEWCOMERS) {
		newcomer = kmalloc(sizeof(*newcomer), GFP_KERNEL);
		if (!newcomer)
			break;
		pv_newcomer_give(newcomer);
	}
}

/* Let one process have what it should have, or have the worker see to it. */
static void pv_newcomer_settle(struct task_struct *task)
{
	LIST_HEAD(changes);
	int err = -EINTR;

	/* It has been killed before it could run. */
	if (task == current && task->flags & PF_EXITING)
		return;
	if (!mutex_lock_killable(&pv_process_mutex)) {
		err = pv_cgroup_settle(task, &changes);
		pv_changes_forget(&changes);
		mutex_unlock(&pv_process_mutex);
	}
	if (err && err != -ESRCH)
		schedule_delayed_work(&pv_cgroups_work, PV_CGROUPS_DELAY);
}

static void pv_newcomer_run(struct callback_head *work)
{
	struct pv_newcomer *newcomer =
		container_of(work, struct pv_newcomer, work);

	pv_newcomer_settle(newcomer->task);
	put_task_struct(newcomer->task);
	if (READ_ONCE(pv_nr_newcomers) < PV_NEWCOMERS)
		pv_newcomer_give(newcomer);
	else
		kfree(newcomer);
	/* pv_hooks_uninit() waits for our last few instructions. */
	module_put(THIS_MODULE);
}

static bool pv_newcomer_add(struct task_struct *task, struct task_struct *runner)
{
	struct pv_newcomer *newcomer;

	if (runner->flags & (PF_KTHREAD | PF_USER_WORKER | PF_EXITING))
		return false;
	newcomer = pv_newcomer_take();
	if (!newcomer)
		return false;
	init_task_work(&newcomer->work, pv_newcomer_run);
	newcomer->task = get_task_struct(task);
	__module_get(THIS_MODULE);
	if (!task_work_add(runner, &newcomer->work, TWA_RESUME))
		return true;
	put_task_struct(task);
	pv_newcomer_give(newcomer);
	module_put(THIS_MODULE);
	return false;
}

/**
 * pv_cgroup_look - a process is new, or may be in another cgroup now
 * @task: see pv_cgroup_note(), which alone calls this
 * @runner: the same
 *
 * Context: tracepoint, with interrupts off perhaps.
 */
void pv_cgroup_look(struct task_struct *task, struct task_struct *runner)
{
	if (task->flags & PF_KTHREAD || pv_cgroup_settled(task))
		return;
	if (!pv_newcomer_add(task, runner))
		schedule_delayed_work(&pv_cgroups_work, PV_CGROUPS_DELAY);
}

/**
 * pv_cgroup_removed - the directory of a cgroup has been removed
 * @cgroup: the cgroup, which has no processes
 *
 * Context: tracepoint, with interrupts off perhaps.
 */
void pv_cgroup_removed(const struct cgroup *cgroup)
{
	struct pv_cgroup *found;

	if (!READ_ONCE(pv_nr_cgroups))
		return;
	rcu_read_lock();
	found = pv_cgroup_find(cgroup);
	if (found)
		WRITE_ONCE(found->removed, true);
	rcu_read_unlock();
	if (found)
		schedule_delayed_work(&pv_cgroups_work, 0);
}

/* From now on those who come are met; undone by pv_cgroups_end(). */
static int pv_cgroups_begin(void)
{
	int err = pv_hooks_arm();

	if (err || pv_nr_cgroups)
		return err;
	err = pv_hooks_listen(true);
	if (err)
		return err;
	err = pv_processes_await();
	if (err)
		pv_hooks_listen(false);
	else
		pv_newcomers_refill(&pv_newcomers_work);
	return err;
}

static void pv_cgroups_end(void)
{
	if (pv_nr_cgroups)
		return;
	pv_hooks_listen(false);
	pv_processes_await_none();
}

/* A table less; who has it keeps it until he is settled. */
static void pv_cgroup_drop(struct pv_cgroup *dropped)
{
	lockdep_assert_held(&pv_process_mutex);
	hash_del_rcu(&dropped->hash);
	WRITE_ONCE(pv_nr_cgroups, pv_nr_cgroups - 1);
	pv_table_put(rcu_dereference_protected(dropped->table, 1));
	cgroup_put(dropped->cgroup);
	kfree_rcu(dropped, rcu);
}

static void pv_cgroups_work_run(struct work_struct *work)
{
	struct pv_cgroup *each;
	struct hlist_node *next;
	bool dropped = false;
	int i;

	mutex_lock(&pv_process_mutex);
	hash_for_each_safe(pv_cgroups, i, next, each, hash) {
		if (!READ_ONCE(each->removed))
			continue;
		pv_cgroup_drop(each);
		dropped = true;
	}
	pv_cgroups_settle_quietly();
	if (dropped)
		pv_cgroups_end();
	mutex_unlock(&pv_process_mutex);
}

/* How many of the cgroups that @cgroup is, and lies in, have a table? */
static u32 pv_cgroup_depth(struct cgroup *cgroup)
{
	struct pv_table *tables[PV_MAX_CGROUP_LAYERS];

	return pv_cgroup_tables(cgroup, tables);
}

/* May one more have a table, with that many others above and below it? */
static bool pv_cgroup_fits(struct cgroup *cgroup)
{
	struct pv_cgroup *each;
	int i;

	if (pv_cgroup_depth(cgroup) == PV_MAX_CGROUP_LAYERS)
		return false;
	hash_for_each(pv_cgroups, i, each, hash)
		if (cgroup_is_descendant(each->cgroup, cgroup) &&
		    pv_cgroup_depth(each->cgroup) == PV_MAX_CGROUP_LAYERS)
			return false;
	return true;
}

/* Its directory may just be removed; once it is we hear of it. */
static bool pv_cgroup_is_there(const struct cgroup *cgroup)
{
	return READ_ONCE(cgroup->self.flags) & CSS_ONLINE;
}

/* It has no table yet. */
static int pv_cgroup_add(struct cgroup *cgroup, struct pv_table *table,
			 const char **why)
{
	struct pv_cgroup *added;
	int err;

	if (!pv_cgroup_fits(cgroup)) {
		*why = "too many of the cgroups that lie in each other have rules";
		return -E2BIG;
	}
	added = kzalloc(sizeof(*added), PV_PROCESS_GFP);
	if (!added)
		return -ENOMEM;
	err = pv_cgroups_begin();
	if (err) {
		kfree(added);
		return err;
	}
	cgroup_get(cgroup);
	added->cgroup = cgroup;
	RCU_INIT_POINTER(added->table, pv_table_get(table));
	hash_add_rcu(pv_cgroups, &added->hash, cgroup_id(cgroup));
	WRITE_ONCE(pv_nr_cgroups, pv_nr_cgroups + 1);
	/* Before we look who is there, and whether the directory is. */
	smp_mb();
	return 0;
}

/* Have it as it was before: with @old, or without a table. */
static void pv_cgroup_undo(struct cgroup *cgroup, struct pv_table *old)
{
	struct pv_cgroup *undone = pv_cgroup_find(cgroup);
	LIST_HEAD(changes);

	if (old)
		pv_table_put(rcu_replace_pointer(undone->table, old,
						 lockdep_is_held(&pv_process_mutex)));
	else
		pv_cgroup_drop(undone);
	pv_cgroups_settle_quietly();
	pv_cgroups_end();
}

/**
 * pv_cgroup_set - let all processes of a cgroup and of those in it have a table
 * @cgroup: the cgroup, of the unified hierarchy; the caller holds a reference
 * @table: the table, which says that it is @cgroup's; in place of the one that it has
 * @changes: receives what was done
 * @why: receives in words what is wrong, if something is
 *
 * Context: pv_process_mutex is held; may sleep.
 * Return: 0; -E2BIG, -ENODEV if the directory has been removed, -EINTR, -ENOMEM, or why the
 * hooks cannot be armed, and then all is as it was.
 */
int pv_cgroup_set(struct cgroup *cgroup, struct pv_table *table,
		  struct list_head *changes, const char **why)
{
	struct pv_cgroup *found = pv_cgroup_find(cgroup);
	struct pv_table *old = NULL;
	int err = 0;

	lockdep_assert_held(&pv_process_mutex);
	if (found)
		old = rcu_replace_pointer(found->table, pv_table_get(table),
					  lockdep_is_held(&pv_process_mutex));
	else
		err = pv_cgroup_add(cgroup, table, why);
	if (err)
		return err;
	if (!pv_cgroup_is_there(cgroup)) {
		*why = "the cgroup has been removed";
		err = -ENODEV;
	}
	if (!err)
		err = pv_cgroups_settle(changes, true);
	if (err)
		pv_cgroup_undo(cgroup, old);
	else if (old)
		pv_table_put(old);
	return err;
}

/**
 * pv_cgroup_clear - take the table of a cgroup away
 * @cgroup: the cgroup; the caller holds a reference
 * @changes: receives what was done
 *
 * Context: pv_process_mutex is held; may sleep.
 * Return: 0, or -ENOENT if it has none.
 */
int pv_cgroup_clear(struct cgroup *cgroup, struct list_head *changes)
{
	struct pv_cgroup *found = pv_cgroup_find(cgroup);

	lockdep_assert_held(&pv_process_mutex);
	if (!found)
		return -ENOENT;
	pv_cgroup_drop(found);
	if (pv_cgroups_settle(changes, false))
		schedule_delayed_work(&pv_cgroups_work, HZ);
	pv_cgroups_end();
	return 0;
}

/**
 * pv_cgroups_clear_all - take the tables of all cgroups away
 *
 * Their processes have them still.
 *
 * Context: pv_process_mutex is held; may sleep.
 */
void pv_cgroups_clear_all(void)
{
	struct pv_cgroup *each;
	struct hlist_node *next;
	int i;

	lockdep_assert_held(&pv_process_mutex);
	if (!pv_nr_cgroups)
		return;
	hash_for_each_safe(pv_cgroups, i, next, each, hash)
		pv_cgroup_drop(each);
	pv_cgroups_end();
}

/**
 * pv_cgroup_table - the table of a cgroup
 * @cgroup: the cgroup; the caller holds a reference
 *
 * Context: may sleep.
 * Return: a reference, NULL if it has none, or ERR_PTR(-EINTR).
 */
struct pv_table *pv_cgroup_table(const struct cgroup *cgroup)
{
	struct pv_table *table = NULL;
	struct pv_cgroup *found;

	if (mutex_lock_killable(&pv_process_mutex))
		return ERR_PTR(-EINTR);
	found = pv_cgroup_find(cgroup);
	if (found)
		table = pv_table_get(rcu_dereference_protected(found->table, 1));
	mutex_unlock(&pv_process_mutex);
	return table;
}

/**
 * pv_cgroup_nth - go through the cgroups that have a table
 * @nth: which one, from 0
 * @table: receives its table; a reference
 *
 * Context: may sleep.
 * Return: a reference, NULL behind the last one, or ERR_PTR(-EINTR).
 */
struct cgroup *pv_cgroup_nth(u32 nth, struct pv_table **table)
{
	struct cgroup *cgroup = NULL;
	struct pv_cgroup *each;
	int i;

	if (mutex_lock_killable(&pv_process_mutex))
		return ERR_PTR(-EINTR);
	hash_for_each(pv_cgroups, i, each, hash) {
		if (nth--)
			continue;
		cgroup = each->cgroup;
		cgroup_get(cgroup);
		*table = pv_table_get(rcu_dereference_protected(each->table, 1));
		break;
	}
	mutex_unlock(&pv_process_mutex);
	return cgroup;
}

/**
 * pv_cgroups_flush - on the way out
 *
 * Context: module load or unload, behind pv_hooks_uninit(): no cgroup has a table, and
 * nobody is in a handler.
 */
void pv_cgroups_flush(void)
{
	struct pv_newcomer *newcomer, *next;

	cancel_delayed_work_sync(&pv_cgroups_work);
	cancel_work_sync(&pv_newcomers_work);
	list_for_each_entry_safe(newcomer, next, &pv_newcomers, node)
		kfree(newcomer);
}
