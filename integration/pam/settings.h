/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>

#include "../base/map.h"

/*
 * struct settings - what stands behind the module's name in /etc/pam.d
 *
 * @debug: tell what is done
 * @strict: refuse a session whose paths cannot be given
 * @stack: leave the layers that the process has inherited below its own
 */
struct settings {
	bool debug;
	bool strict;
	bool stack;
};

/* Those of the words that are settings; what gives rules is for settings_rules(). */
void settings_read(struct settings *settings, int argc, const char **argv);

/*
 * Append the rules that the words give, map=... and map_file=..., in their order, or those
 * of /etc/pathvirt/session.map if none does.
 *
 * Return: 0, or a negative errno with its reason in @why, as why_set().
 */
int settings_rules(struct pv_rules *rules, int argc, const char **argv,
		   const struct variables *variables, char **why);

#endif /* SETTINGS_H */
