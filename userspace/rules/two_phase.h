/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RULES_TWO_PHASE_H
#define RULES_TWO_PHASE_H

#include "base/command.h"
#include "base/options.h"
#include "libpathvirt/libpathvirt.h"

/*
 * struct two_phase - one of the two steps of register and activate
 *
 * @option: gives the list
 * @spelling: that option as the user writes it
 * @variable: of the environment, where the option is not given
 * @verb: what is done, in front of "process N"
 * @act: does it
 */
struct two_phase {
	enum option_code option;
	const char *spelling;
	const char *variable;
	const char *verb;
	int (*act)(struct pv *pv, int pidfd, const char *list,
		   unsigned int flags);
};

/* Returns the exit status; if it is not STATUS_DONE it has said why. */
int two_phase_main(const struct two_phase *phase, const struct command *command,
		   const struct option *options, int argc, char **argv);

#endif /* RULES_TWO_PHASE_H */
