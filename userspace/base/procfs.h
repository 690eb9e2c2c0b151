/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_PROCFS_H
#define BASE_PROCFS_H

#include <sys/types.h>

/*
 * Small files of /proc, /sys and cgroups, whose size nobody knows beforehand.
 */

/* All that is in it; the caller frees it.  NULL with errno if it cannot be read. */
char *procfs_read(const char *path);

/* The same of what is open already, a pipe for instance, whatever signals come. */
char *procfs_read_fd(int fd);

/*
 * Call @each for each process in /proc, until it returns anything but 0.  Returns that, 0, or
 * -errno if there is no /proc.
 */
int procfs_processes(int (*each)(pid_t pid, void *arg), void *arg);

/* Write @value in one go.  Returns 0 or -errno. */
int procfs_write(const char *path, const char *value);

#endif /* BASE_PROCFS_H */
