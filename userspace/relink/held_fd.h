/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HELD_FD_H
#define HELD_FD_H

#include <stdbool.h>
#include <sys/types.h>

#include "relink/find_unlinked.h"

struct command;

/*
 * A descriptor of a process, as the command line names it.
 *
 * held_fd_read() reads the number; held_fd_is() tells whether it is one of those that
 * hold @found.  held_fd_explain() is for one that holds nothing of what was found: it says
 * what it is and, in @why, what that means, and returns STATUS_FAILED.
 */
int held_fd_read(const struct command *command, const char *word, int *fd);
bool held_fd_is(const struct unlinked *found, pid_t pid, int fd);
int held_fd_explain(pid_t pid, int fd, const char *why);

#endif /* HELD_FD_H */
