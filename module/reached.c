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
 * Notes that nobody asked for in a long time may be forgotten.
 */
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/hash.h>
#include <linux/kstrtox.h>
#include <linux/magic.h>
#include <linux/path.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "hooks.h"
#include "layers.h"
#include "reached.h"

/**
 * struct pv_reached - a note
 * @node: in its bucket
 * @rcu: for freeing after a grace period
 * @at: the address that it goes by
 * @path: what was there; no reference, and never followed
 * @how: how it is called, see layers.h
 *
 * Immutable once in a bucket.
 */
struct pv_reached {
	struct hlist_node node;
	struct rcu_head rcu;
	const struct path *at;
	struct path path;
	u64 how;
};

#define PV_REACHED_BITS		10
#define PV_REACHED_DEPTH	16

/* Readers hold rcu_read_lock(), writers the lock. */
static struct hlist_head pv_reached_table[1 << PV_REACHED_BITS];
static DEFINE_SPINLOCK(pv_reached_lock);

/* Notes in the table; written under the lock. */
static unsigned int pv_reached_count;

static struct hlist_head *pv_reached_bucket(const struct path *at)
{
	return &pv_reached_table[hash_ptr(at, PV_REACHED_BITS)];
}

/**
 * pv_reached_how - how does the process call a directory?
 * @at: where the path is kept, in a struct file or a struct fs_struct
 * @path: what was read there
 *
 * Context: any but NMI.
 * Return: what was noted, or %PV_BY_FIRST; see layers.h.
 */
u64 pv_reached_how(const struct path *at, const struct path *path)
{
	const struct pv_reached *note;
	u64 how = PV_BY_FIRST;

	if (likely(!READ_ONCE(pv_reached_count)))
		return how;
	rcu_read_lock();
	hlist_for_each_entry_rcu(note, pv_reached_bucket(at), node) {
		if (note->at != at)
			continue;
		if (path_equal(&note->path, path))
			how = note->how;
		break;
	}
	rcu_read_unlock();
	return how;
}

static void pv_reached_remove(struct pv_reached *note)
{
	lockdep_assert_held(&pv_reached_lock);
	hlist_del_rcu(&note->node);
	WRITE_ONCE(pv_reached_count, pv_reached_count - 1);
	kfree_rcu(note, rcu);
}

/* Remove what goes by @at, and the oldest if @room is needed. */
static void pv_reached_remove_at(const struct path *at, bool room)
{
	struct pv_reached *note, *last = NULL;
	struct hlist_node *next;
	int depth = 0;

	hlist_for_each_entry_safe(note, next, pv_reached_bucket(at), node) {
		if (note->at == at) {
			pv_reached_remove(note);
			continue;
		}
		last = note;
		depth++;
	}
	if (room && depth >= PV_REACHED_DEPTH)
		pv_reached_remove(last);
}

/* Takes @note. */
static void pv_reached_add(struct pv_reached *note, const struct path *at,
			   const struct path *path, u64 how)
{
	note->at = at;
	note->path = *path;
	note->how = how;
	spin_lock(&pv_reached_lock);
	pv_reached_remove_at(at, true);
	hlist_add_head_rcu(&note->node, pv_reached_bucket(at));
	WRITE_ONCE(pv_reached_count, pv_reached_count + 1);
	spin_unlock(&pv_reached_lock);
}

/**
 * pv_reached_note - a directory was come to
 * @at: where its path is kept
 * @how: how it is called, not %PV_BY_FIRST
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int pv_reached_note(const struct path *at, u64 how)
{
	struct pv_reached *note;

	if (pv_reached_how(at, at) == how)
		return 0;
	note = kmalloc(sizeof(*note), GFP_KERNEL_ACCOUNT);
	if (!note)
		return -ENOMEM;
	pv_reached_add(note, at, at, how);
	return 0;
}

/**
 * pv_reached_forget - a directory was come to by the first rule that leads there
 * @at: where its path is kept
 *
 * Context: process context.
 */
void pv_reached_forget(const struct path *at)
{
	if (likely(!READ_ONCE(pv_reached_count)))
		return;
	spin_lock(&pv_reached_lock);
	pv_reached_remove_at(at, false);
	spin_unlock(&pv_reached_lock);
}

/**
 * pv_reached_link_fd - which descriptor is a symbolic link of procfs for?
 * @link: the link; the caller sees to it that it stays
 *
 * Whose descriptor is not told: pv_reached_by_fd() finds out whether it can be
 * the running task's.
 *
 * Return: its number, %AT_FDCWD for a working directory, or %PV_NO_FD.
 */
int pv_reached_link_fd(const struct dentry *link)
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
 * pv_reached_by_fd - how does the process call where a link of procfs leads?
 * @fd: from pv_reached_link_fd()
 * @path: where the link leads
 *
 * Context: any in which the task's descriptors may be used.
 * Return: as pv_reached_how(), if @fd can be the running task's.
 */
u64 pv_reached_by_fd(int fd, const struct path *path)
{
	struct file *file;
	u64 how;

	if (likely(!READ_ONCE(pv_reached_count)) || fd == PV_NO_FD)
		return PV_BY_FIRST;
	if (fd == AT_FDCWD)
		return pv_reached_how(&current->fs->pwd, path);
	file = fget_raw(fd);
	if (!file)
		return PV_BY_FIRST;
	how = pv_reached_how(&file->f_path, path);
	fput(file);
	return how;
}

/* Stands for set_fs_pwd(): chdir, fchdir, setns. */
void pv_handle_set_pwd(struct fs_struct *fs, const struct path *path)
{
	u64 how;

	pv_call_begin();
	how = pv_reached_how(path, path);
	/* A change of the directory cannot fail any more. */
	if (how != PV_BY_FIRST)
		pv_reached_add(kmalloc(sizeof(struct pv_reached),
				       GFP_KERNEL_ACCOUNT | __GFP_NOFAIL),
			       &fs->pwd, path, how);
	else
		pv_reached_forget(&fs->pwd);
	pv_original_set_pwd(fs, path);
	pv_call_end();
}

/**
 * pv_reached_prepare - get ready for a child of the running task
 * @note: receives what pv_reached_inherit() takes: NULL if there is nothing to
 *	inherit
 *
 * Return: 0 or -ENOMEM.
 */
int pv_reached_prepare(struct pv_reached **note)
{
	struct path pwd;
	u64 how;

	*note = NULL;
	if (likely(!READ_ONCE(pv_reached_count)) || !current->fs)
		return 0;
	get_fs_pwd(current->fs, &pwd);
	how = pv_reached_how(&current->fs->pwd, &pwd);
	path_put(&pwd);
	if (how == PV_BY_FIRST)
		return 0;
	*note = kmalloc(sizeof(**note), GFP_KERNEL_ACCOUNT);
	if (!*note)
		return -ENOMEM;
	(*note)->how = how;
	return 0;
}

/**
 * pv_reached_inherit - let a child know how its working directory was come to
 * @note: from pv_reached_prepare(); taken
 * @child: the new task, which has not run yet, or an ERR_PTR if it could not be
 *	made
 */
void pv_reached_inherit(struct pv_reached *note, struct task_struct *child)
{
	const struct path *pwd;

	if (IS_ERR(child) || !child->fs || child->fs == current->fs) {
		kfree(note);
		return;
	}
	pwd = &child->fs->pwd;
	if (note)
		pv_reached_add(note, pwd, pwd, note->how);
	else
		pv_reached_forget(pwd);
}

/**
 * pv_reached_clear - forget all
 *
 * Context: may sleep.
 */
void pv_reached_clear(void)
{
	struct pv_reached *note;
	struct hlist_node *next;
	unsigned int i;

	if (!READ_ONCE(pv_reached_count))
		return;
	spin_lock(&pv_reached_lock);
	for (i = 0; i < ARRAY_SIZE(pv_reached_table); i++)
		hlist_for_each_entry_safe(note, next, &pv_reached_table[i],
					  node)
			pv_reached_remove(note);
	spin_unlock(&pv_reached_lock);
}
