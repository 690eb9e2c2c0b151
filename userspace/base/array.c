// SPDX-License-Identifier: GPL-2.0
/*
 * Arrays that grow.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void *array_add(void *list, size_t *count, size_t size)
{
	void **at = list;
	char *grown = reallocarray(*at, *count + 1, size);

	if (!grown)
		return NULL;
	*at = grown;
	return memset(grown + (*count)++ * size, 0, size);
}
