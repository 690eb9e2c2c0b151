/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_CMD_ENTER_H
#define NS_CMD_ENTER_H

struct pidref;

/*
 * Go into all namespaces of @pidref that are not ours, and to its root directory, call
 * @inside with @arg there, and become @command.  Returns only if that fails, with
 * the exit status, and has said why.
 */
int ns_enter_with(const struct pidref *pidref, int (*inside)(void *arg), void *arg,
		  char **command);

#endif /* NS_CMD_ENTER_H */
