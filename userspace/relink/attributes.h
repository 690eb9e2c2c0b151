/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_ATTRIBUTES_H
#define RELINK_ATTRIBUTES_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Give the file @to, which is open, what @from has: owner, group, mode, ACLs and other
 * extended attributes.  Both may be by O_PATH.  Attributes that only the kernel sets
 * are left out; and unless it is to be @exact, what the filesystem of @to has not.
 * Returns 0 or a negative errno with the reason.
 */
int attributes_copy(int from, int to, bool exact, struct error *error);

/* The same with times. */
int attributes_times(int from, int to, struct error *error);

/* The same with times and flags, which is the last that may be done to it. */
int attributes_seal(int from, int to, struct error *error);

/* Without the flags that keep it from being removed or changed. */
void attributes_unseal(int fd);

#endif /* RELINK_ATTRIBUTES_H */
