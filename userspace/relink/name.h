/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RELINK_NAME_H
#define RELINK_NAME_H

#include "relink/context.h"

/*
 * Decide where the new name of @item is, and open or make the directory.  Returns 0 or a
 * negative errno with the reason in @item.
 */
int relink_name(struct relink_context *context, struct item *item);

#endif /* RELINK_NAME_H */
