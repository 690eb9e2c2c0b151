/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hooks: where the kernel is intercepted, how, and the way past a hook.
 */
#ifndef _PV_HOOKS_H
#define _PV_HOOKS_H

#include <linux/kprobes.h>
#include <linux/types.h>

#include "hook/sites.h"

struct dentry;
struct dir_context;
struct file;
struct filename;
struct fs_struct;
struct inode;
struct kernel_clone_args;
struct mnt_namespace;
struct nameidata;
struct ns_common;
struct path;
struct pid;
struct pt_regs;
struct pv_open_flags;
struct qstr;
struct seq_file;
struct task_struct;
struct tracepoint;

/*
 * The functions themselves, entered past their hooks (original.S); a handler is declared by
 * its original.  An argument that one has behind these on a new kernel may stand here for
 * all kernels: what hook and original hand on are registers, and where there is no such
 * argument nobody looks at them.
 */
struct file *pv_original_open(int dfd, struct filename *name,
			      const struct pv_open_flags *op);
int pv_original_lookup(int dfd, struct filename *name, unsigned int flags,
		       struct path *path, const struct path *root);
int pv_original_parent(int dfd, struct filename *name, unsigned int flags,
		       struct path *parent, struct qstr *last, int *type,
		       const struct path *root);
const char *pv_original_start(struct nameidata *nd, unsigned int flags);
const char *pv_original_step(struct nameidata *nd, unsigned long a,
			     unsigned long b, unsigned long c);
int pv_original_iterate(struct file *file, struct dir_context *ctx);
char *pv_original_d_path(const struct path *path, char *buf, int size);
int pv_original_readlink(struct dentry *dentry, char __user *buf, int size);
int pv_original_seq_path(struct seq_file *m, const struct path *path,
			 const char *esc);
int pv_original_seq_path_root(struct seq_file *m, const struct path *path,
			      const struct path *root, const char *esc);
long pv_original_maps_query(struct file *file, unsigned int cmd,
			    unsigned long arg);
int pv_original_rename(int olddfd, struct filename *from, int newdfd,
		       struct filename *to, unsigned int flags);
int pv_original_inode_rename(struct inode *old_dir, struct dentry *old,
			     struct inode *new_dir, struct dentry *new,
			     unsigned int flags);
int pv_original_link(int olddfd, struct filename *old, int newdfd,
		     struct filename *new, int flags);
struct task_struct *pv_original_fork(struct pid *pid, int trace, int node,
				     struct kernel_clone_args *args);
long pv_original_getcwd(const struct pt_regs *regs);
int pv_original_apparmor_name(const struct path *path, int flags, char *buffer,
			      const char **name, const char **info,
			      const char *disconnected);
void pv_original_set_root(struct fs_struct *fs, const struct path *path);
void pv_original_set_pwd(struct fs_struct *fs, const struct path *path);
long pv_original_execve(const struct pt_regs *regs);
long pv_original_execveat(const struct pt_regs *regs);
long pv_original_mount(const struct pt_regs *regs);
long pv_original_move_mount(const struct pt_regs *regs);
long pv_original_pivot_root(const struct pt_regs *regs);
long pv_original_compat_getcwd(const struct pt_regs *regs);
long pv_original_compat_execve(const struct pt_regs *regs);
long pv_original_compat_execveat(const struct pt_regs *regs);
long pv_original_compat_mount(const struct pt_regs *regs);
long pv_original_compat_move_mount(const struct pt_regs *regs);
long pv_original_compat_pivot_root(const struct pt_regs *regs);

/**
 * pv_lookup - look a name up where the kernel finds it
 * @dfd: the directory that it is relative to
 * @name: the name
 * @flags: LOOKUP_x
 * @path: receives what it leads to, a reference
 * @root: the root directory, or NULL for the running task's
 *
 * Context: as filename_lookup().
 * Return: 0 or an error.
 */
static inline int pv_lookup(int dfd, struct filename *name, unsigned int flags,
			    struct path *path, const struct path *root)
{
	return pv_original_lookup(dfd, name, flags, path, root);
}

/* Functions of the kernel that are not exported. */
bool pv_ptrace_may_access(struct task_struct *task, unsigned int mode);
struct pid *pv_pidfd_pid(const struct file *file);
struct file *pv_open_root(const struct path *root, const char *name,
			  const struct pv_open_flags *op);
int pv_path_link(struct dentry *old, const struct path *dir,
		 struct dentry *new);
void pv_audit_inode(struct filename *name, const struct dentry *dentry,
		    unsigned int flags);
void pv_put_task_stack(struct task_struct *task);
char *pv_absolute_path(const struct path *path, char *buf, int size);
struct ns_common *pv_from_mnt_ns(struct mnt_namespace *mounts);
int pv_security_sb_mount(const char *device, const struct path *path,
			 const char *type, unsigned long flags, void *data);

/* Whether links are looked at: by hook= and by what the self-test has found. */
extern bool pv_links_followed;
/* Whether walks may begin at NEW: by hook= and by what the self-test has found. */
extern bool pv_starts_taken;
/* Whether the walk hook sees links only, not each step to a component. */
extern bool pv_links_picked;

/**
 * struct pv_site - a function that is hooked
 * @symbol: its name, or NULL if kernels of this version have no such function
 * @handler: what attached processes run instead
 * @other: its name in kernels that do not have @symbol, or NULL
 * @optional: it may be missing, and is left alone with hook=name
 * @takes_names: a name goes into a walk there, so that without= may leave it out
 * @addr: where it is hooked, or NULL if this kernel has no such function or it
 *	is not to be hooked
 * @kprobe: the hook, with probe=kprobe; registered while it is armed.  Not any
 *	longer: a probe that rides on ftrace has no copy of the instruction, so a
 *	trap that finds it (pv_arch_trapped()) would go on at address 0.
 */
struct pv_site {
	const char *symbol;
	void *handler;
	const char *other;
	bool optional;
	bool takes_names;
	kprobe_opcode_t *addr;
	struct kprobe kprobe;
};

/**
 * struct pv_event_site - a tracepoint that is listened to
 * @name: its name
 * @handler: what it calls, with NULL as its data
 * @on_request: only while somebody needs it, see pv_hooks_listen()
 * @tracepoint: found by the name
 * @armed: it is listened to
 */
struct pv_event_site {
	const char *name;
	void *handler;
	bool on_request;
	struct tracepoint *tracepoint;
	bool armed;
};

int pv_hooks_init(struct pv_site *sites, unsigned int nr,
		  struct pv_event_site *event_sites, unsigned int nr_events);
void pv_hooks_uninit(void);
int pv_hooks_arm(void);
void pv_hooks_disarm(void);
int pv_hooks_listen(bool on);

const char *pv_site_symbol(unsigned int site);
bool pv_site_used(unsigned int site);
bool pv_hooks_armed(void);
void pv_hooks_follow_links(bool proved);
void pv_hooks_take_starts(bool proved);
const char *pv_hooks_way(void);
const char *pv_hooks_probe(void);
const char *pv_hooks_symbol(unsigned int site);

#endif /* _PV_HOOKS_H */
