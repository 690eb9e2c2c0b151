/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_COMMAND_H
#define BASE_COMMAND_H

/* What pvadm ends with; run ends with its command's own status instead. */
enum status {
	STATUS_DONE,
	STATUS_FAILED,
	STATUS_USAGE,
};

/*
 * struct command - a subcommand
 *
 * @name: how it is called
 * @usage: its operands, for the first line of the help
 * @purpose: half a line for the table of subcommands
 * @help: what --help says below the usage
 * @main: runs it; @argv[0] is its name; returns the exit status
 */
struct command {
	const char *name;
	const char *usage;
	const char *purpose;
	const char *help;
	int (*main)(const struct command *command, int argc, char **argv);
};

#endif /* BASE_COMMAND_H */
