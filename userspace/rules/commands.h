/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RULES_COMMANDS_H
#define RULES_COMMANDS_H

#include "base/command.h"

/* Subcommands about rules, and the processes that have them. */
extern const struct command cmd_run;
extern const struct command cmd_attach;
extern const struct command cmd_detach;
extern const struct command cmd_enter;
extern const struct command cmd_register;
extern const struct command cmd_activate;
extern const struct command cmd_show;
extern const struct command cmd_resolve;
extern const struct command cmd_status;
extern const struct command cmd_monitor;

#endif /* RULES_COMMANDS_H */
