/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

/*
 * How it is reported that something failed: in one of two ways, and the header says which.
 *
 * What is a step of what the user asked for returns an exit status, see base/command.h, and has
 * said why, in one line, by message_failed().
 *
 * What such steps are made of cannot know what a failure means to the user.  It returns 0 or a
 * negative errno; and where that says too little, the reason is beside it, in struct error.
 *
 * Done is 0 in both, so steps of which each needs those before are a() ?: b() ?: c(), which
 * is that of the first one that fails.  What they hold is given back by base/cleanup.h.
 */

/* Why something could not be done, in words, for whoever tells the user. */
struct error {
	char text[512];
};

/* Returns @err, which is a negative errno. */
int error_set(struct error *error, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, in the words of errno. */
int error_errno(struct error *error, int err);

/* Is the errno @err a lack of memory or descriptors, and not of what was asked for? */
bool error_is_shortage(int err);

#endif /* BASE_ERROR_H */
