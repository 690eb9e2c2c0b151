/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

/*
 * One more behind the *@count that the array *@list has, all 0.  Returns it; NULL without
 * memory, and then the array is as it was.
 */
#define ARRAY_ADD(list, count)						\
	((__typeof__(*(list)))array_add(list, count, sizeof(**(list))))

void *array_add(void *list, size_t *count, size_t size);

#endif /* BASE_ARRAY_H */
