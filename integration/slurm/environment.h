/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

/* The value of a variable in an environment that is not this process's, or NULL. */
const char *environment_get(char * const *variables, const char *name);

#endif /* ENVIRONMENT_H */
