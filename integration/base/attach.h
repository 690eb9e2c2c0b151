/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ATTACH_H
#define ATTACH_H

#include <libpathvirt.h>

/*
 * Attach this process.
 *
 * @flags: as with pv_attach()
 *
 * Return: 0, or a negative errno with its reason in @why, as why_set(): which NEW it is, if
 * it is one.
 */
int attach_self(const struct pv_rules *rules, unsigned int flags, char **why);

#endif /* ATTACH_H */
