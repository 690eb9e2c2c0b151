/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the user asks for: --path-map=ORIGINAL=NEW, as often as he likes.
 *
 * Slurm hands on the last value of an option only.  So all of them travel in one variable
 * of the job's environment, from sbatch to the batch script, and from there to the steps
 * that srun begins, which may add to them.
 */
#ifndef JOB_MAP_H
#define JOB_MAP_H

#include <libpathvirt.h>

#define JOB_MAP_VARIABLE	"SLURM_PATHVIRT_MAP"

/*
 * Take one more value of the option.  One that was given before for the same ORIGINAL is
 * replaced.
 *
 * Return: 0, or a negative errno with its reason in @why, as why_set().
 */
int job_map_add(struct pv_rules *options, const char *value, char **why);

/*
 * Put the options in front of the rules that the environment has for the job.
 *
 * Return: as job_map_add().
 */
int job_map_export(const struct pv_rules *options, char **why);

/*
 * Append the rules that the environment @variables has for the job.
 *
 * Return: as job_map_add().
 */
int job_map_import(struct pv_rules *rules, char * const *variables, char **why);

#endif /* JOB_MAP_H */
