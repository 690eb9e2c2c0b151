/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_EXEC_H
#define NS_EXEC_H

#include <stdbool.h>
#include <sys/types.h>

struct command;

/*
 * struct ns_exec - as whom and where the command runs
 *
 * @uid, @gid: as asked for; -1 if nothing was
 * @preserve: leave them as they are
 * @directory: where to; NULL: as told by who calls
 * @kill_child: the signal with which it ends when pvadm ends, 0 if none
 * @life: a socket whose other end closes when pvadm ends; -1 if there is none
 * @last: called, if not NULL, with @data as the last step before it runs; it returns the
 *	exit status, having said why if that is not STATUS_DONE
 */
struct ns_exec {
	uid_t uid;
	gid_t gid;
	bool preserve;
	const char *directory;
	int kill_child;
	int life;
	int (*last)(const void *data);
	const void *data;
};

#define NS_EXEC_INIT	{ .uid = -1, .gid = -1, .life = -1 }

/* Entries for a table of options, their letters, and their lines in a help. */
#define NS_EXEC_OPTIONS						\
	{ "setuid", required_argument, NULL, 'S' },			\
	{ "setgid", required_argument, NULL, 'G' },			\
	{ "wd", required_argument, NULL, 'w' },				\
	{ "kill-child", optional_argument, NULL, OPTION_KILL_CHILD },	\
	{ "preserve-credentials", no_argument, NULL,			\
	  OPTION_PRESERVE_CREDENTIALS }

#define NS_EXEC_LETTERS	"S:G:w:"

#define NS_EXEC_HELP							\
"  -S, --setuid UID          run COMMAND with this user id, 0 where a user namespace\n" \
"                            is entered and has it\n"			\
"  -G, --setgid GID          with this group id, likewise\n"		\
"      --preserve-credentials  leave user and group ids as they are\n"	\
"  -w, --wd DIR              run it in this directory\n"		\
"      --kill-child[=SIGNAL]  when pvadm ends, end COMMAND by it (KILL)\n"

/* Take an option; others are let pass.  Returns the exit status. */
int ns_exec_take(struct ns_exec *exec, const struct command *command,
		 int code, const char *argument);

/*
 * Become @command.  @user: we came into a user namespace, where user ids mean
 * something else.  Comes back only if that fails, with the exit status.
 */
int ns_exec(const struct ns_exec *as, bool user, char **command);

#endif /* NS_EXEC_H */
