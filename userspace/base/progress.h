/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdint.h>

/*
 * How far a long copy has come: a bar on standard error, where that is a terminal.
 */
struct progress {
	const char *what;
	uint64_t all;
	long shown;
};

/* @what stays the caller's. */
void progress_begin(struct progress *progress, const char *what, uint64_t all);
void progress_show(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress);

#endif /* BASE_PROGRESS_H */
