/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RULES_ROLLBACK_H
#define RULES_ROLLBACK_H

#include <stdbool.h>

#include "base/pidref.h"
#include "libpathvirt/libpathvirt.h"

/*
 * struct rollback - what several processes had before, should one attach fail
 *
 * @pidrefs: the processes, in the order in which they are attached
 * @before: the layers each had, owned here; NULL for a single process, where
 *	the kernel's own all or nothing will do
 * @flags: of the attach
 * @virgin: nobody at all was attached
 */
struct rollback {
	const struct pidrefs *pidrefs;
	struct pv_layers **before;
	unsigned int flags;
	bool virgin;
};

/* Returns the exit status; if it is not STATUS_DONE it has said why. */
int rollback_init(struct rollback *rollback, struct pv *pv,
		  const struct pidrefs *pidrefs, unsigned int flags);
void rollback_free(struct rollback *rollback);

/*
 * The attach of process number @failed failed, for the reason that @pv holds: give
 * those before it back what they had, and say all that, and @advice, in one line.
 * Returns the exit status.
 */
int rollback_fail(struct rollback *rollback, struct pv *pv, size_t failed,
		  const char *advice);

#endif /* RULES_ROLLBACK_H */
