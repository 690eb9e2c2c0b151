/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_COMMANDS_H
#define BASE_COMMANDS_H

#include <stddef.h>

#include "base/command.h"

/* Tables of subcommands. */

/*
 * Run the one of the @count @commands that is called @name, or by its last word.  @group is
 * the command that these belong to, NULL for those of pvadm itself.  Returns the exit status;
 * of a name that none of them has it has said which is nearest.
 */
int commands_run(const struct command *group,
		 const struct command *const *commands, size_t count,
		 const char *name, int argc, char **argv);

/* A line for each of them, for a help. */
void commands_print(const struct command *const *commands, size_t count);

#endif /* BASE_COMMANDS_H */
