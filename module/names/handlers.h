/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Handlers: what attached processes run in the place of a hooked function.
 */
#ifndef _PV_HANDLERS_H
#define _PV_HANDLERS_H

#include "hook/hooks.h"

/* Each with the arguments of the function that it stands for. */
extern typeof(pv_original_open) pv_handle_open;
extern typeof(pv_original_lookup) pv_handle_lookup;
extern typeof(pv_original_parent) pv_handle_parent;
extern typeof(pv_original_start) pv_handle_start;
extern typeof(pv_original_step) pv_handle_step;
extern typeof(pv_original_iterate) pv_handle_iterate;
extern typeof(pv_original_d_path) pv_handle_d_path;
extern typeof(pv_original_readlink) pv_handle_readlink;
extern typeof(pv_original_seq_path) pv_handle_seq_path;
extern typeof(pv_original_seq_path_root) pv_handle_seq_path_root;
extern typeof(pv_original_maps_query) pv_handle_maps_query;
extern typeof(pv_original_rename) pv_handle_rename;
extern typeof(pv_original_inode_rename) pv_handle_inode_rename;
extern typeof(pv_original_link) pv_handle_link;
extern typeof(pv_original_fork) pv_handle_fork;
extern typeof(pv_original_getcwd) pv_handle_getcwd;
extern typeof(pv_original_apparmor_name) pv_handle_apparmor_name;
extern typeof(pv_original_set_root) pv_handle_set_root;
extern typeof(pv_original_set_pwd) pv_handle_set_pwd;
extern typeof(pv_original_execve) pv_handle_execve;
extern typeof(pv_original_execveat) pv_handle_execveat;
extern typeof(pv_original_mount) pv_handle_mount;
extern typeof(pv_original_move_mount) pv_handle_move_mount;
extern typeof(pv_original_pivot_root) pv_handle_pivot_root;
extern typeof(pv_original_compat_getcwd) pv_handle_compat_getcwd;
extern typeof(pv_original_compat_execve) pv_handle_compat_execve;
extern typeof(pv_original_compat_execveat) pv_handle_compat_execveat;
extern typeof(pv_original_compat_mount) pv_handle_compat_mount;
extern typeof(pv_original_compat_move_mount) pv_handle_compat_move_mount;
extern typeof(pv_original_compat_pivot_root) pv_handle_compat_pivot_root;

#endif /* _PV_HANDLERS_H */
