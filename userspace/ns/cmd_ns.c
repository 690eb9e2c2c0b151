// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm ns: the namespaces of processes.  The table of its subcommands.
 */
#include <stdio.h>
#include <string.h>

#include "base/commands.h"
#include "base/message.h"
#include "base/output.h"
#include "ns/commands.h"

static const struct command *const commands[] = {
	&cmd_ns_show,
	&cmd_ns_save,
	&cmd_ns_pin,
	&cmd_ns_mount,
	&cmd_ns_restore,
	&cmd_ns_enter,
};

#define COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static int print_help(const struct command *command)
{
	printf("Usage: pvadm %s %s\n%s", command->name, command->usage,
	       command->help);
	commands_print(commands, COMMANDS);
	puts("\npvadm ns COMMAND --help tells more about each; so does pvadm-ns(8).");
	return output_finish();
}

static int ns_main(const struct command *command, int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name)
		return message_usage(command, "no subcommand given");
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		return print_help(command);
	return commands_run(command, commands, COMMANDS, name, argc - 1, argv + 1);
}

const struct command cmd_ns = {
	.name = "ns",
	.usage = "COMMAND [ARGUMENT]...",
	.purpose = "show, save, keep, restore and enter namespaces",
	.help = "The namespaces of processes.\n\n",
	.main = ns_main,
};
