// SPDX-License-Identifier: GPL-2.0
/*
 * The options that give rules.
 */
#include <string.h>

#include "base/message.h"
#include "rules/options.h"

int rules_options_init(struct rules_options *options)
{
	*options = (struct rules_options){ .rules = pv_rules_new() };
	return options->rules ? STATUS_DONE : message_out_of_memory();
}

void rules_options_free(struct rules_options *options)
{
	pv_rules_free(options->rules);
}

/* The content of a file is not a matter of the command line. */
static int take_file(struct rules_options *options, const char *path)
{
	struct pv_rules *rules = options->rules;
	int err;

	if (!strcmp(path, "-"))
		err = pv_rules_read(rules, stdin, "standard input");
	else
		err = pv_rules_load(rules, path);
	return err ? message_failed("%s", pv_rules_error(rules)) : STATUS_DONE;
}

static int take_map(struct rules_options *options,
		    const struct command *command, const char *name,
		    const char *text)
{
	if (!pv_rules_parse(options->rules, text))
		return STATUS_DONE;
	return message_usage(command, "%s: %s", name,
			     pv_rules_error(options->rules));
}

static int take_under(struct rules_options *options,
		      const struct command *command, const char *text)
{
	int status = take_map(options, command, "--under", text);

	if (status == STATUS_DONE)
		pv_rules_set_under(options->rules,
				   pv_rules_count(options->rules) - 1, true);
	return status;
}

/* One half of a pair of lists; the other half completes it. */
static int take_list(struct rules_options *options,
		     const struct command *command, const char **half,
		     const char *name, const char *list)
{
	if (*half)
		return message_usage(command,
				     "two %s, but nothing to pair the first with",
				     name);
	*half = list;
	if (!options->originals || !options->targets)
		return STATUS_DONE;
	if (pv_rules_parse_lists(options->rules, options->originals,
				 options->targets))
		return message_usage(command, "--original and --new: %s",
				     pv_rules_error(options->rules));
	options->originals = NULL;
	options->targets = NULL;
	return STATUS_DONE;
}

int rules_options_take(struct rules_options *options,
		       const struct command *command, int code,
		       const char *argument)
{
	options->given |= code == OPTION_MAP || code == OPTION_MAP_FILE ||
			  code == OPTION_UNDER ||
			  code == OPTION_ORIGINAL || code == OPTION_NEW;
	switch (code) {
	case OPTION_MAP:
		return take_map(options, command, "--map", argument);
	case OPTION_UNDER:
		return take_under(options, command, argument);
	case OPTION_MAP_FILE:
		return take_file(options, argument);
	case OPTION_ORIGINAL:
		return take_list(options, command, &options->originals,
				 "--original", argument);
	case OPTION_NEW:
		return take_list(options, command, &options->targets, "--new",
				 argument);
	case OPTION_LATE:
		options->flags |= PV_LATE;
		break;
	case OPTION_BY_NAME:
		options->flags |= PV_BY_NAME;
		break;
	}
	return STATUS_DONE;
}

int rules_options_finish(struct rules_options *options,
			 const struct command *command)
{
	if (options->originals)
		return message_usage(command,
				     "--original %s needs a --new beside it",
				     options->originals);
	if (options->targets)
		return message_usage(command,
				     "--new %s needs an --original beside it",
				     options->targets);
	if (!options->given && pv_rules_environ(options->rules))
		return message_failed("%s", pv_rules_error(options->rules));
	return STATUS_DONE;
}
