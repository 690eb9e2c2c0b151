/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of attaching share: one rule at a time, and errors that come
 * back instead of ending the test.
 */
#ifndef PV_SELFTESTS_ATTACHING_H
#define PV_SELFTESTS_ATTACHING_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <libpathvirt.h>

#include "look.h"
#include "testing.h"

/* With PV_SELFTEST_SABOTAGE=1 nothing is attached; see testing.h. */
static inline bool sabotaged(void)
{
	const char *sabotage = getenv("PV_SELFTEST_SABOTAGE");

	return sabotage && !strcmp(sabotage, "1");
}

static inline struct pv *module_open(void)
{
	struct pv *pv;

	if (pv_open(&pv))
		pvt_die("pv_open: %s", pv_error(pv));
	return pv;
}

static inline int pidfd_of(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0)
		pvt_die("pidfd_open of %d", pid);
	return pidfd;
}

/* pv_attach() with one rule, or its error. */
static inline int attach_pidfd(int pidfd, const char *original,
			       const char *target, unsigned int flags)
{
	struct pv_rules *rules = pv_rules_new();
	struct pv *pv;
	int err;

	if (sabotaged())
		return 0;
	pv = module_open();
	if (!rules || pv_rules_add(rules, original, target))
		pvt_die("no rule %s=%s", original, target);
	err = pv_attach(pv, pidfd, rules, flags);
	if (err && !*pv_error(pv))
		pvt_die("pv_attach failed without a word");
	pv_rules_free(rules);
	pv_close(pv);
	return err;
}

static inline int attach_pid(pid_t pid, const char *original,
			     const char *target, unsigned int flags)
{
	int pidfd = pidfd_of(pid);
	int err = attach_pidfd(pidfd, original, target, flags);

	close(pidfd);
	return err;
}

static inline int detach_pid(pid_t pid, unsigned int flags)
{
	struct pv *pv = module_open();
	int pidfd = pidfd_of(pid);
	int err = pv_detach(pv, pidfd, flags);

	close(pidfd);
	pv_close(pv);
	return err;
}

/* The number of layers of a process; @own: whether the innermost is its own. */
static inline int layers_of(pid_t pid, bool *own)
{
	struct pv *pv = module_open();
	int pidfd = pidfd_of(pid);
	struct pv_layers *layers;
	int nr;

	nr = pv_get(pv, pidfd, &layers);
	if (!nr) {
		nr = pv_layers_count(layers);
		if (own)
			*own = pv_layers_own(layers);
		pv_layers_free(layers);
	}
	close(pidfd);
	pv_close(pv);
	return nr;
}

/*
 * What is attached and in memory, all together: 0 means nothing is left.  The hooks
 * stay armed for some seconds more.
 */
static inline unsigned int what_is_left(void)
{
	struct pv *pv = module_open();
	struct pv_status *status;
	unsigned int left;

	if (pv_status(pv, &status))
		pvt_die("pv_status: %s", pv_error(pv));
	left = status->processes + status->tables;
	pv_status_free(status);
	pv_close(pv);
	return left;
}

/* The same when those have ended that are about to: nobody waits for orphans. */
static inline unsigned int what_stays(void)
{
	unsigned int left, tries = 500;

	while ((left = what_is_left()) && tries--)
		usleep(20000);
	return left;
}

#endif /* PV_SELFTESTS_ATTACHING_H */
