// SPDX-License-Identifier: GPL-2.0
/*
 * Sites: every function of the kernel that is hooked, with its handler, and every
 * tracepoint that is listened to.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "arch/calls.h"
#include "compat.h"
#include "hook/hooks.h"
#include "names/handlers.h"
#include "names/sites.h"
#include "process/cgroup.h"
#include "process/inherit.h"
#include "process/tree.h"

/*
 * The three functions that take a struct filename into a walk see every name
 * that a process hands in: they are where all of the getname family ends.  Those
 * around d_path and getcwd tell a process about paths, aa_path_name tells AppArmor,
 * iterate_dir lists directories.  The others, but for
 * copy_process, are calls that take several names.  The most
 * frequent come first.  The walk hooks, which see where a walk begins and symbolic
 * links, are those that may be left out: what is static in fs/ has no header to
 * ask for its name.
 */
static struct pv_site pv_sites[] = {
	[PV_SITE_OPEN]		 = { "do_file_open", pv_handle_open,
				     .other = "do_filp_open",
				     .takes_names = true },
	[PV_SITE_LOOKUP]	 = { "filename_lookup", pv_handle_lookup,
				     .takes_names = true },
	[PV_SITE_PARENT]	 = { "__filename_parentat", pv_handle_parent,
				     .takes_names = true },
	[PV_SITE_START]		 = { "path_init", pv_handle_start,
				     .optional = true },
	[PV_SITE_STEP]		 = { "step_into", pv_handle_step,
				     .other = "pick_link", .optional = true },
	[PV_SITE_ITERATE]	 = { "iterate_dir", pv_handle_iterate },
	[PV_SITE_D_PATH]	 = { "d_path", pv_handle_d_path },
	[PV_SITE_READLINK]	 = { "proc_pid_readlink", pv_handle_readlink },
	[PV_SITE_SEQ_PATH]	 = { "seq_path", pv_handle_seq_path },
	[PV_SITE_SEQ_PATH_ROOT]	 = { "seq_path_root", pv_handle_seq_path_root },
	[PV_SITE_MAPS_QUERY]	 = { PV_SYMBOL_MAPS_QUERY,
				     pv_handle_maps_query },
	[PV_SITE_RENAME]	 = { "filename_renameat2", pv_handle_rename,
				     .other = "do_renameat2" },
	[PV_SITE_INODE_RENAME]	 = { "security_inode_rename",
				     pv_handle_inode_rename },
	[PV_SITE_LINK]		 = { "filename_linkat", pv_handle_link,
				     .other = "do_linkat" },
	[PV_SITE_FORK]		 = { "copy_process", pv_handle_fork },
	[PV_SITE_GETCWD]	 = { PV_SYS(getcwd), pv_handle_getcwd },
	[PV_SITE_APPARMOR_NAME]	 = { PV_SYMBOL_APPARMOR_NAME,
				     pv_handle_apparmor_name },
	[PV_SITE_SET_ROOT]	 = { "set_fs_root", pv_handle_set_root },
	[PV_SITE_SET_PWD]	 = { "set_fs_pwd", pv_handle_set_pwd },
	[PV_SITE_EXECVE]	 = { PV_SYS(execve), pv_handle_execve },
	[PV_SITE_EXECVEAT]	 = { PV_SYS(execveat), pv_handle_execveat },
	[PV_SITE_MOUNT]		 = { PV_SYS(mount), pv_handle_mount },
	[PV_SITE_MOVE_MOUNT]	 = { PV_SYS(move_mount), pv_handle_move_mount },
	[PV_SITE_PIVOT_ROOT]	 = { PV_SYS(pivot_root), pv_handle_pivot_root },
	[PV_SITE_COMPAT_GETCWD]	 = { PV_COMPAT_GETCWD,
				     pv_handle_compat_getcwd },
	[PV_SITE_COMPAT_EXECVE]	 = { PV_COMPAT_EXECVE,
				     pv_handle_compat_execve },
	[PV_SITE_COMPAT_EXECVEAT] = { PV_COMPAT_EXECVEAT,
				      pv_handle_compat_execveat },
	[PV_SITE_COMPAT_MOUNT]	 = { PV_COMPAT_MOUNT, pv_handle_compat_mount },
	[PV_SITE_COMPAT_MOVE_MOUNT] = { PV_COMPAT_MOVE_MOUNT,
					pv_handle_compat_move_mount },
	[PV_SITE_COMPAT_PIVOT_ROOT] = { PV_COMPAT_PIVOT_ROOT,
					pv_handle_compat_pivot_root },
};

static_assert(ARRAY_SIZE(pv_sites) <= PV_MAX_SITES);

static void pv_probe_fork(void *data, struct task_struct *parent,
			  struct task_struct *child)
{
	pv_process_fork(parent, child);
	/* It may have been cloned into another cgroup. */
	if (!same_thread_group(parent, child))
		pv_cgroup_note(child, child);
}

static void pv_probe_exec(void *data, struct task_struct *task, pid_t old_pid,
			  struct linux_binprm *bprm)
{
	pv_process_exec(task);
	/* The thread that leads it now may be in another cgroup. */
	pv_cgroup_note(task, task);
}

static void pv_probe_exit(void *data, PV_TRACE_EXIT_ARGS)
{
	if (atomic_read(&task->signal->live)) {
		/* Another one says then in which cgroup they are. */
		if (thread_group_leader(task))
			pv_cgroup_note(task, task);
		return;
	}
	/* Whoever is just walking the tree learns of its children before it is forgotten. */
	pv_tree_note_exit(task);
	pv_process_exit(task);
}

static void pv_probe_cgroup_attach(void *data, struct cgroup *cgroup,
				   const char *path, struct task_struct *task,
				   bool threadgroup)
{
	pv_cgroup_note(task, current);
}

static void pv_probe_cgroup_rmdir(void *data, struct cgroup *cgroup,
				  const char *path)
{
	pv_cgroup_removed(cgroup);
}

static struct pv_event_site pv_event_sites[] = {
	{ "sched_process_fork", pv_probe_fork },
	{ "sched_process_exec", pv_probe_exec },
	{ "sched_process_exit", pv_probe_exit },
	{ "cgroup_attach_task", pv_probe_cgroup_attach, .on_request = true },
	{ "cgroup_rmdir", pv_probe_cgroup_rmdir, .on_request = true },
};

/**
 * pv_sites_init - find all that is to be hooked
 *
 * Context: module load.
 * Return: as pv_hooks_init(), whose uninit undoes it.
 */
int __init pv_sites_init(void)
{
	return pv_hooks_init(pv_sites, ARRAY_SIZE(pv_sites),
			     pv_event_sites, ARRAY_SIZE(pv_event_sites));
}
