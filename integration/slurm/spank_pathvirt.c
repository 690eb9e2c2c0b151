// SPDX-License-Identifier: GPL-2.0
/*
 * spank_pathvirt: the tasks of a Slurm job find their files elsewhere.
 *
 * Each task is attached before it becomes its program: with privilege and before it is the
 * user, to what the site says in plugstack.conf; then as the user, with no_new_privs, to
 * what he says with --path-map.  Nothing else is attached, neither slurmstepd nor prolog
 * and epilog; the rules go with the last process that has them.
 */
#include <errno.h>
#include <slurm/spank.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../base/attach.h"
#include "../base/why.h"
#include "job_map.h"
#include "site_map.h"

SPANK_PLUGIN(pathvirt, 1);

/* What srun, sbatch and salloc have been given. */
static struct pv_rules *options;

/* One line; frees it. */
static void complain(char *why, int err)
{
	slurm_error("pathvirt: %s", why_text(why, err));
	free(why);
}

/* On the node it is told but the last value: what counts comes by the environment. */
static int take_option(int value, const char *argument, int remote)
{
	char *why = NULL;
	int err = 0;

	(void)value;
	if (remote)
		return ESPANK_SUCCESS;
	if (!options)
		options = pv_rules_new();
	err = options ? job_map_add(options, argument, &why) : -ENOMEM;
	if (err)
		complain(why, err);
	return err ? ESPANK_BAD_ARG : ESPANK_SUCCESS;
}

static struct spank_option path_map = {
	.name = "path-map",
	.arginfo = "ORIGINAL=NEW",
	.usage = "let the job find under ORIGINAL what lies in NEW; may be given several times",
	.has_arg = 1,
	.cb = take_option,
};

int slurm_spank_init(spank_t spank, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return spank_option_register(spank, &path_map) == ESPANK_SUCCESS ? 0 : -1;
}

int slurm_spank_init_post_opt(spank_t spank, int argc, char **argv)
{
	char *why = NULL;
	int err;

	(void)argc;
	(void)argv;
	if (spank_remote(spank) || !options)
		return 0;
	err = job_map_export(options, &why);
	if (err)
		complain(why, err);
	pv_rules_free(options);
	options = NULL;
	return err ? -1 : 0;
}

static int find_job(spank_t spank, struct job *job)
{
	gid_t *groups = NULL;
	char **variables;

	if (spank_get_item(spank, S_JOB_UID, &job->uid) != ESPANK_SUCCESS ||
	    spank_get_item(spank, S_JOB_GID, &job->gid) != ESPANK_SUCCESS ||
	    spank_get_item(spank, S_JOB_ID, &job->number) != ESPANK_SUCCESS ||
	    spank_get_item(spank, S_JOB_ENV, &variables) != ESPANK_SUCCESS ||
	    spank_get_item(spank, S_JOB_SUPPLEMENTARY_GIDS, &groups,
			   &job->group_count) != ESPANK_SUCCESS)
		return -EINVAL;
	job->groups = groups;
	job->variables = variables;
	return 0;
}

static int attach_site(spank_t spank, struct pv_rules *rules, int argc, char **argv,
		       char **why)
{
	struct job job = { 0 };
	int err = rules ? find_job(spank, &job) : -ENOMEM;

	if (!err)
		err = site_map_rules(rules, argc, argv, &job, why);
	if (!err && pv_rules_count(rules))
		err = site_map_attach(rules, &job, why);
	return err;
}

int slurm_spank_task_init_privileged(spank_t spank, int argc, char **argv)
{
	struct pv_rules *rules = pv_rules_new();
	char *why = NULL;
	int err = attach_site(spank, rules, argc, argv, &why);

	pv_rules_free(rules);
	if (err)
		complain(why, err);
	return err ? -1 : 0;
}

static int attach_unprivileged(const struct pv_rules *rules, char **why)
{
	char *reason = NULL;
	int err;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return why_set(why, -errno, "cannot set no_new_privs");
	err = attach_self(rules, PV_PUSH, &reason);
	if (err)
		why_set(why, err, "--path-map: %s", why_text(reason, err));
	free(reason);
	return err;
}

static int attach_job(spank_t spank, struct pv_rules *rules, char **why)
{
	char **variables;
	int err = rules ? 0 : -ENOMEM;

	if (!err && spank_get_item(spank, S_JOB_ENV, &variables) != ESPANK_SUCCESS)
		err = -EINVAL;
	if (!err)
		err = job_map_import(rules, variables, why);
	if (!err && pv_rules_count(rules))
		err = attach_unprivileged(rules, why);
	return err;
}

/*
 * Whoever asks for files elsewhere is not served with others: the task ends here, also where
 * the site calls the plugin optional.
 */
int slurm_spank_task_init(spank_t spank, int argc, char **argv)
{
	struct pv_rules *rules = pv_rules_new();
	char *why = NULL;
	int err = attach_job(spank, rules, &why);

	(void)argc;
	(void)argv;
	pv_rules_free(rules);
	if (!err)
		return 0;
	complain(why, err);
	_exit(EXIT_FAILURE);
}
