// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of --path-map, and how they come to the job.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/why.h"
#include "environment.h"
#include "job_map.h"

int job_map_add(struct pv_rules *options, const char *value, char **why)
{
	int err = pv_rules_parse(options, value);

	return err ? why_set(why, err, "--path-map=%s: %s", value,
			     pv_rules_error(options)) : 0;
}

/* Is there a rule for the same ORIGINAL from @index on; if @target, one that is the same? */
static bool has_rule(const struct pv_rules *rules, size_t index, const char *original,
		     const char *target)
{
	for (; index < pv_rules_count(rules); index++)
		if (!strcmp(pv_rules_original(rules, index), original) &&
		    (!target || !strcmp(pv_rules_target(rules, index), target)))
			return true;
	return false;
}

/* As old:new, in the spelling of DMTCP's variable, which any byte survives. */
static int print_rule(FILE *stream, const struct pv_rules *rules, size_t index)
{
	char *original = pv_path_escape(pv_rules_original(rules, index));
	char *target = pv_path_escape(pv_rules_target(rules, index));
	int err = original && target ? 0 : -ENOMEM;

	if (!err)
		fprintf(stream, "%s%s:%s;",
			pv_rules_under(rules, index) ? "under " : "", original,
			target);
	free(original);
	free(target);
	return err;
}

/*
 * Slurm tells srun the last option of sbatch as if it had been given anew; in its place
 * among those that came with the environment it has to stay.
 */
static int print_options(FILE *stream, const struct pv_rules *options,
			 const struct pv_rules *given)
{
	const char *original;
	size_t i;
	int err = 0;

	for (i = 0; i < pv_rules_count(options) && !err; i++) {
		original = pv_rules_original(options, i);
		if (!has_rule(options, i + 1, original, NULL) &&
		    !has_rule(given, 0, original, pv_rules_target(options, i)))
			err = print_rule(stream, options, i);
	}
	return err;
}

/* What an option replaces is left out; but for that one that is there already. */
static int print_given(FILE *stream, const struct pv_rules *options,
		       const struct pv_rules *given)
{
	const char *original;
	size_t i;
	int err = 0;

	for (i = 0; i < pv_rules_count(given) && !err; i++) {
		original = pv_rules_original(given, i);
		if (!has_rule(options, 0, original, NULL) ||
		    has_rule(options, 0, original, pv_rules_target(given, i)))
			err = print_rule(stream, given, i);
	}
	return err;
}

static int export(const struct pv_rules *options, const struct pv_rules *given)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	int err;

	if (!stream)
		return -ENOMEM;
	err = print_options(stream, options, given);
	if (!err)
		err = print_given(stream, options, given);
	if (fclose(stream) || (!err && setenv(JOB_MAP_VARIABLE, text, 1)))
		err = -ENOMEM;
	free(text);
	return err;
}

int job_map_export(const struct pv_rules *options, char **why)
{
	struct pv_rules *given = pv_rules_new();
	int err = given ? job_map_import(given, environ, why) : -ENOMEM;

	if (!err && pv_rules_count(options))
		err = export(options, given);
	pv_rules_free(given);
	return err;
}

int job_map_import(struct pv_rules *rules, char * const *variables, char **why)
{
	const char *text = environment_get(variables, JOB_MAP_VARIABLE);
	int err = text ? pv_rules_parse_mapping(rules, text) : 0;

	return err ? why_set(why, err, "%s: %s", JOB_MAP_VARIABLE,
			     pv_rules_error(rules)) : 0;
}
