// SPDX-License-Identifier: GPL-2.0
/*
 * The environment of a job.
 */
#include <stddef.h>
#include <string.h>

#include "environment.h"

const char *environment_get(char * const *variables, const char *name)
{
	size_t length = strlen(name);

	for (; variables && *variables; variables++)
		if (!strncmp(*variables, name, length) && (*variables)[length] == '=')
			return *variables + length + 1;
	return NULL;
}
