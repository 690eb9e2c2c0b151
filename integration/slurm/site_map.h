/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the site gives each task: map=... and map_file=... in plugstack.conf.
 */
#ifndef SITE_MAP_H
#define SITE_MAP_H

#include <libpathvirt.h>
#include <sys/types.h>

/*
 * struct job - whose task it is
 *
 * @uid: the user
 * @gid: his group
 * @groups: his other groups, @group_count of them
 * @number: of the job
 * @variables: its environment, which the user has made
 */
struct job {
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	int group_count;
	unsigned int number;
	char * const *variables;
};

/*
 * Append the rules that the words of plugstack.conf give.
 *
 * Return: 0, or a negative errno with its reason in @why, as why_set().
 */
int site_map_rules(struct pv_rules *rules, int argc, char **argv, struct job *job,
		   char **why);

/*
 * Attach this process, which is root still, so that set-uid programs of the job work.
 * NEWs are looked up with the rights of the user: the rules grant him nothing that he
 * could not come to, whatever he puts into variables, and root may be nobody on a
 * filesystem of the network.
 *
 * Return: as site_map_rules().
 */
int site_map_attach(const struct pv_rules *rules, const struct job *job, char **why);

#endif /* SITE_MAP_H */
