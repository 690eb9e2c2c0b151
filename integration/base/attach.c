// SPDX-License-Identifier: GPL-2.0
/*
 * Giving this process rules, and saying why that does not work.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "why.h"

/* The first NEW that cannot be looked up, with errno, or NULL. */
static const char *first_missing(const struct pv_rules *rules)
{
	size_t i;
	int fd;

	for (i = 0; i < pv_rules_count(rules); i++) {
		fd = open(pv_rules_target(rules, i), O_PATH | O_CLOEXEC);
		if (fd < 0)
			return pv_rules_target(rules, i);
		close(fd);
	}
	return NULL;
}

static int say_why(const struct pv *pv, const struct pv_rules *rules, int err, char **why)
{
	const char *missing = first_missing(rules);

	if (missing)
		return why_set(why, err, "%s: %s: %s", pv_error(pv), missing, strerror(errno));
	return why_set(why, err, "%s", pv_error(pv));
}

int attach_self(const struct pv_rules *rules, unsigned int flags, char **why)
{
	struct pv *pv;
	int err = pv_open(&pv);

	if (err) {
		why_set(why, err, "%s", pv_error(pv));
	} else {
		err = pv_attach(pv, PV_SELF, rules, flags);
		if (err)
			say_why(pv, rules, err, why);
	}
	pv_close(pv);
	return err;
}
