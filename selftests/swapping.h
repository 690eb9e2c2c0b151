/* SPDX-License-Identifier: GPL-2.0 */
/* Two names that change places as fast as they can, for those who look meanwhile. */
#ifndef PV_SELFTESTS_SWAPPING_H
#define PV_SELFTESTS_SWAPPING_H

#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE	2
#endif

/**
 * struct swapping - what is swapped
 *
 * @one: what is swapped
 * @other: with what
 * @done: no need to swap any more
 */
struct swapping {
	const char *one;
	const char *other;
	atomic_bool done;
};

/* Swap until it is done; @arg is a struct swapping. */
static inline void *swap(void *arg)
{
	struct swapping *swapping = arg;

	while (!swapping->done)
		syscall(SYS_renameat2, AT_FDCWD, swapping->one, AT_FDCWD,
			swapping->other, RENAME_EXCHANGE);
	return NULL;
}

#endif /* PV_SELFTESTS_SWAPPING_H */
