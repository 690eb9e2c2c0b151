/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RULES_ATTACH_CHECK_H
#define RULES_ATTACH_CHECK_H

#include <stdbool.h>

#include "base/pidref.h"
#include "libpathvirt/libpathvirt.h"

/*
 * Print what the processes, with @tree their descendants too, hold of what lies below an
 * ORIGINAL: open files, mappings, programs, directories.  Rules do not change these.  A
 * NEW that is not there for one of the @pidrefs is an error, unless @late.  Attaches
 * nothing.  Returns the exit status, and has said what is wrong.
 */
int attach_check(const struct pidrefs *pidrefs, const struct pv_rules *rules,
		 bool tree, bool late, bool json);

#endif /* RULES_ATTACH_CHECK_H */
