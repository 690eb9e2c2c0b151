// SPDX-License-Identifier: GPL-2.0
/*
 * pvadm: move the paths of processes.  The table of subcommands.
 */
#include <stdio.h>
#include <string.h>

#include "base/commands.h"
#include "base/message.h"
#include "base/output.h"
#include "checkpoint/commands.h"
#include "ns/commands.h"
#include "relink/commands.h"
#include "reopen/commands.h"
#include "rules/commands.h"

static const struct command *const commands[] = {
	&cmd_run,
	&cmd_attach,
	&cmd_detach,
	&cmd_enter,
	&cmd_register,
	&cmd_activate,
	&cmd_show,
	&cmd_resolve,
	&cmd_relink,
	&cmd_truncate,
	&cmd_reopen,
	&cmd_checkpoint,
	&cmd_restart,
	&cmd_cleanup,
	&cmd_gc,
	&cmd_criu_hook,
	&cmd_status,
	&cmd_monitor,
	&cmd_ns,
};

#define COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static int print_help(void)
{
	puts("Usage: pvadm COMMAND [ARGUMENT]...\n"
	     "Give processes their own view of where files live.\n");
	commands_print(commands, COMMANDS);
	puts("\n"
	     "pvadm help COMMAND, or pvadm COMMAND --help, tells more about each; man pvadm-COMMAND, too.\n"
	     "Exit status: 0 done, 1 it failed, 2 the command line is wrong.");
	return output_finish();
}

static int print_version(void)
{
	puts("pvadm " PV_VERSION);
	return output_finish();
}

static int run_command(const char *name, int argc, char **argv)
{
	return commands_run(NULL, commands, COMMANDS, name, argc, argv);
}

/* pvadm help [COMMAND [SUBCOMMAND]] : as with --help behind it. */
static int help(int argc, char **argv)
{
	char *words[] = { argv[0], "--help", NULL, NULL };

	if (!argc || !strcmp(argv[0], "--help"))
		return print_help();
	if (argc > 1) {
		words[1] = argv[1];
		words[2] = "--help";
	}
	return run_command(argv[0], argc > 1 ? 3 : 2, words);
}

/* For those who can name a program, but give it no arguments. */
static const char *command_in_name(const char *self)
{
	const char *slash = strrchr(self, '/');
	const char *name = slash ? slash + 1 : self;

	return strncmp(name, "pvadm-", 6) ? NULL : name + 6;
}

int main(int argc, char **argv)
{
	const char *name = argc ? command_in_name(argv[0]) : NULL;

	if (name)
		return run_command(name, argc, argv);
	name = argc > 1 ? argv[1] : NULL;
	if (!name)
		return message_usage(NULL, "no command given");
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		return print_help();
	if (!strcmp(name, "help"))
		return help(argc - 2, argv + 2);
	if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		return print_version();
	return run_command(name, argc - 1, argv + 1);
}
