/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_NAME_TEMPLATE_H
#define RELINK_NAME_TEMPLATE_H

#include <stdint.h>
#include <sys/types.h>

struct command;

/* Where files go that nothing else is said of; see name_template_check(). */
#define NAME_TEMPLATE_DEFAULT	"unlink-at-restart-%t-%n"

/*
 * struct name_template_values - what the escapes of a template stand for
 *
 * @id: %i, the checkpoint's
 * @ktime: %t, the monotonic clock in ns, the same for all files of a checkpoint
 * @number: %n, the file's, from 1
 * @pid: %p, the process that was asked for
 * @held: %h, "5", "map", "exe", "cwd" or "root", of the first holder
 * @original_path: %f is its last component
 * @directory: %d, where it lay, from the root of the mount and without "/" in front
 */
struct name_template_values {
	const char *id;
	uint64_t ktime;
	size_t number;
	pid_t pid;
	const char *held;
	const char *original_path;
	const char *directory;
};

/* Returns the exit status; if it is not STATUS_DONE it has said why. */
int name_template_check(const struct command *command, const char *template);

/*
 * The path that it stands for, from the root of the file's mount and without "/" in
 * front; for free(), or NULL if memory is short.  A template without "/" names a file
 * in the checkpoint's directory.
 */
char *name_template_expand(const char *template,
			   const struct name_template_values *values);

/* The directory of the checkpoint @id on a mount, as name_template_expand() has it. */
char *name_template_directory(const char *id);

#endif /* RELINK_NAME_TEMPLATE_H */
