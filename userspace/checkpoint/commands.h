/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CHECKPOINT_COMMANDS_H
#define CHECKPOINT_COMMANDS_H

#include "base/command.h"

/* Subcommands about whole checkpoints. */
extern const struct command cmd_checkpoint;
extern const struct command cmd_restart;

#endif /* CHECKPOINT_COMMANDS_H */
