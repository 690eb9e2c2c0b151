/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hooks: where the kernel is intercepted, how, and the way past a hook.
 */
#ifndef _PV_HOOKS_H
#define _PV_HOOKS_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "hook/sites.h"

struct dentry;
struct file;
struct filename;
struct fs_struct;
struct inode;
struct kernel_clone_args;
struct nameidata;
struct path;
struct pid;
struct pt_regs;
struct pv_open_flags;
struct qstr;
struct seq_file;
struct task_struct;

/* The handlers, each with the arguments of the function that it stands for. */
struct file *pv_handle_open(int dfd, struct filename *name,
			    const struct pv_open_flags *op);
int pv_handle_lookup(int dfd, struct filename *name, unsigned int flags,
		     struct path *path, const struct path *root);
int pv_handle_parent(int dfd, struct filename *name, unsigned int flags,
		     struct path *parent, struct qstr *last, int *type,
		     const struct path *root);
const char *pv_handle_start(struct nameidata *nd, unsigned int flags);
const char *pv_handle_step(struct nameidata *nd, unsigned long a,
			   unsigned long b, unsigned long c);
char *pv_handle_d_path(const struct path *path, char *buf, int size);
int pv_handle_readlink(struct dentry *dentry, char __user *buf, int size);
int pv_handle_seq_path(struct seq_file *m, const struct path *path,
		       const char *esc);
long pv_handle_maps_query(struct file *file, unsigned int cmd,
			  unsigned long arg);
int pv_handle_rename(int olddfd, struct filename *from, int newdfd,
		     struct filename *to, unsigned int flags);
int pv_handle_inode_rename(struct inode *old_dir, struct dentry *old,
			   struct inode *new_dir, struct dentry *new,
			   unsigned int flags);
int pv_handle_link(int olddfd, struct filename *old, int newdfd,
		   struct filename *new, int flags);
struct task_struct *pv_handle_fork(struct pid *pid, int trace, int node,
				   struct kernel_clone_args *args);
long pv_handle_getcwd(const struct pt_regs *regs);
void pv_handle_set_root(struct fs_struct *fs, const struct path *path);
void pv_handle_set_pwd(struct fs_struct *fs, const struct path *path);
long pv_handle_execve(const struct pt_regs *regs);
long pv_handle_execveat(const struct pt_regs *regs);
long pv_handle_mount(const struct pt_regs *regs);
long pv_handle_move_mount(const struct pt_regs *regs);
long pv_handle_pivot_root(const struct pt_regs *regs);
long pv_handle_ia32_getcwd(const struct pt_regs *regs);
long pv_handle_ia32_execve(const struct pt_regs *regs);
long pv_handle_ia32_execveat(const struct pt_regs *regs);
long pv_handle_ia32_mount(const struct pt_regs *regs);
long pv_handle_ia32_move_mount(const struct pt_regs *regs);
long pv_handle_ia32_pivot_root(const struct pt_regs *regs);

/* The functions themselves, entered past their hooks (original.S). */
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
char *pv_original_d_path(const struct path *path, char *buf, int size);
int pv_original_readlink(struct dentry *dentry, char __user *buf, int size);
int pv_original_seq_path(struct seq_file *m, const struct path *path,
			 const char *esc);
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
void pv_original_set_root(struct fs_struct *fs, const struct path *path);
void pv_original_set_pwd(struct fs_struct *fs, const struct path *path);
long pv_original_execve(const struct pt_regs *regs);
long pv_original_execveat(const struct pt_regs *regs);
long pv_original_mount(const struct pt_regs *regs);
long pv_original_move_mount(const struct pt_regs *regs);
long pv_original_pivot_root(const struct pt_regs *regs);
long pv_original_ia32_getcwd(const struct pt_regs *regs);
long pv_original_ia32_execve(const struct pt_regs *regs);
long pv_original_ia32_execveat(const struct pt_regs *regs);
long pv_original_ia32_mount(const struct pt_regs *regs);
long pv_original_ia32_move_mount(const struct pt_regs *regs);
long pv_original_ia32_pivot_root(const struct pt_regs *regs);

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

/* Where original.S goes, and who handles a site; set before the first call. */
extern unsigned long pv_targets[PV_NR_TARGETS];
extern void *pv_handlers[PV_MAX_SITES];

/* Whether links are looked at: by hook= and by what the proof has found. */
extern bool pv_links_followed;
/* Whether walks may begin at NEW: by hook= and by what the proof has found. */
extern bool pv_starts_taken;
/* Whether the walk hook sees links only, not each step to a component. */
extern bool pv_links_picked;

/* Calls that are inside of a handler; the sum over all CPUs counts. */
DECLARE_PER_CPU(long, pv_calls);

/* Someone waits for the last of them; see pv_release() in process.c. */
extern bool pv_draining;
void pv_release_now(void);

/**
 * pv_call_begin - a handler has been entered
 *
 * Until pv_call_end() the module stays.
 */
static __always_inline void pv_call_begin(void)
{
	this_cpu_inc(pv_calls);
}

/**
 * pv_call_end - a handler is about to return
 *
 * Context: what comes after it must not sleep before it has left the module.
 */
static __always_inline void pv_call_end(void)
{
	this_cpu_dec(pv_calls);
	if (unlikely(READ_ONCE(pv_draining)))
		pv_release_now();
}

int pv_hooks_init(void);
void pv_hooks_uninit(void);
int pv_hooks_arm(void);
void pv_hooks_disarm(void);

const char *pv_site_symbol(unsigned int site);
bool pv_site_used(unsigned int site);
bool pv_hooks_armed(void);
bool pv_hooks_busy(void);
void pv_hooks_follow_links(bool proved);
void pv_hooks_take_starts(bool proved);
const char *pv_hooks_way(void);
const char *pv_hooks_probe(void);
const char *pv_hooks_symbol(unsigned int site);

#endif /* _PV_HOOKS_H */
