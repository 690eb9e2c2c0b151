/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RULES_CHECK_NEW_H
#define RULES_CHECK_NEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/pidref.h"
#include "libpathvirt/libpathvirt.h"

/*
 * Find the first rule whose NEW is not there in the process's mount namespace and under
 * its root: its index in *@first, or the number of @rules if there is none.  False where
 * that cannot be told, as we may not go there.
 */
bool check_new(const struct pidref *pidref, const struct pv_rules *rules,
	       size_t *first);

/*
 * What to do where the kernel has refused @rules for @pidref with @err: "; make NEW, or
 * say --late", with the first NEW that is not there in the process's mount namespace and
 * under its root.  What connect_advice() says where it is none of that, or where we may
 * not go there to look.  Valid until the next call.
 */
const char *check_new_advice(const struct pidref *pidref,
			     const struct pv_rules *rules, int err);

#endif /* RULES_CHECK_NEW_H */
