// SPDX-License-Identifier: GPL-2.0
/*
 * The options of the commands that relink.
 */
#include "relink/options.h"

int relink_options_take(struct relink *relink, const struct command *command,
			int code, const char *argument)
{
	switch (code) {
	case OPTION_TREE:
		relink->tree = true;
		break;
	case OPTION_TEMPLATE:
		relink->template = argument;
		return name_template_check(command, argument);
	case OPTION_PARTIAL:
		relink->partial = true;
		break;
	case OPTION_COPY:
		relink->copy = true;
		break;
	case OPTION_NO_FREEZE:
		relink->freeze = false;
		break;
	case OPTION_SYNC:
		relink->sync = true;
		break;
	}
	return STATUS_DONE;
}
