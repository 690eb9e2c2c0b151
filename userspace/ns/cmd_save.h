/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_CMD_SAVE_H
#define NS_CMD_SAVE_H

struct command;

/*
 * What "pvadm ns save" does: save the namespaces of the process @pid, as the command
 * line names it, in the new file @path.  Returns the exit status.
 */
int ns_save_file(const struct command *command, const char *pid,
		 const char *path);

#endif /* NS_CMD_SAVE_H */
