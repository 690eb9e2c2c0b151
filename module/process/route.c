// SPDX-License-Identifier: GPL-2.0
/*
 * Reached.
 *
 * A directory below NEW has two names for an attached process: by way of
 * ORIGINAL, and what it really is called; with two rules that lead there it has
 * three.  Where ".." leads from there and what getcwd() says depends on which of
 * them was used, and a struct path does not tell.  That it was the first rule
 * that leads there is taken for granted; this is where all else is noted.
 *
 * A note goes by the address of the struct path in a struct file or a struct
 * fs_struct, and counts only while that holds the directory that was noted.
 * Nobody tells us when either goes, so a note may outlast it; whoever comes to a
 * directory anew, at the same address, settles it anew.  Between the walk and
 * the chdir() that asked for it the address is that of the caller's variable.
 *
 * Each process has notes of its own, at most PV_NOTES_MAX of them; then its
 * oldest go.  A child begins with those of its parent, and shares them until one
 * of the two has something else to note.
 */
#include <linux/atomic.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/hash.h>
#include <linux/kstrtox.h>
#include <linux/log2.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/path.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "hook/hooks.h"
#include "process/layers.h"
#include "process/process.h"
#include "process/route.h"

/* No note. */
#define PV_NO_NOTE		U16_MAX

#define PV_NOTES_MIN		16
#define PV_NOTES_MAX		4096

/**
 * struct pv_note - a note
 * @at: the address that it goes by, or NULL if there is none
 * @path: what was there; no reference, and never followed
 * @route: how it is called, see layers.h
 * @next: the next one in its bucket, or that is free
 */
struct pv_note {
	const struct path *at;
	struct path path;
	pv_route_t route;
	u16 next;
};

/**
 * struct pv_notes - the notes of a process
 * @refs: processes that share them
 * @rcu: for freeing after a grace period
 * @lock: guards all that follows; held for a few instructions
 * @max: for how many there is room; a power of two
 * @oldest: the one to go if there is no room left
 * @free: the first one that is free, or PV_NO_NOTE
 * @notes: the notes
 * @buckets: @max of them: the first note of each, or PV_NO_NOTE
 */
struct pv_notes {
	refcount_t refs;
	struct rcu_head rcu;
	raw_spinlock_t lock;
	u16 max;
	u16 oldest;
	u16 free;
	struct pv_note *notes;
	u16 buckets[];
};

/* How many there are of them; mostly none. */
static atomic_t pv_nr_notes = ATOMIC_INIT(0);

static u16 *pv_notes_bucket(struct pv_notes *notes, const struct path *at)
{
	return &notes->buckets[hash_ptr(at, ilog2(notes->max))];
}

static struct pv_notes *pv_notes_alloc(u16 max, gfp_t gfp)
{
	size_t buckets = sizeof(struct pv_notes) + max * sizeof(u16);
	struct pv_notes *notes;
	u16 i;

	buckets = ALIGN(buckets, sizeof(u64));
	notes = kvmalloc(buckets + max * sizeof(struct pv_note), gfp);
	if (!notes)
		return NULL;
	refcount_set(&notes->refs, 1);
	raw_spin_lock_init(&notes->lock);
	notes->max = max;
	notes->oldest = 0;
	notes->free = 0;
	notes->notes = (void *)notes + buckets;
	for (i = 0; i < max; i++) {
		notes->buckets[i] = PV_NO_NOTE;
		notes->notes[i].at = NULL;
		notes->notes[i].next = i + 1 < max ? i + 1 : PV_NO_NOTE;
	}
	atomic_inc(&pv_nr_notes);
	return notes;
}

/**
 * pv_notes_put - a process needs its notes no longer
 * @notes: the notes, or NULL
 *
 * Context: any in which kvfree_rcu() may be called.
 */
void pv_notes_put(struct pv_notes *notes)
{
	if (!notes || !refcount_dec_and_test(&notes->refs))
		return;
	atomic_dec(&pv_nr_notes);
	kvfree_rcu(notes, rcu);
}

static struct pv_note *pv_notes_find(struct pv_notes *notes,
				     const struct path *at)
{
	u16 i = *pv_notes_bucket(notes, at);

	lockdep_assert_held(&notes->lock);
	for (; i != PV_NO_NOTE; i = notes->notes[i].next)
		if (notes->notes[i].at == at)
			return &notes->notes[i];
	return NULL;
}

static void pv_notes_remove(struct pv_notes *notes, struct pv_note *note)
{
	u16 *link = pv_notes_bucket(notes, note->at), i = note - notes->notes;

	while (*link != i)
		link = &notes->notes[*link].next;
	*link = note->next;
	note->at = NULL;
	note->next = notes->free;
	notes->free = i;
}

/* False if there is no room left, and more can be made. */
static bool pv_notes_insert(struct pv_notes *notes, const struct pv_note *from)
{
	struct pv_note *note = pv_notes_find(notes, from->at);
	u16 *bucket = pv_notes_bucket(notes, from->at);

	if (note) {
		note->path = from->path;
		note->route = from->route;
		return true;
	}
	if (notes->free == PV_NO_NOTE) {
		if (notes->max < PV_NOTES_MAX)
			return false;
		pv_notes_remove(notes, &notes->notes[notes->oldest]);
		notes->oldest = (notes->oldest + 1) % notes->max;
	}
	note = &notes->notes[notes->free];
	notes->free = note->next;
	*note = *from;
	note->next = *bucket;
	*bucket = note - notes->notes;
	return true;
}

/* @to is large enough. */
static void pv_notes_copy(struct pv_notes *to, struct pv_notes *from)
{
	u16 i;

	/* Nobody else knows @to yet. */
	raw_spin_lock(&from->lock);
	raw_spin_lock_nested(&to->lock, SINGLE_DEPTH_NESTING);
	for (i = 0; i < from->max; i++)
		if (from->notes[i].at)
			pv_notes_insert(to, &from->notes[i]);
	raw_spin_unlock(&to->lock);
	raw_spin_unlock(&from->lock);
}

/*
 * How large must notes be that can take the place of those of @process, so that
 * they are its own and have room for one more?  0 if those it has will do.
 */
static u16 pv_notes_wanted(struct pv_process *process)
{
	struct pv_notes *notes;
	u16 max = PV_NOTES_MIN;

	rcu_read_lock();
	notes = rcu_dereference(process->notes);
	if (notes) {
		raw_spin_lock(&notes->lock);
		max = notes->max;
		if (notes->free == PV_NO_NOTE && max < PV_NOTES_MAX)
			max *= 2;
		else if (refcount_read(&notes->refs) == 1)
			max = 0;
		raw_spin_unlock(&notes->lock);
	}
	rcu_read_unlock();
	return max;
}

/* Let @fresh take their place, unless another thread has been faster. */
static void pv_notes_install(struct pv_process *process, struct pv_notes *fresh)
{
	struct pv_notes *old;

	raw_spin_lock(&process->notes_lock);
	old = rcu_dereference_protected(process->notes,
					lockdep_is_held(&process->notes_lock));
	if (!old || old->max <= fresh->max) {
		if (old)
			pv_notes_copy(fresh, old);
		rcu_assign_pointer(process->notes, fresh);
		fresh = old;
	}
	raw_spin_unlock(&process->notes_lock);
	pv_notes_put(fresh);
}

/* Notes that are the process's own, with room for one more.  0 or -ENOMEM. */
static int pv_notes_make(struct pv_process *process, gfp_t gfp)
{
	struct pv_notes *fresh;
	u16 max = pv_notes_wanted(process);

	if (!max)
		return 0;
	fresh = pv_notes_alloc(max, gfp);
	if (!fresh)
		return -ENOMEM;
	pv_notes_install(process, fresh);
	return 0;
}

/* 0 or -ENOMEM. */
static int pv_notes_add(struct pv_process *process, const struct pv_note *note,
			gfp_t gfp)
{
	struct pv_notes *notes;
	bool done;
	int err;

	do {
		err = pv_notes_make(process, gfp);
		if (err)
			return err;
		rcu_read_lock();
		notes = rcu_dereference(process->notes);
		raw_spin_lock(&notes->lock);
		done = pv_notes_insert(notes, note);
		raw_spin_unlock(&notes->lock);
		rcu_read_unlock();
	} while (!done);
	return 0;
}

/* What the notes of @process say of @at. */
static bool pv_notes_get(const struct pv_process *process,
			 const struct path *at, struct pv_note *copy)
{
	const struct pv_note *note = NULL;
	struct pv_notes *notes;

	notes = rcu_dereference_check(process->notes,
				      rcu_read_lock_sched_held());
	if (!notes)
		return false;
	raw_spin_lock(&notes->lock);
	note = pv_notes_find(notes, at);
	if (note)
		*copy = *note;
	raw_spin_unlock(&notes->lock);
	return note;
}

/**
 * pv_route_of - how does the process call a directory?
 * @at: where the path is kept, in a struct file or a struct fs_struct
 * @path: what was read there
 *
 * Context: any but NMI.
 * Return: what was noted, or %PV_ROUTE_FIRST; see layers.h.
 */
pv_route_t pv_route_of(const struct path *at, const struct path *path)
{
	const struct pv_process *process;
	pv_route_t route = PV_ROUTE_FIRST;
	struct pv_note note;

	if (likely(!atomic_read(&pv_nr_notes)))
		return route;
	rcu_read_lock_sched();
	process = pv_process_current();
	if (process && pv_notes_get(process, at, &note) &&
	    path_equal(&note.path, path))
		route = note.route;
	rcu_read_unlock_sched();
	return route;
}

/* Say of @at, which holds @path, that it is called by @route.  0 or -ENOMEM. */
static int pv_route_say(const struct path *at, const struct path *path,
			pv_route_t route, gfp_t gfp)
{
	const struct pv_note note = { .at = at, .path = *path, .route = route };
	struct pv_process *process;
	int err = 0;

	if (pv_route_of(at, path) == route)
		return 0;
	process = pv_process_get_current();
	/* Without it nobody asks. */
	if (process)
		err = pv_notes_add(process, &note, gfp);
	pv_process_put(process);
	return err;
}

/**
 * pv_route_note - a directory was come to
 * @at: where its path is kept
 * @route: how it is called
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int pv_route_note(const struct path *at, pv_route_t route)
{
	return pv_route_say(at, at, route, GFP_KERNEL_ACCOUNT);
}

/**
 * pv_route_link_fd - which descriptor is a symbolic link of procfs for?
 * @link: the link; the caller sees to it that it stays
 *
 * Whose descriptor is not told: pv_route_by_fd() finds out whether it can be
 * the running task's.
 *
 * Return: its number, %AT_FDCWD for a working directory, or %PV_NO_FD.
 */
int pv_route_link_fd(const struct dentry *link)
{
	const char *name = (const char *)link->d_name.name;
	int fd;

	if (link->d_sb->s_magic != PROC_SUPER_MAGIC)
		return PV_NO_FD;
	if (!strcmp(name, "cwd"))
		return AT_FDCWD;
	if (strcmp((const char *)link->d_parent->d_name.name, "fd") ||
	    kstrtoint(name, 10, &fd) || fd < 0)
		return PV_NO_FD;
	return fd;
}

/**
 * pv_route_by_fd - how does the process call where a link of procfs leads?
 * @fd: from pv_route_link_fd()
 * @path: where the link leads
 *
 * Context: any in which the task's descriptors may be used.
 * Return: as pv_route_of(), if @fd can be the running task's.
 */
pv_route_t pv_route_by_fd(int fd, const struct path *path)
{
	struct file *file;
	pv_route_t route;

	if (likely(!atomic_read(&pv_nr_notes)) || fd == PV_NO_FD)
		return PV_ROUTE_FIRST;
	if (fd == AT_FDCWD)
		return pv_route_of(&current->fs->pwd, path);
	file = fget_raw(fd);
	if (!file)
		return PV_ROUTE_FIRST;
	route = pv_route_of(&file->f_path, path);
	fput(file);
	return route;
}

/* Stands for set_fs_pwd(): chdir, fchdir, setns. */
void pv_handle_set_pwd(struct fs_struct *fs, const struct path *path)
{
	pv_call_begin();
	/* A change of the directory cannot fail any more. */
	if (fs == current->fs)
		pv_route_say(&fs->pwd, path, pv_route_of(path, path),
			     GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
	pv_original_set_pwd(fs, path);
	pv_call_end();
}

/* How the running task's working directory was come to. */
static pv_route_t pv_route_of_pwd(void)
{
	struct path pwd;
	pv_route_t route;

	if (likely(!atomic_read(&pv_nr_notes)) || !current->fs)
		return PV_ROUTE_FIRST;
	get_fs_pwd(current->fs, &pwd);
	route = pv_route_of(&current->fs->pwd, &pwd);
	path_put(&pwd);
	return route;
}

/**
 * pv_route_prepare - get ready for a child of the running task
 * @heir: the child's process, which nobody knows yet, or NULL for a thread
 * @flags: CLONE_ flags
 *
 * Return: 0 or -ENOMEM.
 */
int pv_route_prepare(struct pv_process *heir, u64 flags)
{
	struct pv_process *process;
	struct pv_notes *notes;

	if (likely(!atomic_read(&pv_nr_notes)) || !heir)
		return 0;
	process = pv_process_get_current();
	if (!process)
		return 0;
	rcu_read_lock();
	notes = rcu_dereference(process->notes);
	if (notes && refcount_inc_not_zero(&notes->refs))
		rcu_assign_pointer(heir->notes, notes);
	rcu_read_unlock();
	pv_process_put(process);
	/* Its working directory is kept at another address. */
	if (flags & CLONE_FS || pv_route_of_pwd() == PV_ROUTE_FIRST)
		return 0;
	return pv_notes_make(heir, GFP_KERNEL_ACCOUNT);
}

/**
 * pv_route_inherit - let a child know how its working directory was come to
 * @heir: the same as for pv_route_prepare()
 * @child: the new task, which has not run yet, or an ERR_PTR if it could not be
 *	made
 */
void pv_route_inherit(struct pv_process *heir, struct task_struct *child)
{
	const struct path *pwd;
	struct pv_note note;

	if (likely(!atomic_read(&pv_nr_notes)) || IS_ERR(child) || !child->fs ||
	    child->fs == current->fs)
		return;
	pwd = &child->fs->pwd;
	note = (struct pv_note) {
		.at = pwd,
		.path = *pwd,
		.route = pv_route_of_pwd(),
	};
	if (!heir)
		pv_route_say(pwd, pwd, note.route,
			     GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
	else if (note.route != PV_ROUTE_FIRST)
		pv_notes_add(heir, &note, GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
}
