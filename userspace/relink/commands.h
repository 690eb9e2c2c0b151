/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_COMMANDS_H
#define RELINK_COMMANDS_H

#include "base/command.h"

/* Subcommands about files without a name. */
extern const struct command cmd_relink;
extern const struct command cmd_truncate;
extern const struct command cmd_cleanup;
extern const struct command cmd_gc;
extern const struct command cmd_criu_hook;

#endif /* RELINK_COMMANDS_H */
