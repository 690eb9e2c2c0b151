/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REOPEN_COMMANDS_H
#define REOPEN_COMMANDS_H

#include "base/command.h"

/* The subcommand that opens files of a manifest again. */
extern const struct command cmd_reopen;

#endif /* REOPEN_COMMANDS_H */
