/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NS_RUN_OPTIONS_H
#define NS_RUN_OPTIONS_H

#include <stdbool.h>

#include "base/command.h"
#include "base/options.h"
#include "ns/run.h"

/* Those of every command that runs another one in namespaces that a file tells of. */
#define NS_RUN_OPTIONS							\
	NS_OPTIONS,							\
	NS_EXEC_OPTIONS,						\
	{ "strict", no_argument, NULL, OPTION_STRICT },			\
	{ "check", no_argument, NULL, OPTION_CHECK },			\
	JSON_OPTIONS

#define NS_RUN_OPTIONS_LETTERS	NS_OPTIONS_LETTERS NS_EXEC_LETTERS

/* Both return the exit status, and have said why if it is not STATUS_DONE. */

/* Take one option, @code and its @argument; any other is left alone. */
int ns_run_options_take(struct ns_run *run, const struct command *command,
			int code, const char *argument);

/* All were taken: do they go together? */
int ns_run_options_check(const struct ns_run *run,
			 const struct command *command, bool has_command);

#endif /* NS_RUN_OPTIONS_H */
