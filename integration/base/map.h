/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MAP_H
#define MAP_H

#include <libpathvirt.h>
#include <stdbool.h>

/* Who knows what "%" and "$" stand for: see pv_rules_set_variables(). */
struct variables {
	pv_variable_fn find;
	void *arg;
};

/*
 * Append what a word of a plugin's configuration gives: map=ORIGINAL=NEW, or map_file=FILE.
 * "%" and "$" stand for something in both, and in the file.
 *
 * Return: 1, 0 if the word is another, or a negative errno with its reason in @why, as
 * why_set().
 */
int map_word(struct pv_rules *rules, const char *word, const struct variables *variables,
	     char **why);

/*
 * Append the rules of a map file that holds for others than who wrote it, so only root may
 * have written it.
 *
 * @name: absolute
 * @optional: it need not be there; nor need one whose name has a variable in it, as not
 *	each user has to have one
 *
 * Return: 0, or a negative errno with its reason in @why.
 */
int map_file(struct pv_rules *rules, const char *name, bool optional,
	     const struct variables *variables, char **why);

#endif /* MAP_H */
