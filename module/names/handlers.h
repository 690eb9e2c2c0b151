/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Handlers: what attached processes run in the place of a hooked function.
 */
#ifndef _PV_HANDLERS_H
#define _PV_HANDLERS_H

#include <linux/types.h>

struct dentry;
struct dir_context;
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

/* Each with the arguments of the function that it stands for. */
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
int pv_handle_iterate(struct file *file, struct dir_context *ctx);
char *pv_handle_d_path(const struct path *path, char *buf, int size);
int pv_handle_readlink(struct dentry *dentry, char __user *buf, int size);
int pv_handle_seq_path(struct seq_file *m, const struct path *path,
		       const char *esc);
int pv_handle_seq_path_root(struct seq_file *m, const struct path *path,
			    const struct path *root, const char *esc);
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
int pv_handle_apparmor_name(const struct path *path, int flags, char *buffer,
			    const char **name, const char **info,
			    const char *disconnected);
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

#endif /* _PV_HANDLERS_H */
