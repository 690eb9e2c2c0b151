/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_OPTIONS_H
#define RELINK_OPTIONS_H

#include "base/command.h"
#include "base/options.h"
#include "relink/name_template.h"
#include "relink/request.h"

/* Those of every command that relinks. */
#define RELINK_OPTIONS							\
	{ "tree", no_argument, NULL, OPTION_TREE },			\
	{ "template", required_argument, NULL, OPTION_TEMPLATE },	\
	{ "partial", no_argument, NULL, OPTION_PARTIAL },		\
	{ "copy", no_argument, NULL, OPTION_COPY },			\
	{ "no-freeze", no_argument, NULL, OPTION_NO_FREEZE },		\
	{ "sync", no_argument, NULL, OPTION_SYNC }

/* What holds without any of them. */
#define RELINK_INIT							\
	{								\
		.pidref = { .pidfd = -1 },				\
		.template = NAME_TEMPLATE_DEFAULT,				\
		.freeze = true,						\
	}

/*
 * Take one option, @code and its @argument; any other is left alone.  Returns the exit
 * status; if it is not STATUS_DONE it has said why.
 */
int relink_options_take(struct relink *relink, const struct command *command,
			int code, const char *argument);

#endif /* RELINK_OPTIONS_H */
