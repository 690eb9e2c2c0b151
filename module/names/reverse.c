// SPDX-License-Identifier: GPL-2.0
/*
 * Telling: the handlers of what tells a process about paths.
 *
 * What d_path() says is translated back only while the process reads links and
 * maps of procfs: elsewhere the path goes into logs and to security modules,
 * which must know the real one.  What names mounts, in procfs and for statmount(2),
 * serves nothing else.
 */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "arch/calls.h"
#include "hook/hooks.h"
#include "hook/inflight.h"
#include "names/handlers.h"
#include "names/vpath.h"
#include "names/walk.h"
#include "process/layers.h"
#include "process/notes.h"
#include "process/process.h"
#include "process/root.h"
#include "process/route.h"
#include "process/standin.h"
#include "rules/reverse_match.h"
#include "rules/rule.h"

/*
 * From here to pv_telling_end() d_path() speaks to the running task.  @link_fd is
 * from pv_route_link_fd() if it is about a link.
 */
static void pv_telling_begin(struct pv_walk *walk, int link_fd)
{
	pv_call_begin();
	walk->link_fd = link_fd;
	walk->native = true;
	walk->reverse = true;
	pv_walk_enter(walk);
}

static void pv_telling_end(struct pv_walk *walk)
{
	pv_walk_leave(walk);
	pv_call_end();
}

/*
 * The same in place, without any room of ours, as far as the task has one table and its
 * directories the names that they have first; @name is what d_path() has put into @buf.
 * NULL if it takes more.
 */
static char *pv_tell_there(const struct path *path, char *name, char *buf)
{
	const struct pv_layers *layers;
	char *told = NULL;

	if (*name != '/')
		return name;
	if (!name[1] || pv_standin_is(path))
		return NULL;
	rcu_read_lock_sched();
	layers = pv_layers_current();
	if (!layers)
		told = name;
	else if (layers->home.mnt && pv_layers_at_home(layers))
		told = layers->tables[0]->no_reverse ? name :
		       pv_table_reverse_there(layers->tables[0], name, name - buf);
	rcu_read_unlock_sched();
	return told;
}

/*
 * Name @path to the running task in @buf, at its end: there the one name may fit
 * where the other does not.  Maps are shown under rcu_read_lock() by newer
 * kernels.
 */
static noinline char *pv_tell_at_length(const struct path *path, int link_fd,
					char *buf, int size)
{
	struct pv_start start = {
		.path = *path,
		.route = pv_route_by_fd(link_fd, path),
	};
	struct pv_vpath *vpath;
	char *name;
	size_t len;

	vpath = pv_vpath_alloc(GFP_ATOMIC | __GFP_NOWARN);
	if (!vpath)
		return ERR_PTR(-ENOMEM);
	name = pv_original_d_path(path, vpath->real, PATH_MAX);
	if (!IS_ERR(name) &&
	    pv_vpath_reverse(vpath, &start, name) != PV_REVERSED_NOTHING) {
		len = strlen(vpath->virtual) + 1;
		name = ERR_PTR(-ENAMETOOLONG);
		if (len <= size)
			name = memcpy(buf + size - len, vpath->virtual, len);
	} else {
		name = pv_original_d_path(path, buf, size);
	}
	pv_vpath_free(vpath);
	return name;
}

static char *pv_tell(const struct path *path, int link_fd, char *buf, int size)
{
	char *name = NULL;

	if (likely(link_fd == PV_NO_FD || !pv_notes_any())) {
		name = pv_original_d_path(path, buf, size);
		/* What does not fit may be shorter by a rule. */
		name = IS_ERR(name) ? NULL : pv_tell_there(path, name, buf);
	}
	return name ?: pv_tell_at_length(path, link_fd, buf, size);
}

/* Stands for d_path(). */
char *pv_handle_d_path(const struct path *path, char *buf, int size)
{
	struct pv_walk *walk;
	char *name;

	pv_call_begin();
	walk = pv_walk_now();
	if (unlikely(walk && walk->reverse))
		name = pv_tell(path, walk->link_fd, buf, size);
	else
		name = pv_original_d_path(path, buf, size);
	pv_call_end();
	return name;
}

/* Stands for proc_pid_readlink(): cwd, root, exe, fd/N, map_files/N. */
int pv_handle_readlink(struct dentry *dentry, char __user *buf, int size)
{
	struct pv_walk walk;
	int ret;

	pv_telling_begin(&walk, pv_route_link_fd(dentry));
	ret = pv_original_readlink(dentry, buf, size);
	pv_telling_end(&walk);
	return ret;
}

/* Stands for seq_path(): the names in maps, smaps, numa_maps. */
int pv_handle_seq_path(struct seq_file *m, const struct path *path,
		       const char *esc)
{
	struct pv_walk walk;
	int ret;

	pv_telling_begin(&walk, PV_NO_FD);
	ret = pv_original_seq_path(m, path, esc);
	pv_telling_end(&walk);
	return ret;
}

/*
 * These may be the mounts of another process.  Where that has another root directory, or
 * is in another namespace, what is told is no name that the reader could use.
 */
static bool pv_root_is_mine(const struct path *root)
{
	struct path mine;
	bool same;

	get_fs_root(current->fs, &mine);
	same = path_equal(&mine, root);
	path_put(&mine);
	return same;
}

/* Does it lie where the rules of the running task count?  A name alone does not tell. */
static bool pv_mount_counts(const struct path *path)
{
	struct pv_layers *layers = pv_layers_get_current();
	bool counts = layers && path_is_under(path, &layers->base->inner);

	pv_layers_put(layers);
	return counts;
}

/*
 * What the kernel calls the place of a mount, in @buf of PATH_MAX bytes.  That place is
 * not deleted, even if what is mounted there was deleted where it lies.
 */
static char *pv_mount_place(const struct path *path, char *buf)
{
	static const char mark[] = " (deleted)";
	char *name = pv_original_d_path(path, buf, PATH_MAX), *end;

	if (IS_ERR(name) || !d_unlinked(path->dentry))
		return name;
	end = name + strlen(name) - strlen(mark);
	if (end > name && !strcmp(end, mark))
		*end = '\0';
	return name;
}

/* Say the place of a mount in @virtual of @vpath; false if only the kernel says it right. */
static bool pv_reverse_mount(struct pv_vpath *vpath, const struct path *path)
{
	const struct pv_start start = {
		.path = *path,
		.route = PV_ROUTE_FIRST,
	};
	const char *name = pv_mount_place(path, vpath->real);

	return !IS_ERR(name) &&
	       pv_vpath_reverse(vpath, &start, name) == PV_REVERSED_OTHER &&
	       pv_mount_counts(path);
}

/* What is escaped is as the kernel escapes it; statmount() has nothing escaped. */
static void pv_seq_say(struct seq_file *m, const char *name, const char *esc)
{
	if (*esc)
		seq_escape(m, name, esc);
	else
		seq_puts(m, name);
}

/*
 * Stands for seq_path_root(): the places in mountinfo, mounts and mountstats, and what
 * statmount() says of them.  The kernel holds its table of mounts meanwhile, so nothing
 * here may walk.
 */
int pv_handle_seq_path_root(struct seq_file *m, const struct path *path,
			    const struct path *root, const char *esc)
{
	struct pv_vpath *vpath;
	int ret = -ENOMEM;

	pv_call_begin();
	vpath = pv_vpath_alloc(GFP_KERNEL);
	if (vpath && pv_root_is_mine(root) && pv_reverse_mount(vpath, path)) {
		pv_seq_say(m, vpath->virtual, esc);
		ret = 0;
	} else if (vpath) {
		ret = pv_original_seq_path_root(m, path, root, esc);
	}
	pv_vpath_free(vpath);
	pv_call_end();
	return ret;
}

/* Stands for procfs_procmap_ioctl(): the name of one mapping. */
long pv_handle_maps_query(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	struct pv_walk walk;
	long ret;

	pv_telling_begin(&walk, PV_NO_FD);
	ret = pv_original_maps_query(file, cmd, arg);
	pv_telling_end(&walk);
	return ret;
}

/* The kernel marks what is out of reach in a way of its own. */
static bool pv_reachable(const struct path *path)
{
	struct path root;
	bool reachable;

	get_fs_root(current->fs, &root);
	reachable = path_is_under(path, &root);
	path_put(&root);
	return reachable;
}

/* Say it in @virtual of @vpath; false if only the kernel's own getcwd() can. */
static bool pv_reverse_pwd(struct pv_vpath *vpath, const struct pv_start *pwd)
{
	enum pv_reversed told = PV_REVERSED_NOTHING;
	const char *name = pv_original_d_path(&pwd->path, vpath->real, PATH_MAX);

	/* If it was there when it was named, it has no mark in its name. */
	if (!IS_ERR(name) && !d_unlinked(pwd->path.dentry))
		told = pv_vpath_reverse(vpath, pwd, name);
	return told == PV_REVERSED_OTHER ||
	       (told == PV_REVERSED_SAME && pv_reachable(&pwd->path));
}

/* Returns 0 if the kernel's own getcwd() says it right. */
static long pv_getcwd(struct pv_vpath *vpath, char __user *buf,
		      unsigned long size)
{
	struct pv_start pwd;
	size_t len;
	bool told;

	get_fs_pwd(current->fs, &pwd.path);
	pwd.route = pv_route_of(&current->fs->pwd, &pwd.path);
	told = pv_reverse_pwd(vpath, &pwd);
	path_put(&pwd.path);
	if (!told)
		return 0;
	len = strlen(vpath->virtual) + 1;
	if (len > size)
		return -ERANGE;
	return copy_to_user(buf, vpath->virtual, len) ? -EFAULT : len;
}

/* Stands for getcwd(). */
static __always_inline long
pv_reverse_getcwd(const struct pt_regs *regs, unsigned long buf,
		  unsigned long size,
	       long (*original)(const struct pt_regs *regs))
{
	struct pv_vpath *vpath;
	long ret = -ENOMEM;

	pv_call_begin();
	vpath = pv_vpath_alloc(GFP_KERNEL);
	if (vpath)
		ret = pv_getcwd(vpath, (char __user *)buf, size) ?:
		      original(regs);
	pv_vpath_free(vpath);
	pv_call_end();
	return ret;
}

long pv_handle_getcwd(const struct pt_regs *regs)
{
	return pv_reverse_getcwd(regs, pv_arch_arg0(regs), pv_arch_arg1(regs),
				 pv_original_getcwd);
}

long pv_handle_compat_getcwd(const struct pt_regs *regs)
{
	return pv_reverse_getcwd(regs, pv_arch_compat_arg0(regs),
				 pv_arch_compat_arg1(regs),
				 pv_original_compat_getcwd);
}
