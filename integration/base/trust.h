/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rules that hold for set-uid programs, too.
 *
 * Whoever attaches himself has no_new_privs, so no program ever gains privilege under
 * rules that he made up.  What root attaches to a session or a job is without that:
 * su and sudo run there with the names of the rules.  If one of them leads from what
 * such programs trust (/etc/shadow, a library) to what a user may change, he is root.
 */
#ifndef TRUST_H
#define TRUST_H

#include <libpathvirt.h>

/* What a place is to be used as. */
enum trust_use {
	TRUST_SYSTEM,		/* nobody but root may change it */
	TRUST_TEMPORARY,	/* like /tmp: everybody may write, nobody rename another's */
};

/*
 * May nobody but root change where @path leads, and what lies there?  Each directory on
 * the way counts, and each that a symbolic link leads to.
 *
 * Return: 0; -EPERM if another may; the error of looking it up.  Then its reason is in @why,
 * as why_set() has it.
 */
int trust_place(const char *path, enum trust_use use, char **why);

/*
 * Does no rule lead from what root trusts to what another may change?
 *
 * Return: as trust_place().
 */
int trust_rules(const struct pv_rules *rules, char **why);

#endif /* TRUST_H */
