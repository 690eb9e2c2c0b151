// SPDX-License-Identifier: GPL-2.0
/*
 * Tables of subcommands.
 */
#include <stdio.h>
#include <string.h>

#include "base/commands.h"
#include "base/message.h"
#include "base/nearest.h"

static const char *last_word(const struct command *command)
{
	const char *blank = strrchr(command->name, ' ');

	return blank ? blank + 1 : command->name;
}

static int refuse_name(const struct command *group,
		       const struct command *const *commands, size_t count,
		       const char *name)
{
	struct nearest nearest;
	const char *advice;
	size_t i;

	nearest_begin(&nearest, name, strlen(name));
	for (i = 0; i < count; i++)
		nearest_try(&nearest, last_word(commands[i]));
	advice = nearest_advice(&nearest, "");
	if (!group)
		return message_usage(NULL, "\"%s\" is not a command%s", name,
				     advice);
	return message_usage(group, "\"%s\" is not a subcommand of %s%s", name,
			     group->name, advice);
}

int commands_run(const struct command *group,
		 const struct command *const *commands, size_t count,
		 const char *name, int argc, char **argv)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(name, last_word(commands[i])))
			return commands[i]->main(commands[i], argc, argv);
	return refuse_name(group, commands, count, name);
}

void commands_print(const struct command *const *commands, size_t count)
{
	size_t width = 0, i;

	for (i = 0; i < count; i++)
		if (strlen(last_word(commands[i])) > width)
			width = strlen(last_word(commands[i]));
	for (i = 0; i < count; i++)
		printf("  %-*s %s\n", (int)width, last_word(commands[i]),
		       commands[i]->purpose);
}
