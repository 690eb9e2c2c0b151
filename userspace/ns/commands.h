/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_COMMANDS_H
#define NS_COMMANDS_H

#include "base/command.h"

/*
 * The subcommand about namespaces, and its own.  Each of those is called "ns NAME", so that
 * messages and help name it as it is typed.
 */
extern const struct command cmd_ns;

extern const struct command cmd_ns_show;
extern const struct command cmd_ns_save;
extern const struct command cmd_ns_pin;
extern const struct command cmd_ns_mount;
extern const struct command cmd_ns_restore;
extern const struct command cmd_ns_enter;

#endif /* NS_COMMANDS_H */
