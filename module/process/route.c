// SPDX-License-Identifier: GPL-2.0
/*
 * Routes.
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
 */
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/kstrtox.h>
#include <linux/magic.h>
#include <linux/path.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "process/layers.h"
#include "process/notes.h"
#include "process/process.h"
#include "process/route.h"

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

	if (!pv_notes_any())
		return route;
	rcu_read_lock_sched();
	process = pv_process_current();
	if (process && pv_notes_get(&process->notes, at, &note) &&
	    path_equal(&note.path, path))
		route = note.route;
	rcu_read_unlock_sched();
	return route;
}

/**
 * pv_route_say - say by which route a directory was reached
 * @at: where its path is kept, or will be
 * @path: what is kept there
 * @route: how it is called
 * @gfp: what room is made with
 *
 * Return: 0 or -ENOMEM.
 */
int pv_route_say(const struct path *at, const struct path *path,
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
		err = pv_notes_add(&process->notes, &note, gfp);
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
	/* What is called first where nothing is noted needs no note. */
	if (route == PV_ROUTE_FIRST && !pv_notes_any())
		return 0;
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

	if (!pv_notes_any() || fd == PV_NO_FD)
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

/* How the running task's working directory was come to. */
static pv_route_t pv_route_of_pwd(void)
{
	struct path pwd;
	pv_route_t route;

	if (!pv_notes_any() || !current->fs)
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

	if (!pv_notes_any() || !heir)
		return 0;
	process = pv_process_get_current();
	if (!process)
		return 0;
	pv_notes_share(&heir->notes, &process->notes);
	pv_process_put(process);
	/* Its working directory is kept at another address. */
	if (flags & CLONE_FS || pv_route_of_pwd() == PV_ROUTE_FIRST)
		return 0;
	return pv_notes_make(&heir->notes, GFP_KERNEL_ACCOUNT);
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

	if (!pv_notes_any() || IS_ERR(child) || !child->fs ||
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
		pv_notes_add(&heir->notes, &note, GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
}
