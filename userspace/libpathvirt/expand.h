/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PV_EXPAND_H
#define PV_EXPAND_H

#include <stddef.h>

#include "libpathvirt/libpathvirt.h"

/*
 * The line of a map file in @text, of @length bytes, with what "%" and "$" stand for in
 * their place, escaped, so that it is part of a path whatever it is: for free().  NULL
 * with errno ENOMEM, or with EINVAL and the fault of @rules set.
 */
char *pv_expand(struct pv_rules *rules, const char *text, size_t length);

#endif /* PV_EXPAND_H */
