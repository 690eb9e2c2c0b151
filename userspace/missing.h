/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MISSING_H
#define MISSING_H

#include "libpathvirt.h"
#include "target.h"

/*
 * What to do where the kernel has refused @rules for @target with @err: "; make NEW, or
 * say --late", with the first NEW that is not there in the process's mount namespace and
 * under its root.  What session_advice() says where it is none of that, or where we may
 * not go there to look.  Valid until the next call.
 */
const char *missing_advice(const struct target *target,
			   const struct pv_rules *rules, int err);

#endif /* MISSING_H */
