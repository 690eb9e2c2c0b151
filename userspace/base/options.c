// SPDX-License-Identifier: GPL-2.0
/*
 * Command line options, with messages of one line.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/command.h"
#include "base/json.h"
#include "base/message.h"
#include "base/nearest.h"
#include "base/options.h"
#include "base/output.h"

/*
 * A long option: there is none of that name, there are several, or it takes no argument.
 * Returns the exit status.
 */
static int refuse_long(const struct command *command, const char *word,
		       const struct option *options)
{
	size_t length = strcspn(word + 2, "=");
	struct nearest nearest;

	nearest_begin(&nearest, word + 2, length);
	for (; options->name; options++) {
		if (strlen(options->name) == length &&
		    !strncmp(options->name, word + 2, length))
			return message_usage(command, "option --%s takes no argument",
					     options->name);
		nearest_try(&nearest, options->name);
	}
	return message_usage(command, "unknown option %s%s", word,
			     nearest_advice(&nearest, "--"));
}

static void refuse(const struct command *command, char **argv, int code,
		   const struct option *options)
{
	const char *word = argv[optind - 1];

	if (code == ':')
		exit(message_usage(command, "option %s needs an argument", word));
	if (strncmp(word, "--", 2) && optopt)
		exit(message_usage(command, "unknown option -%c", optopt));
	exit(refuse_long(command, word, options));
}

static void help(const struct command *command)
{
	printf("Usage: pvadm %s %s\n%s", command->name, command->usage,
	       command->help);
	exit(output_finish());
}

static bool has_json(const struct option *options)
{
	while (options->name && options->val != OPTION_JSON)
		options++;
	return options->name;
}

/* @letters are those of options_letters(). */
static int next(const struct command *command, int argc, char **argv,
		const char *letters, const struct option *options)
{
	char shorts[64];
	int code;

	snprintf(shorts, sizeof(shorts), "%s:h%s%s", *letters == '+' ? "+" : "",
		 has_json(options) ? "j" : "", letters + (*letters == '+'));
	opterr = 0;
	optopt = 0;
	code = getopt_long(argc, argv, shorts, options, NULL);
	if (code == '?' || code == ':')
		refuse(command, argv, code, options);
	if (code == OPTION_HELP)
		help(command);
	if (code != OPTION_PRETTY)
		return code;
	json_pretty();
	return OPTION_JSON;
}

int options_first(const struct command *command, int argc, char **argv,
		  const struct option *options)
{
	return next(command, argc, argv, "+", options);
}

int options_letters(const struct command *command, int argc, char **argv,
		    const char *letters, const struct option *options)
{
	return next(command, argc, argv, letters, options);
}

int options_any(const struct command *command, int argc, char **argv,
		const struct option *options)
{
	return next(command, argc, argv, "", options);
}
