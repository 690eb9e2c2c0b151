/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_NS_H
#define NS_NS_H

/*
 * The subcommands of pvadm ns.  Each is called "ns NAME", so that messages and
 * help name it as it is typed.
 */
struct command;

extern const struct command cmd_ns_show;
extern const struct command cmd_ns_save;
extern const struct command cmd_ns_pin;
extern const struct command cmd_ns_restore;
extern const struct command cmd_ns_enter;

/*
 * What "pvadm ns save" does: save the namespaces of the process @pid, as the command
 * line names it, in the new file @path.  Returns the exit status.
 */
int ns_save_file(const struct command *command, const char *pid,
		 const char *path);

#endif /* NS_NS_H */
