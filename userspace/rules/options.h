/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RULES_OPTIONS_H
#define RULES_OPTIONS_H

#include <stdbool.h>

#include "base/command.h"
#include "base/options.h"
#include "libpathvirt/libpathvirt.h"

#define RULES_OPTIONS							\
	{ "map", required_argument, NULL, OPTION_MAP },			\
	{ "under", required_argument, NULL, OPTION_UNDER },		\
	{ "map-file", required_argument, NULL, OPTION_MAP_FILE },	\
	{ "original", required_argument, NULL, OPTION_ORIGINAL },	\
	{ "new", required_argument, NULL, OPTION_NEW },			\
	{ "late", no_argument, NULL, OPTION_LATE },			\
	{ "by-name", no_argument, NULL, OPTION_BY_NAME }

/* Their lines in the help. */
#define RULES_OPTIONS_HELP \
"  --map ORIGINAL=NEW   names under ORIGINAL lead to NEW; the first rule that\n" \
"                       matches is used, ORIGINAL=ORIGINAL is an exception\n" \
"  --under ORIGINAL=NEW\n" \
"                       the same, but what NEW lacks is looked for further: by the\n" \
"                       rules behind it, at last at ORIGINAL itself\n" \
"  --map-file FILE      rules from FILE, one ORIGINAL=NEW a line, unions with the\n" \
"                       word under in front; - is standard input\n" \
"  --original A:B --new X:Y\n" \
"                       the same as --map A=X --map B=Y\n" \
"  --late               NEWs are looked up by name at each use: they need not be\n" \
"                       there yet, and nothing keeps them from being unmounted\n" \
"  --by-name            rules count wherever an ORIGINAL is spelled, in any root\n" \
"                       directory or mount namespace that the process goes to\n"

/*
 * struct rules_options - the rules that the command line gives, in its order
 *
 * @rules: so far; owned here
 * @originals: an --original that waits for its --new, or NULL
 * @targets: a --new that waits for its --original, or NULL
 * @given: there was an option of rules
 * @flags: how they are to be attached: flags of pv_attach()
 */
struct rules_options {
	struct pv_rules *rules;
	const char *originals;
	const char *targets;
	bool given;
	unsigned int flags;
};

/* Each returns an exit status; if it is not STATUS_DONE it has said why. */

int rules_options_init(struct rules_options *options);

/* Take one option, @code and its @argument; any other is left alone. */
int rules_options_take(struct rules_options *options,
		       const struct command *command, int code,
		       const char *argument);

/* No more options: without any, the environment has its say. */
int rules_options_finish(struct rules_options *options,
			 const struct command *command);

void rules_options_free(struct rules_options *options);

#endif /* RULES_OPTIONS_H */
