/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RULES_ENTRY_POINTS_H
#define RULES_ENTRY_POINTS_H

/*
 * By what the kernel takes paths, and what carries them: entry_points.def, for those
 * who want to show it.
 */

/*
 * struct hook - functions of the kernel that are hooked for one thing
 *
 * @role: the thing, one bit
 * @functions: what kernels call them, separated by spaces
 * @carries: what the thing is
 */
struct hook {
	unsigned int role;
	const char *functions;
	const char *carries;
};

/*
 * struct entry - a system call or the like
 *
 * @name: what it is called
 * @roles: the hooks that carry it: all of them, or it goes wrong
 */
struct entry_point {
	const char *name;
	unsigned int roles;
};

/* All of them; a row without a name, or a NULL, comes after the last. */
extern const struct hook hooks[];
extern const struct entry_point entry_points[];

/* What hooks of names alone cannot keep. */
extern const char * const names_do_not_keep[];

/* The hook that a function of the kernel has, or NULL. */
const struct hook *hook_at(const char *function);

#endif /* RULES_ENTRY_POINTS_H */
