/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PV_PATH_H
#define PV_PATH_H

struct pv_fault;

/*
 * Normalise a path of a rule in place: "//", "/./" and a trailing "/" go.
 * @role is what the message calls it.  Returns 0, or -EINVAL or
 * -ENAMETOOLONG with a message.
 */
int pv_path_normalise(char *path, const char *role, struct pv_fault *fault);

#endif /* PV_PATH_H */
